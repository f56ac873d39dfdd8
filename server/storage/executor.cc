// SPDX-License-Identifier: Apache-2.0
#include "server/storage/executor.h"

namespace zk::storage {

DiskExecutor::DiskExecutor(TxnLog& log, const Limits& limits)
    : log_(log), sync_txns_(limits.sync_txns), sync_bytes_(limits.sync_bytes) {}

// Appends up to the next roll that fit into one group; at least one.
size_t DiskExecutor::GroupSize(std::span<const DiskOp> ops) const {
  size_t count = 0;
  size_t bytes = 0;
  while (count < ops.size() && count < sync_txns_ && ops[count].kind == DiskOp::Kind::kAppend) {
    bytes += ops[count].bytes.size();
    if (count > 0 && bytes > sync_bytes_) break;
    count++;
  }
  return count;
}

Result<size_t> DiskExecutor::ExecuteGroup(std::span<const DiskOp> ops) {
  if (ops.empty()) return size_t{0};
  size_t count = GroupSize(ops);
  if (count == 0) {
    if (Status s = log_.Roll(); !s.ok()) return s;
    count = 1;
  } else {
    entries_.clear();
    for (const DiskOp& op : ops.first(count)) entries_.push_back({op.zxid, op.bytes.view()});
    if (Status s = log_.Append(entries_); !s.ok()) return s;
    if (Status s = log_.Sync(); !s.ok()) return s;
  }
  last_seq_ = ops[count - 1].seq;
  return count;
}

Result<uint64_t> DiskExecutor::Execute(std::span<const DiskOp> ops) {
  while (!ops.empty()) {
    const auto done = ExecuteGroup(ops);
    if (!done.ok()) return done.status();
    ops = ops.subspan(*done);
  }
  return last_seq_;
}

}  // namespace zk::storage
