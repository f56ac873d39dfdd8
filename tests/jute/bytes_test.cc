// SPDX-License-Identifier: Apache-2.0
#include "jute/bytes.h"

#include <gtest/gtest.h>

namespace zk::jute {
namespace {

TEST(Buffer, NullIsNotEmpty) {
  EXPECT_TRUE(Buffer().is_null());
  EXPECT_FALSE(Buffer("").is_null());
  EXPECT_FALSE(Buffer() == Buffer(""));
  EXPECT_TRUE(Buffer() == Buffer());
  EXPECT_EQ(Buffer().bytes(), "");
  EXPECT_EQ(Buffer(Bytes("a\0b", 3)).size(), 3u);
  EXPECT_FALSE(Buffer("a") == Buffer("b"));
}

TEST(Vector, NullIsNotEmpty) {
  const Vector<int> empty, null = Vector<int>::Null(), some = {1, 2};
  EXPECT_FALSE(empty == null);
  EXPECT_TRUE(null.is_null() && null.empty());
  EXPECT_EQ(some.size(), 2u);
  EXPECT_EQ(*some.begin(), 1);
}

}  // namespace
}  // namespace zk::jute
