// SPDX-License-Identifier: Apache-2.0
#include "common/types.h"

#include <gtest/gtest.h>

namespace zk {
namespace {

TEST(Zxid, EpochAndCounter) {
  const Zxid zxid(3, 0xffff'fffe);
  EXPECT_EQ(zxid.value, 0x3'ffff'fffe);
  EXPECT_EQ(zxid.epoch(), 3);
  EXPECT_EQ(zxid.counter(), 0xffff'fffeu);
  EXPECT_EQ(zxid.Next().counter(), 0xffff'ffffu);
  EXPECT_LT(zxid, Zxid(4, 0));
}

TEST(Hex, LowerCaseWithoutLeadingZeros) {
  EXPECT_EQ(Hex(int64_t{0}), "0x0");
  EXPECT_EQ(Hex(Zxid(1, 31)), "0x10000001f");
  EXPECT_EQ(Hex(int64_t{-1}), "0xffffffffffffffff");
}

TEST(Time, Arithmetic) {
  const Instant at{100};
  EXPECT_EQ(at + Duration{5}, Instant{105});
  EXPECT_EQ(at - Duration{5}, Instant{95});
  EXPECT_EQ(at - Instant{40}, Duration{60});
  EXPECT_EQ(Duration{3} * 4, Duration{12});
}

TEST(Origin, ZeroGenerationIsNobody) {
  EXPECT_FALSE(Origin().valid());
  EXPECT_TRUE((Origin{0, 0, 1}).valid());
}

}  // namespace
}  // namespace zk
