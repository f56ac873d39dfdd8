// SPDX-License-Identifier: Apache-2.0
#include "server/core/tree/owner.h"

#include <gtest/gtest.h>

namespace zk {
namespace {

constexpr int64_t Owner(uint64_t bits) { return static_cast<int64_t>(bits); }

TEST(OwnerTest, KindDependsOnTheFlags) {
  using Kind = OwnerKind;
  struct Case {
    const char* name;
    uint64_t owner;
    Kind plain, extended, emulated;
  };
  const Case cases[] = {
      {"nobody", 0, Kind::kNone, Kind::kNone, Kind::kNone},
      {"a session", 0x0100'0000'0000'0001, Kind::kSession, Kind::kSession, Kind::kSession},
      {"a session of server 127", 0x7f00'0000'0000'0001, Kind::kSession, Kind::kSession,
       Kind::kSession},
      {"a session of server 254", 0xfe00'0000'0000'0001, Kind::kSession, Kind::kSession,
       Kind::kTtl},
      {"a container", 0x8000'0000'0000'0000, Kind::kContainer, Kind::kContainer, Kind::kContainer},
      {"TTL of 1 ms", 0xff00'0000'0000'0001, Kind::kSession, Kind::kTtl, Kind::kTtl},
      {"the longest TTL", 0xff00'00ff'ffff'ffff, Kind::kSession, Kind::kTtl, Kind::kTtl},
      {"extended type 1", 0xff00'0100'0000'0001, Kind::kSession, Kind::kReserved, Kind::kTtl},
      {"extended type 0xffff", 0xffff'ff00'0000'0001, Kind::kSession, Kind::kReserved, Kind::kTtl},
      {"TTL as 3.5.3 wrote it", 0x8000'0000'0000'03e8, Kind::kSession, Kind::kSession, Kind::kTtl},
  };
  for (const Case& c : cases) {
    SCOPED_TRACE(c.name);
    EXPECT_EQ(KindOfOwner(Owner(c.owner), false, false), c.plain);
    EXPECT_EQ(KindOfOwner(Owner(c.owner), true, false), c.extended);
    EXPECT_EQ(KindOfOwner(Owner(c.owner), true, true), c.emulated);
    EXPECT_EQ(KindOfOwner(Owner(c.owner), false, true), c.plain) << "needs extended types";
  }
}

TEST(OwnerTest, TtlRoundTrip) {
  for (const int64_t ttl : {int64_t{0}, int64_t{1}, int64_t{1000}, kTtlMaxMs}) {
    EXPECT_EQ(TtlOfOwner(TtlOwner(ttl)), ttl);
    EXPECT_EQ(KindOfOwner(TtlOwner(ttl), true, false), OwnerKind::kTtl);
  }
  EXPECT_EQ(TtlOwner(1000), Owner(0xff00'0000'0000'03e8));
  EXPECT_EQ(TtlOfOwner(Owner(0x8000'0000'0000'03e8)), 1000) << "3.5.3";
}

}  // namespace
}  // namespace zk
