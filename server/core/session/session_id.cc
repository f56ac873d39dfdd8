// SPDX-License-Identifier: Apache-2.0
#include "server/core/session/session_id.h"

namespace zk {
namespace {

constexpr uint64_t kPasswordSalt = 0xB3415C00;  // the same on every server of the world

// The generator of java.util.Random: 48 bits of state, of which the upper 32 are drawn.
class JavaRandom {
 public:
  explicit JavaRandom(uint64_t seed) : state_((seed ^ kMultiplier) & kMask) {}
  uint32_t Next() {
    state_ = (state_ * kMultiplier + 0xB) & kMask;
    return static_cast<uint32_t>(state_ >> 16);
  }

 private:
  static constexpr uint64_t kMultiplier = 0x5DEECE66D;
  static constexpr uint64_t kMask = (uint64_t{1} << 48) - 1;
  uint64_t state_;
};

}  // namespace

SessionId FirstSessionId(Sid sid, int64_t elapsed_ms) {
  const uint64_t clock = (static_cast<uint64_t>(elapsed_ms) << 24) >> 8;
  const uint64_t id = clock | (static_cast<uint64_t>(sid) << 56);
  return static_cast<SessionId>(id) == kContainerMarker ? kContainerMarker + 1
                                                        : static_cast<SessionId>(id);
}

SessionId NextSessionId(SessionId id) {
  const auto next = static_cast<SessionId>(static_cast<uint64_t>(id) + 1);
  return next == kContainerMarker || next == 0 ? next + 1 : next;
}

bool SameServer(SessionId a, SessionId b) {
  return ((static_cast<uint64_t>(a) ^ static_cast<uint64_t>(b)) >> 56) == 0;
}

SessionPassword PasswordOf(SessionId id) {
  JavaRandom random(static_cast<uint64_t>(id) ^ kPasswordSalt);
  SessionPassword password;
  for (size_t i = 0; i < password.size(); i += 4) {
    const uint32_t word = random.Next();
    for (size_t b = 0; b < 4; b++) password[i + b] = static_cast<char>(word >> (8 * b));
  }
  return password;
}

bool IsPasswordOf(SessionId id, std::string_view password) {
  const SessionPassword wanted = PasswordOf(id);
  if (id == 0 || password.size() != wanted.size()) return false;
  unsigned difference = 0;
  for (size_t i = 0; i < wanted.size(); i++) {
    difference |= static_cast<unsigned char>(wanted[i] ^ password[i]);
  }
  return difference == 0;
}

}  // namespace zk
