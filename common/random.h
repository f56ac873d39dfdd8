// SPDX-License-Identifier: Apache-2.0
//
// A seeded generator: the only source of randomness in the project.
//
// Place: handed into cores by their rim, so that the simulator replays a run from its seed.
// Threads: one owner at a time. Algorithm: SplitMix64 (Steele, Lea, Flood 2014).
#pragma once

#include <cassert>
#include <cstdint>

namespace zk {

class Random {
 public:
  explicit Random(uint64_t seed) : state_(seed) {}

  uint64_t Next() {
    uint64_t z = (state_ += 0x9e3779b97f4a7c15ULL);
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ULL;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebULL;
    return z ^ (z >> 31);
  }
  // Uniform in [0, n), n >= 1; the bias of the modulo is below 2^-32 for every n in use here.
  uint64_t Uniform(uint64_t n) {
    assert(n >= 1);
    return Next() % n;
  }
  // Uniform in [low, high].
  int64_t Between(int64_t low, int64_t high) {
    assert(low <= high);
    return low + static_cast<int64_t>(Uniform(static_cast<uint64_t>(high - low) + 1));
  }
  bool OneIn(uint64_t n) { return Uniform(n) == 0; }
  // True with probability p in [0, 1].
  bool Chance(double p) { return static_cast<double>(Next() >> 11) * 0x1.0p-53 < p; }
  // An independent stream, so that one domain's draws do not shift another's.
  Random Fork() { return Random(Next()); }

 private:
  uint64_t state_;
};

}  // namespace zk
