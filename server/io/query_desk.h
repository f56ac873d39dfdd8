// SPDX-License-Identifier: Apache-2.0
//
// QueryDesk: answers four-letter words: gathers the reports of all shards and formats them.
//
// Place: on the core loop. Threads: the core loop's. Invariant: a query is answered once, when
// every shard has reported; answers of one shard come in the order of its queries.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <string>
#include <vector>

#include "common/server_config.h"
#include "server/core/replica_stats.h"
#include "server/core/shard/four_letter.h"
#include "server/core/shard/shard.h"

namespace zk::io {

class QueryDesk {
 public:
  struct Options {
    const ServerConfig* config = nullptr;
    size_t shards = 1;
    std::function<ReplicaStats()> replica;
    // Asks shard `i` for a report, which comes back through OnReport(ticket, ...), maybe at once.
    std::function<void(size_t shard, uint64_t ticket, ReportParts parts)> ask;
    std::function<void(size_t shard, bool connections)> reset;
    std::function<void(Origin origin, std::string text)> answer;
    // Adds what changes: time, rejected connections, times of the disk.
    std::function<void(EnvReport& env)> fill;
  };
  explicit QueryDesk(Options options);

  void Ask(FourLetterQuery query);
  void OnReport(uint64_t ticket, ShardReport report);

 private:
  struct Open {
    uint64_t ticket = 0;
    FourLetterQuery query;
    std::vector<ShardReport> reports;
  };

  void Finish(Open& open);

  const Options options_;
  EnvReport env_;
  std::deque<Open> open_;
  uint64_t next_ticket_ = 1;
};

}  // namespace zk::io
