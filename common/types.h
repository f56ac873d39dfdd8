// SPDX-License-Identifier: Apache-2.0
//
// Strong types of the values that are easily mixed up: zxid, session, time.
//
// Place: included everywhere above jute. Threads: plain values.
// Invariant: an Instant is monotonic time and never leaves the process; a WallTime is milliseconds
// since 1970 and is only ever written into transactions and shown to people.
#pragma once

#include <compare>
#include <cstdint>
#include <functional>
#include <string>

namespace zk {

// Transaction id: high 32 bits the leader's epoch, low 32 bits a counter within the epoch.
struct Zxid {
  int64_t value = 0;

  constexpr Zxid() = default;
  constexpr explicit Zxid(int64_t v) : value(v) {}
  constexpr Zxid(int32_t epoch, uint32_t counter)
      : value((static_cast<int64_t>(epoch) << 32) | counter) {}

  constexpr int32_t epoch() const { return static_cast<int32_t>(value >> 32); }
  constexpr uint32_t counter() const { return static_cast<uint32_t>(value); }
  constexpr Zxid Next() const { return Zxid(value + 1); }
  friend constexpr auto operator<=>(const Zxid&, const Zxid&) = default;
};

using Sid = int64_t;        // server id (myid)
using SessionId = int64_t;  // 0 = none

// "0x1f" for 31, the form of logs, file names (without 0x) and four-letter words.
std::string Hex(int64_t value);
inline std::string Hex(Zxid zxid) { return Hex(zxid.value); }

// Monotonic time in milliseconds and spans of it.
struct Duration {
  int64_t ms = 0;
  friend constexpr auto operator<=>(const Duration&, const Duration&) = default;
};
struct Instant {
  int64_t ms = 0;
  friend constexpr auto operator<=>(const Instant&, const Instant&) = default;
};
constexpr Instant operator+(Instant a, Duration b) { return {a.ms + b.ms}; }
constexpr Instant operator-(Instant a, Duration b) { return {a.ms - b.ms}; }
constexpr Duration operator-(Instant a, Instant b) { return {a.ms - b.ms}; }
constexpr Duration operator*(Duration a, int64_t n) { return {a.ms * n}; }
constexpr Duration operator+(Duration a, Duration b) { return {a.ms + b.ms}; }

// Milliseconds since 1970-01-01 UTC.
struct WallTime {
  int64_t ms = 0;
  friend constexpr auto operator<=>(const WallTime&, const WallTime&) = default;
};

// The two clocks of one call into a core.
struct Now {
  Instant mono;
  WallTime wall;
};

// Who asked: a connection of one shard. `generation` tells a reused slot from its predecessor.
struct Origin {
  uint16_t shard = 0;
  uint32_t conn = 0;
  uint32_t generation = 0;  // 0 = nobody
  constexpr bool valid() const { return generation != 0; }
  friend constexpr auto operator<=>(const Origin&, const Origin&) = default;
};

}  // namespace zk

template <>
struct std::hash<zk::Zxid> {
  size_t operator()(zk::Zxid z) const noexcept { return std::hash<int64_t>()(z.value); }
};
