// SPDX-License-Identifier: Apache-2.0
//
// ShardReport: what four-letter words and metrics show of one shard.
//
// Place: made by Shard::Report() on its own loop; the rim adds up the reports of all shards and
// four_letter.h prints them. Threads: a plain value.
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "common/types.h"

namespace zk {

struct LatencyStats {
  int64_t count = 0;
  int64_t sum_ms = 0;
  int64_t min_ms = 0;  // 0 when count is 0
  int64_t max_ms = 0;
};

struct ConnectionReport {
  std::string address;  // "127.0.0.1"
  uint16_t port = 0;
  bool reading = true;  // interest ops 1, else 0
  int64_t queued = 0;
  int64_t received = 0;
  int64_t sent = 0;
  SessionId session = 0;
  std::string last_op = "NA";
  int64_t established_ms = 0;  // wall clock
  int32_t timeout_ms = 0;
  int32_t last_cxid = -1;
  int64_t last_zxid = -1;
  int64_t last_response_ms = 0;  // monotonic
  int64_t last_latency_ms = 0;
  LatencyStats latency;
  Instant expires;  // of the connection's idle deadline
};

// What of a report costs time: asked for only when it is shown.
struct ReportParts {
  bool connections = true;
  bool watches = true;
};

struct ShardReport {
  std::vector<ConnectionReport> connections;
  LatencyStats latency;
  LatencyStats read_latency;
  LatencyStats update_latency;
  int64_t packets_received = 0;
  int64_t packets_sent = 0;
  int64_t bytes_received = 0;
  int64_t outstanding = 0;
  int64_t connections_rejected = 0;
  int64_t auth_failed = 0;
  int64_t last_response_bytes = -1;
  int64_t min_response_bytes = -1;
  int64_t max_response_bytes = -1;
  size_t connection_count = 0;
  // Watches of the data table, which are all that wchs, wchp and wchc show: path -> sessions, and
  // totals.
  std::vector<std::pair<std::string, std::vector<SessionId>>> watches_by_path;
  size_t watching_connections = 0;
  size_t watched_paths = 0;
  size_t total_watches = 0;
  size_t watch_count = 0;  // of both tables, as mntr counts
};

}  // namespace zk
