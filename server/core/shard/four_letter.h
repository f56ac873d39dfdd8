// SPDX-License-Identifier: Apache-2.0
//
// Four-letter words: the texts that operators and their tools read on the client port.
//
// Place: the rim gathers the parts and passes the text to Shard::OnQueryAnswer. Threads: pure
// functions. Invariant: byte for byte what ZooKeeper 3.8 prints, where it prints what we have;
// parsers of common tools are listed in the source. Source: operations, "Four-letter words" and
// "What tools read".
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "common/server_config.h"
#include "common/types.h"
#include "server/core/replica_stats.h"
#include "server/core/shard/shard_report.h"

namespace zk {

// Begins with digits: tools compare versions. The first three numbers are those of the ZooKeeper
// that we answer like.
inline constexpr std::string_view kServerVersion =
    "3.8.0-serval-0.1, built on 2026-11-23 00:00 UTC";
inline constexpr int64_t kDefaultTraceMask = 306;

// What only the process knows.
struct EnvReport {
  std::string version{kServerVersion};
  Now now;
  int64_t uptime_ms = 0;
  int client_port = -1;
  int64_t open_files = 0;
  int64_t max_files = 0;
  int64_t data_dir_bytes = 0;
  int64_t log_dir_bytes = 0;
  int64_t trace_mask = kDefaultTraceMask;
  std::string host_name, os_name, os_arch, os_version;
  std::string user_name, user_home, user_dir;
  int64_t memory_free_mb = 0, memory_max_mb = 0, memory_total_mb = 0;
  // Further lines of mntr: names without zk_, for example {"fsynctime", ...}, {"snap_count", 3}.
  std::vector<std::pair<std::string, LatencyStats>> summaries;
  std::vector<std::pair<std::string, int64_t>> counters;
};

struct FourLetterInput {
  const ServerConfig& config;
  const ReplicaStats& replica;
  std::span<const ShardReport> shards;
  const EnvReport& env;
  bool serving = true;
};

// Which costly parts a word shows, so that the others need not be made.
ReportParts FourLetterParts(std::string_view word);

// `word` as FourLetterQuery has it. The caller carries out what srst, crst and stmk change: see
// below.
std::string FourLetterAnswer(std::string_view word, const FourLetterInput& in);

// The mask behind "stmk": the trace mask from now on.
int64_t TraceMaskOf(std::string_view word);

// mntr alone, for other outlets of the same figures (four_letter_mntr.cc).
std::string MonitorText(const FourLetterInput& in);

// Sums over all shards: counters, latencies and watches; no connections.
ShardReport Total(std::span<const ShardReport> shards);

// "13.4286", "0.0": at most four decimals, rounded half up, at least one.
std::string AverageText(const LatencyStats& stats);

// "Sun Nov 22 07:13:59 UTC 2026".
std::string DateText(WallTime time);

}  // namespace zk
