// SPDX-License-Identifier: Apache-2.0
//
// Baton: held by the thread that runs the core loop; put down during a disk sync that may hang.
//
// Place: core loop (owner) and log thread (stand-in). The stand-in looks every 5 ms; a sync that
// did not come back between two looks makes it take the baton and run the loop, so that heartbeats
// and reads go on over a disk that hangs. Threads: the two. `Sync` supplies mutex and atomic
// (tests/io runs it exhaustively). Invariants:
//   1. The loop's state is touched only by who holds the baton.
//   2. A stand-in that holds it sees the owner's return: PutDownFor rings if it was taken.
#pragma once

#include <cstdint>

#include "common/mutex.h"

namespace zk::io {

template <typename Sync>
class Baton {
 public:
  // --- the owner ---
  void Take() ZK_NO_THREAD_SAFETY_ANALYSIS { mutex_.Lock(); }
  void Leave() ZK_NO_THREAD_SAFETY_ANALYSIS { mutex_.Unlock(); }
  // Runs `call` without the baton. `ring` wakes the stand-in out of the loop's poll.
  template <typename Call, typename Ring>
  void PutDownFor(Call call, Ring ring) ZK_NO_THREAD_SAFETY_ANALYSIS {
    calls_.store(calls_.load() + 1);
    mutex_.Unlock();
    call();
    calls_.store(calls_.load() + 1);
    if (taken_.load()) ring();
    mutex_.Lock();
  }

  // --- the stand-in ---
  // `last_look` belongs to the stand-in and starts at 0. True: it now holds the baton and runs the
  // loop until OwnerIsBack(), then GiveBack().
  bool TryTakeUp(uint64_t& last_look) ZK_NO_THREAD_SAFETY_ANALYSIS {
    const uint64_t now = calls_.load();
    if (now % 2 == 0 || now != last_look) {  // not away, or not for long
      last_look = now;
      return false;
    }
    if (!mutex_.TryLock()) return false;
    taken_.store(true);
    if (calls_.load() == now) return true;
    GiveBack();
    return false;
  }
  bool OwnerIsBack() const { return calls_.load() % 2 == 0; }
  void GiveBack() ZK_NO_THREAD_SAFETY_ANALYSIS {
    taken_.store(false);
    mutex_.Unlock();
  }
  // How often the owner put it down, twice: the stand-in sleeps deeply while this stands still.
  uint64_t calls() const { return calls_.load(); }

 private:
  typename Sync::Mutex mutex_;
  typename Sync::template Atomic<uint64_t> calls_{0};  // odd: the owner is away
  typename Sync::template Atomic<bool> taken_{false};
};

}  // namespace zk::io
