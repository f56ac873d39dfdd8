// SPDX-License-Identifier: Apache-2.0
#include "common/error_code.h"

#include <gtest/gtest.h>

namespace zk {
namespace {

TEST(ErrorCode, NamesAndWireValues) {
  EXPECT_EQ(ErrorCodeName(ErrorCode::kOk), "OK");
  EXPECT_EQ(ErrorCodeName(ErrorCode::kNoNode), "NONODE");
  EXPECT_EQ(ErrorCodeName(static_cast<ErrorCode>(-127)), "THROTTLEDOP");
  EXPECT_EQ(ErrorCodeName(static_cast<ErrorCode>(-999)), "UNKNOWN");
  EXPECT_EQ(static_cast<int32_t>(ErrorCode::kInvalidAcl), -114);
  EXPECT_EQ(static_cast<int32_t>(ErrorCode::kQuotaExceeded), -125);
}

}  // namespace
}  // namespace zk
