// SPDX-License-Identifier: Apache-2.0
//
// PendingWrites: what a connection has handed to the core and not got back, oldest first.
//
// Place: in each Connection. Threads: the shard's loop.
// Invariant: answers come in the order of the requests, so only the ends are touched; the ring
// keeps its memory, so that the steady state allocates nothing.
#pragma once

#include <cassert>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "common/types.h"

namespace zk {

struct PendingWrite {
  Instant arrived;
  int32_t xid = 0;
  uint32_t bytes = 0;
};

class PendingWrites {
 public:
  bool empty() const { return size_ == 0; }
  size_t size() const { return size_; }
  // Sum of `bytes`.
  size_t bytes() const { return bytes_; }
  const PendingWrite& front() const {
    assert(size_ > 0);
    return ring_[first_];
  }
  void Push(const PendingWrite& write) {
    if (size_ == ring_.size()) Grow();
    ring_[(first_ + size_) & (ring_.size() - 1)] = write;
    size_++;
    bytes_ += write.bytes;
  }
  void Pop() {
    bytes_ -= front().bytes;
    first_ = (first_ + 1) & (ring_.size() - 1);
    size_--;
  }

 private:
  void Grow() {
    std::vector<PendingWrite> larger(ring_.empty() ? 4 : ring_.size() * 2);
    for (size_t i = 0; i < size_; i++) larger[i] = ring_[(first_ + i) & (ring_.size() - 1)];
    ring_.swap(larger);
    first_ = 0;
  }

  std::vector<PendingWrite> ring_;  // size 0 or a power of two
  size_t first_ = 0;
  size_t size_ = 0;
  size_t bytes_ = 0;
};

}  // namespace zk
