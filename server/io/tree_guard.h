// SPDX-License-Identifier: Apache-2.0
//
// TreeGuard: keeps the core's writes to the tree apart from the reads of other threads.
//
// Place: shared by the core loop (exclusive), the shards with a loop of their own and the snapshot
// thread (shared). The core loop's own shard needs none of it.
// Threads: any; a slot has one user. `Sync` supplies mutex, atomic and deadline, so that the same
// code runs exhaustively under the cooperative scheduler of tests/io. Invariants:
//   1. Between LockExclusive and UnlockExclusive no reader is inside.
//   2. A reader that had its section since the last publish lets a waiting writer go first.
//   3. A writer lets a shard that wants, and had no section since the last publish, go first, for
//   at
//      most kFairnessMicros.
//   4. Without readers (one loop, no snapshot) every call is empty.
#pragma once

#include <cassert>
#include <cstddef>
#include <cstdint>
#include <memory>

#include "common/mutex.h"

namespace zk::io {

template <typename Sync>
class TreeGuard {
  using Mutex = typename Sync::Mutex;
  template <typename T>
  using Atomic = typename Sync::template Atomic<T>;

 public:
  static constexpr int64_t kFairnessMicros = 200;

  // Slots 0 .. shards-1 are the shards', the one behind them the snapshot thread's.
  explicit TreeGuard(size_t shards) : shards_(shards), slots_(new Slot[shards + 1]) {}

  size_t snapshot_slot() const { return shards_; }
  // Core only, outside an exclusive section: from now on the snapshot thread reads, or no longer.
  void set_snapshot_active(bool active) { snapshot_active_ = active; }

  void LockShared(size_t slot) ZK_NO_THREAD_SAFETY_ANALYSIS {
    Slot& s = slots_[slot];
    if (writer_waiting_.load() && s.served.load() == publishes_.load()) {
      gate_.Lock();  // held by the writer for as long as it waits and writes
      gate_.Unlock();
    }
    s.want.store(true);
    s.mutex.Lock();
    s.want.store(false);
  }
  // `served`: the shard has read; false when it only took what was published and comes again.
  void UnlockShared(size_t slot, bool served) ZK_NO_THREAD_SAFETY_ANALYSIS {
    if (served) slots_[slot].served.store(publishes_.load());
    slots_[slot].mutex.Unlock();
  }
  // Readers end their section early when this is true.
  bool writer_waiting() const { return writer_waiting_.load(); }
  bool wants(size_t slot) const { return slots_[slot].want.load(); }

  void LockExclusive() ZK_NO_THREAD_SAFETY_ANALYSIS {
    const size_t n = readers();
    if (n == 0) return;
    gate_.Lock();
    writer_waiting_.store(true);
    typename Sync::Deadline deadline(kFairnessMicros);
    while (AnyStarved() && !deadline.Passed()) {
    }
    for (size_t i = 0; i < n; ++i) slots_[i].mutex.Lock();
  }
  void UnlockExclusive() ZK_NO_THREAD_SAFETY_ANALYSIS {
    const size_t n = readers();
    if (n == 0) return;
    publishes_.store(publishes_.load() + 1);
    writer_waiting_.store(false);
    for (size_t i = 0; i < n; ++i) slots_[i].mutex.Unlock();
    gate_.Unlock();
  }

 private:
  struct alignas(64) Slot {
    Mutex mutex;
    Atomic<bool> want{false};
    Atomic<uint64_t> served{~uint64_t{0}};  // publishes_ at its last section
  };

  size_t readers() const { return shards_ + (snapshot_active_ ? 1 : 0); }
  bool AnyStarved() const {
    for (size_t i = 0; i < shards_; ++i) {
      if (slots_[i].want.load() && slots_[i].served.load() != publishes_.load()) return true;
    }
    return false;
  }

  const size_t shards_;
  std::unique_ptr<Slot[]> slots_;
  bool snapshot_active_ = false;
  Mutex gate_;
  alignas(64) Atomic<bool> writer_waiting_{false};
  Atomic<uint64_t> publishes_{0};
};

// One section of a shard: everything published is taken before anything is read.
//   take() -> bool    takes the inbox, under the slot; false if it was empty
//   process()         events and replies of what was taken
//   read()            runs reads
// After two rounds the rest is processed inside, so that a busy core cannot keep a shard out.
template <typename Guard, typename Take, typename Process, typename Read>
void DrainThenRead(Guard& guard, size_t slot, Take take, Process process, Read read) {
  constexpr int kRoundsOutside = 2;
  for (int round = 0;; ++round) {
    guard.LockShared(slot);
    const bool taken = take();
    if (taken && round < kRoundsOutside) {
      guard.UnlockShared(slot, false);
      process();
      continue;
    }
    if (taken) process();
    read();
    guard.UnlockShared(slot, true);
    return;
  }
}

}  // namespace zk::io
