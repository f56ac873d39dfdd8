// SPDX-License-Identifier: Apache-2.0
//
// SyncPolicy: whether the core loop syncs the log itself or leaves it to the log thread.
//
// Place: DiskQueue. Threads: a plain value. Source: ARCHITECTURE.md, "Loops": a hand-over to
// another thread costs more than a quick sync; a slow one must not hold up reads and heartbeats.
#pragma once

#include <cstdint>

#include "common/types.h"

namespace zk::io {

class SyncPolicy {
 public:
  static constexpr int64_t kQuickMicros = 400;
  static constexpr int64_t kSlowMicros = 2000;
  static constexpr Duration kSlowFor{10'000};

  // A sync that ended at `now` took `micros`.
  void OnSync(int64_t micros, Instant now) {
    average_micros_ += (micros - average_micros_) / 8;
    if (micros > kSlowMicros) {
      threaded_ = true;
      until_ = now + kSlowFor;
    } else if (threaded_ && now >= until_ && average_micros_ < kQuickMicros) {
      threaded_ = false;
    }
  }
  bool threaded() const { return threaded_; }

 private:
  int64_t average_micros_ = 0;
  bool threaded_ = false;
  Instant until_;
};

}  // namespace zk::io
