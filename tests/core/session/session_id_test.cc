// SPDX-License-Identifier: Apache-2.0
#include "server/core/session/session_id.h"

#include <gtest/gtest.h>

#include <string>

namespace zk {
namespace {

std::string HexOf(const SessionPassword& password) {
  static constexpr char kDigits[] = "0123456789abcdef";
  std::string text;
  for (const char c : password) {
    text += kDigits[static_cast<unsigned char>(c) >> 4];
    text += kDigits[static_cast<unsigned char>(c) & 15];
  }
  return text;
}

std::string Bytes(SessionId id) {
  const SessionPassword password = PasswordOf(id);
  return std::string(password.data(), password.size());
}

// What Java 3.8.0 servers handed out; the last ones are of tests/golden/wire.jsonl.
TEST(SessionId, PasswordsAreJavas) {
  EXPECT_EQ(HexOf(PasswordOf(0x0100000e50670000)), "4bd5fc867c640119a1fc2fb8257f75a1");
  EXPECT_EQ(HexOf(PasswordOf(0x01000012904b0000)), "37c9d362f8473d586d4061b101a56866");
  EXPECT_EQ(HexOf(PasswordOf(0x01000012904b0001)), "4aeacd6298931c9d6283c8dcd52d7d33");
  EXPECT_EQ(HexOf(PasswordOf(0x01000012904b0009)), "e3f29e6298f016c40c9b02387274219c");
}

TEST(SessionId, PasswordIsCompared) {
  const SessionId id = 0x01000012904b0000;
  std::string password = Bytes(id);
  EXPECT_TRUE(IsPasswordOf(id, password));
  for (size_t i = 0; i < password.size(); i++) {
    std::string wrong = password;
    wrong[i] = static_cast<char>(wrong[i] ^ 0x80);
    EXPECT_FALSE(IsPasswordOf(id, wrong)) << i;
  }
  EXPECT_FALSE(IsPasswordOf(id, password.substr(1)));
  EXPECT_FALSE(IsPasswordOf(id, password + "x"));
  EXPECT_FALSE(IsPasswordOf(id, ""));
  EXPECT_FALSE(IsPasswordOf(id + 1, password));
}

TEST(SessionId, NobodyHasNoPassword) { EXPECT_FALSE(IsPasswordOf(0, Bytes(0))); }

TEST(SessionId, FirstIdHoldsServerAndClock) {
  EXPECT_EQ(FirstSessionId(1, 0x12904b), 0x0100'0012'904b'0000);
  EXPECT_EQ(FirstSessionId(0, 0), 0);
  EXPECT_EQ(FirstSessionId(2, 1), 0x0200'0000'0001'0000);
  // Clock bits beyond 40 fall off instead of reaching the server's byte.
  EXPECT_EQ(FirstSessionId(1, int64_t{1} << 40), 0x0100'0000'0000'0000);
  EXPECT_EQ(FirstSessionId(1, (int64_t{1} << 40) - 1), 0x01ff'ffff'ffff'0000);
  // Only the low byte of a server's number counts.
  EXPECT_EQ(FirstSessionId(0x101, 5), FirstSessionId(1, 5));
}

TEST(SessionId, ReservedValuesAreSkipped) {
  EXPECT_EQ(FirstSessionId(128, 0), kContainerMarker + 1);
  EXPECT_EQ(NextSessionId(5), 6);
  EXPECT_EQ(NextSessionId(INT64_MAX), kContainerMarker + 1);
  EXPECT_EQ(NextSessionId(-1), 1);
}

TEST(SessionId, ServerIsTheTopByte) {
  EXPECT_TRUE(SameServer(0x0100000000000000, 0x01ffffffffffffff));
  EXPECT_FALSE(SameServer(0x0100000000000000, 0x0200000000000000));
  EXPECT_TRUE(SameServer(-1, -2));
}

}  // namespace
}  // namespace zk
