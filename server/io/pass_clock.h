// SPDX-License-Identifier: Apache-2.0
//
// PassClock: the two clocks, read at most once in a pass of a loop.
//
// Place: one per loop; everything that happens in a pass carries the same Now.
// Threads: the loop's. Invariant: monotonic time never goes back.
#pragma once

#include <chrono>

#include "common/types.h"

namespace zk::io {

inline Now ReadClocks() {
  using std::chrono::duration_cast;
  using std::chrono::milliseconds;
  const auto mono = std::chrono::steady_clock::now().time_since_epoch();
  const auto wall = std::chrono::system_clock::now().time_since_epoch();
  return {Instant{duration_cast<milliseconds>(mono).count()},
          WallTime{duration_cast<milliseconds>(wall).count()}};
}

class PassClock {
 public:
  const Now& now() {
    if (!fresh_) {
      now_ = ReadClocks();
      fresh_ = true;
    }
    return now_;
  }
  // After anything that may have slept.
  void Expire() { fresh_ = false; }

 private:
  Now now_;
  bool fresh_ = false;
};

}  // namespace zk::io
