// SPDX-License-Identifier: Apache-2.0
//
// ThreadSync: the real mutex, atomic and deadline for tree_guard.h and baton.h.
//
// Place: the rim; tests/io has its cooperative twin. Threads: any.
#pragma once

#include <sched.h>

#include <atomic>
#include <chrono>
#include <cstdint>

#include "common/mutex.h"

namespace zk::io {

struct ThreadSync {
  using Mutex = zk::Mutex;
  template <typename T>
  using Atomic = std::atomic<T>;

  // Passed() gives way to other threads, so that a loop around it may wait for them.
  class Deadline {
   public:
    explicit Deadline(int64_t micros)
        : end_(std::chrono::steady_clock::now() + std::chrono::microseconds(micros)) {}
    bool Passed() const {
      sched_yield();
      return std::chrono::steady_clock::now() >= end_;
    }

   private:
    std::chrono::steady_clock::time_point end_;
  };
};

}  // namespace zk::io
