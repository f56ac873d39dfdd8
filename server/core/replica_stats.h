// SPDX-License-Identifier: Apache-2.0
//
// ReplicaStats: what four-letter words and metrics show of the core.
//
// Place: made by Replica::Stats(), formatted by shard/four_letter. Threads: a plain value.
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "common/types.h"

namespace zk {

struct ReplicaStats {
  std::string mode = "standalone";
  Zxid last_processed;
  Zxid last_proposed;
  size_t outstanding = 0;  // taken in, not yet answered
  size_t node_count = 0;
  size_t ephemerals_count = 0;
  int64_t approximate_data_size = 0;
  size_t global_sessions = 0;
  uint64_t digest = 0;
  // Expiry buckets: wall-clock time in ms and the sessions in it, ascending.
  std::vector<std::pair<WallTime, std::vector<SessionId>>> session_buckets;
  std::vector<std::pair<SessionId, std::vector<std::string>>> ephemerals;
  // (zxid, digest) at every 128th zxid, the last 1024, oldest first.
  std::vector<std::pair<Zxid, uint64_t>> digest_history;
  int64_t digest_mismatches = 0;
  int64_t commits = 0;
  int64_t proposals = 0;
};

}  // namespace zk
