// SPDX-License-Identifier: Apache-2.0
//
// DiskExecutor: carries out the disk list of Replica's Effects, in order, in groups.
//
// Place: between Effects::disk and TxnLog; called inline by the core loop, by the log thread, or by
// the simulator. Threads: one caller at a time.
// Invariants:
//   1. First in, first out; a seq is only reported when everything up to it is durable.
//   2. One sync covers at most limits.sync_txns and (but for a single larger one) sync_bytes.
//   3. An error is final: every later call returns it. The process must end (a failed sync that is
//      tried again lies about what is on the disk).
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "common/limits.h"
#include "common/status.h"
#include "server/core/effects.h"
#include "server/storage/txn_log.h"

namespace zk::storage {

class DiskExecutor {
 public:
  // `log` must outlive the executor.
  DiskExecutor(TxnLog& log, const Limits& limits);

  // Carries out a first part of `ops`: the appends of one group and their sync. Returns how many
  // ops are done (>= 1 if there are any); ops[n - 1].seq is durable then.
  Result<size_t> ExecuteGroup(std::span<const DiskOp> ops);
  // All of them, group by group. The seq of the last one, or of the last call if `ops` is empty.
  Result<uint64_t> Execute(std::span<const DiskOp> ops);

 private:
  size_t GroupSize(std::span<const DiskOp> ops) const;

  TxnLog& log_;
  const size_t sync_txns_;
  const size_t sync_bytes_;
  uint64_t last_seq_ = 0;
  std::vector<LogEntry> entries_;
};

}  // namespace zk::storage
