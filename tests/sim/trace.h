// SPDX-License-Identifier: Apache-2.0
//
// Trace: the story of one simulated run, one line an event, and its 128-bit hash.
//
// Place: every actor of the simulator reports to it. Threads: single-threaded, as all of tests/sim.
// Invariant: two runs of one seed add the same lines; their hashes are compared ("unseed" check).
#pragma once

#include <cstdint>
#include <cstdio>
#include <string>
#include <string_view>

namespace zk::sim {

class Trace {
 public:
  explicit Trace(bool print = false) : print_(print) {}

  // `now_us` is virtual time.
  void Add(int64_t now_us, std::string_view actor, std::string_view what) {
    Mix(std::string_view(reinterpret_cast<const char*>(&now_us), sizeof now_us));
    Mix(actor);
    Mix(what);
    lines_++;
    if (print_) {
      std::printf("%10lld.%03lld %-10.*s %.*s\n", static_cast<long long>(now_us / 1000),
                  static_cast<long long>(now_us % 1000), static_cast<int>(actor.size()),
                  actor.data(), static_cast<int>(what.size()), what.data());
    }
  }

  bool printing() const { return print_; }
  uint64_t lines() const { return lines_; }
  std::string Hash() const {
    char text[33];
    std::snprintf(text, sizeof text, "%016llx%016llx", static_cast<unsigned long long>(low_),
                  static_cast<unsigned long long>(high_));
    return text;
  }

 private:
  // Two FNV-1a lanes with different primes.
  void Mix(std::string_view bytes) {
    for (const char c : bytes) {
      low_ = (low_ ^ static_cast<uint8_t>(c)) * 0x100000001b3ULL;
      high_ = (high_ ^ static_cast<uint8_t>(c)) * 0x9e3779b97f4a7c15ULL;
    }
    low_ = (low_ ^ 0xff) * 0x100000001b3ULL;
    high_ = (high_ ^ 0xff) * 0x9e3779b97f4a7c15ULL;
  }

  bool print_;
  uint64_t lines_ = 0;
  uint64_t low_ = 0xcbf29ce484222325ULL;
  uint64_t high_ = 0x84222325cbf29ce4ULL;
};

}  // namespace zk::sim
