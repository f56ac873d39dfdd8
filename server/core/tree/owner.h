// SPDX-License-Identifier: Apache-2.0
//
// The encodings of a node's ephemeral owner: session, container, TTL.
//
// Place: prep makes them, the tree and the reaper read them. Threads: plain values.
// Invariant: who has the same flags reads the same kind; the flags must be equal on all servers.
// Source: client-server protocol, "ephemeralOwner encodings".
#pragma once

#include <cassert>
#include <cstdint>
#include <limits>

namespace zk {

enum class OwnerKind : uint8_t {
  kNone,       // a persistent node
  kSession,    // an ephemeral; the value is the session
  kContainer,  // reaped when its last child is gone
  kTtl,        // reaped when it has no children and nobody wrote to it for its TTL
  kReserved,   // an extended type that nobody has defined: kept as a persistent node
};

inline constexpr int64_t kContainerOwner = std::numeric_limits<int64_t>::min();
inline constexpr int64_t kTtlMaxMs = 0xFF'FFFF'FFFF;  // 40 bits
inline constexpr uint64_t kExtendedOwnerMask = 0xFF00'0000'0000'0000;
inline constexpr uint64_t kExtendedFeatureMask = 0x00FF'FF00'0000'0000;

constexpr OwnerKind KindOfOwner(int64_t owner, bool extended_types, bool emulate_353_ttl) {
  if (owner == 0) return OwnerKind::kNone;
  if (owner == kContainerOwner) return OwnerKind::kContainer;
  if (!extended_types) return OwnerKind::kSession;
  if (emulate_353_ttl && owner < 0) return OwnerKind::kTtl;
  const uint64_t bits = static_cast<uint64_t>(owner);
  if ((bits & kExtendedOwnerMask) != kExtendedOwnerMask) return OwnerKind::kSession;
  return (bits & kExtendedFeatureMask) == 0 ? OwnerKind::kTtl : OwnerKind::kReserved;
}

// `ttl_ms` in [0, kTtlMaxMs].
constexpr int64_t TtlOwner(int64_t ttl_ms) {
  assert(ttl_ms >= 0 && ttl_ms <= kTtlMaxMs);
  return static_cast<int64_t>(kExtendedOwnerMask | static_cast<uint64_t>(ttl_ms));
}

// In milliseconds, of an owner of kind kTtl; the encoding of 3.5.3 keeps it in the same bits.
constexpr int64_t TtlOfOwner(int64_t owner) { return owner & kTtlMaxMs; }

}  // namespace zk
