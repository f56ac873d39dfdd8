// SPDX-License-Identifier: Apache-2.0
#include "common/status.h"

#include <gtest/gtest.h>

#include <memory>

namespace zk {
namespace {

TEST(Status, OkHasNoMessage) {
  EXPECT_TRUE(Status::Ok().ok());
  EXPECT_EQ(Status::Ok().message(), "");
  const Status status = Status::Corruption("bad");
  EXPECT_FALSE(status.ok());
  EXPECT_EQ(status.code(), StatusCode::kCorruption);
  EXPECT_EQ(status.message(), "bad");
}

TEST(Result, HoldsAValueExactlyWhenOk) {
  Result<std::unique_ptr<int>> good(std::make_unique<int>(7));
  ASSERT_TRUE(good.ok());
  EXPECT_EQ(**good, 7);
  EXPECT_TRUE(good.status().ok());
  const Result<int> bad(Status::Io("gone"));
  EXPECT_FALSE(bad.ok());
  EXPECT_EQ(bad.status().message(), "gone");
}

}  // namespace
}  // namespace zk
