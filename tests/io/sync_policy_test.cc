// SPDX-License-Identifier: Apache-2.0
#include "server/io/sync_policy.h"

#include <gtest/gtest.h>

namespace zk::io {
namespace {

TEST(SyncPolicy, AQuickDiskIsSyncedInline) {
  SyncPolicy policy;
  EXPECT_FALSE(policy.threaded());
  for (int64_t t = 0; t < 1000; ++t) {
    policy.OnSync(150, {t});
    ASSERT_FALSE(policy.threaded());
  }
  policy.OnSync(1900, {1000});
  EXPECT_FALSE(policy.threaded()) << "up to 2 ms it stays";
}

TEST(SyncPolicy, OneSlowSyncMovesItAwayForTenSeconds) {
  SyncPolicy policy;
  policy.OnSync(2001, {5000});
  EXPECT_TRUE(policy.threaded());
  for (int64_t t = 5001; t < 15'000; ++t) {
    policy.OnSync(100, {t});
    ASSERT_TRUE(policy.threaded()) << t;
  }
  policy.OnSync(100, {15'000});
  EXPECT_FALSE(policy.threaded());
}

TEST(SyncPolicy, ADiskThatStaysMiddlingStaysWithTheLogThread) {
  SyncPolicy policy;
  policy.OnSync(3000, {0});
  for (int64_t t = 0; t < 30'000; t += 10) {
    policy.OnSync(800, {t});
    ASSERT_TRUE(policy.threaded()) << t;
  }
  for (int64_t t = 30'000; t < 31'000; t += 10) policy.OnSync(100, {t});
  EXPECT_FALSE(policy.threaded());
}

TEST(SyncPolicy, EachSlowSyncBeginsTheTenSecondsAnew) {
  SyncPolicy policy;
  policy.OnSync(2500, {0});
  policy.OnSync(2500, {9'000});
  for (int64_t t = 9'000; t < 18'999; ++t) policy.OnSync(10, {t});
  EXPECT_TRUE(policy.threaded());
  policy.OnSync(10, {19'000});
  EXPECT_FALSE(policy.threaded());
}

}  // namespace
}  // namespace zk::io
