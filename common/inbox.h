// SPDX-License-Identifier: Apache-2.0
//
// Inbox: what other threads hand to a loop: many push batches, one takes all; one lock per batch.
//
// Place: one per loop, between two loops; on one loop machines call each other instead.
// Threads: Push() from any, TakeAll() and Park() from the owner only.
// Invariants:
//   1. Items come out in the order in which their pushes got the lock; a batch is never split.
//   2. A wake-up is never lost: after Park() returned true, the first push that may wake is told
//   to.
//   3. It never holds more than `capacity` items: a push that would is refused whole. The sum of
//      credits keeps senders below it, so most of them treat kFull as a broken invariant.
// `M` is Mutex, or what an exhaustive test puts in its place.
#pragma once

#include <cassert>
#include <cstddef>
#include <iterator>
#include <utility>
#include <vector>

#include "common/mutex.h"

namespace zk {

template <typename T, typename M = Mutex>
class Inbox {
 public:
  enum class Pushed {
    kQueued,     // the owner is awake, or it was not to be woken
    kWakeOwner,  // queued, and the owner is parked: the caller wakes it now
    kFull,       // nothing was taken; `items` is untouched
  };
  enum class Wake {
    kIfParked,
    kNever,  // can wait until something else wakes the owner
  };

  explicit Inbox(size_t capacity) : capacity_(capacity) {}
  Inbox(const Inbox&) = delete;
  Inbox& operator=(const Inbox&) = delete;

  // Moves all of `items` in and clears it (its memory stays with the caller).
  [[nodiscard]] Pushed Push(std::vector<T>& items, Wake wake = Wake::kIfParked)
      ZK_EXCLUDES(mutex_) {
    MutexLock lock(mutex_);
    if (items.size() > capacity_ - items_.size()) return Pushed::kFull;
    items_.insert(items_.end(), std::make_move_iterator(items.begin()),
                  std::make_move_iterator(items.end()));
    items.clear();
    return WakeIf(wake);
  }
  [[nodiscard]] Pushed Push(T item, Wake wake = Wake::kIfParked) ZK_EXCLUDES(mutex_) {
    MutexLock lock(mutex_);
    if (items_.size() == capacity_) return Pushed::kFull;
    items_.push_back(std::move(item));
    return WakeIf(wake);
  }

  // Takes everything into `out`, which must be empty; its memory becomes the inbox's. False when
  // there was nothing. The owner counts as awake again.
  bool TakeAll(std::vector<T>& out) ZK_EXCLUDES(mutex_) {
    assert(out.empty());
    MutexLock lock(mutex_);
    parked_ = false;
    items_.swap(out);
    return !out.empty();
  }

  // The owner is about to sleep. False: there is something to take first.
  [[nodiscard]] bool Park() ZK_EXCLUDES(mutex_) {
    MutexLock lock(mutex_);
    parked_ = items_.empty();
    return parked_;
  }

  size_t size() const ZK_EXCLUDES(mutex_) {
    MutexLock lock(mutex_);
    return items_.size();
  }

 private:
  Pushed WakeIf(Wake wake) ZK_REQUIRES(mutex_) {
    if (!parked_ || wake == Wake::kNever) return Pushed::kQueued;
    parked_ = false;  // one wake-up is enough
    return Pushed::kWakeOwner;
  }

  const size_t capacity_;
  mutable M mutex_;
  std::vector<T> items_ ZK_GUARDED_BY(mutex_);
  bool parked_ ZK_GUARDED_BY(mutex_) = false;
};

}  // namespace zk
