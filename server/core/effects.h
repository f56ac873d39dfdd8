// SPDX-License-Identifier: Apache-2.0
//
// Effects: what Replica asks its rim to do.
//
// Place: filled by Replica's On*() inputs, carried out by server/io or by the simulator.
// Threads: belongs to the core loop. The caller keeps one and reuses it.
// Invariants:
//   1. `disk` is one totally ordered list, executed first in first out; its watermark is `seq`,
//      never a zxid.
//   2. Nothing that depends on an entry of `disk` leaves before OnDiskDone(seq) came back.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "common/shared_bytes.h"
#include "common/types.h"

namespace zk {

struct DiskOp {
  enum class Kind : uint8_t {
    kAppend,  // one transaction: header, body, digest (no framing)
    kRoll,    // the next append starts a new file
  };
  uint64_t seq = 0;  // 1, 2, 3, ... over the life of a Replica
  Kind kind = Kind::kAppend;
  Zxid zxid;  // of the transaction
  SharedBytes bytes;
};

struct Effects {
  std::vector<DiskOp> disk;
  // Take a snapshot of the tree as it is after the transactions applied so far; at most one runs.
  bool start_snapshot = false;
  // Non-empty: the process must stop at once with this message (a lost disk, a broken invariant).
  std::string halt;

  void Clear() {
    disk.clear();
    start_snapshot = false;
    halt.clear();
  }
};

}  // namespace zk
