// SPDX-License-Identifier: Apache-2.0
#include "common/shared_bytes.h"

#include <gtest/gtest.h>

#include <string>
#include <thread>

namespace zk {
namespace {

TEST(SharedBytes, NullIsNotEmpty) {
  const SharedBytes null, empty("");
  EXPECT_TRUE(null.is_null());
  EXPECT_FALSE(empty.is_null());
  EXPECT_EQ(null.size(), 0u);
  EXPECT_EQ(empty.view(), "");
  EXPECT_TRUE(null.buffer().is_null());
  EXPECT_FALSE(empty.buffer().is_null());
  EXPECT_TRUE(SharedBytes::From({}).is_null());
  EXPECT_EQ(SharedBytes::From("x").view(), "x");
}

TEST(SharedBytes, CopiesShareTheBlock) {
  SharedBytes a(std::string("abc\0d", 5));
  SharedBytes b = a, c = std::move(a);
  EXPECT_EQ(b.view().data(), c.view().data());
  EXPECT_EQ(b.size(), 5u);
  EXPECT_TRUE(a.is_null());  // NOLINT(bugprone-use-after-move): moved-from is null
  const SharedBytes& same = b;
  b = same;
  b = SharedBytes("other");
  EXPECT_EQ(c.view(), std::string_view("abc\0d", 5));
  EXPECT_EQ(b.view(), "other");
}

TEST(SharedBytes, CopiesLiveOnOtherThreads) {
  const SharedBytes bytes("abc");
  const auto copy = [&bytes] {
    for (int i = 0; i < 10'000; i++) {
      const SharedBytes mine = bytes;
      EXPECT_EQ(mine.size(), 3u);
    }
  };
  std::thread a(copy), b(copy);
  a.join();
  b.join();
  EXPECT_EQ(bytes.view(), "abc");
}

}  // namespace
}  // namespace zk
