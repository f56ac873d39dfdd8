// SPDX-License-Identifier: Apache-2.0
//
// Session ids and their passwords, bit for bit those of Java, so that a session may move between
// servers of both kinds.
//
// Place: Replica makes ids and checks passwords. Threads: pure functions.
// Invariant: an id is never 0 (nobody) and never kContainerMarker (the owner of container nodes).
// Source: client-server protocol, "Session id and password".
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

#include "common/types.h"

namespace zk {

using SessionPassword = std::array<char, 16>;

inline constexpr SessionId kContainerMarker = INT64_MIN;

// Where a server process starts to count: the low byte of `sid`, then the clock, then 16 bits to
// count in. `elapsed_ms` is monotonic time, at least 0.
SessionId FirstSessionId(Sid sid, int64_t elapsed_ms);

// The id after `id`.
SessionId NextSessionId(SessionId id);

// True if both ids were given out by the same server (their top bytes agree).
bool SameServer(SessionId a, SessionId b);

SessionPassword PasswordOf(SessionId id);

// Compares in a time that does not depend on where the bytes differ. False for id 0.
bool IsPasswordOf(SessionId id, std::string_view password);

}  // namespace zk
