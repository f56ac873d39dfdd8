// SPDX-License-Identifier: Apache-2.0
#include "common/random.h"

#include <gtest/gtest.h>

namespace zk {
namespace {

TEST(Random, IsSplitMix64) {
  // The first values of the published algorithm for the seed 1234567.
  Random random(1234567);
  EXPECT_EQ(random.Next(), 6457827717110365317u);
  EXPECT_EQ(random.Next(), 3203168211198807973u);
  EXPECT_EQ(random.Next(), 9817491932198370423u);
}

TEST(Random, StaysInRange) {
  Random random(1);
  bool low = false, high = false;
  for (int i = 0; i < 1000; i++) {
    EXPECT_LT(random.Uniform(7), 7u);
    const int64_t value = random.Between(-2, 2);
    EXPECT_TRUE(value >= -2 && value <= 2);
    low = low || value == -2;
    high = high || value == 2;
    EXPECT_TRUE(random.OneIn(1));
    EXPECT_FALSE(random.Chance(0));
    EXPECT_TRUE(random.Chance(1));
  }
  EXPECT_TRUE(low && high);
}

TEST(Random, AForkIsAStreamOfItsOwn) {
  Random a(5), b(5);
  Random fork_of_a = a.Fork(), fork_of_b = b.Fork();
  for (int i = 0; i < 10; i++) (void)fork_of_a.Next();
  EXPECT_EQ(a.Next(), b.Next());
  EXPECT_NE(fork_of_a.Next(), fork_of_b.Next());
}

}  // namespace
}  // namespace zk
