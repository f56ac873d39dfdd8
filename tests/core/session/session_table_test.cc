// SPDX-License-Identifier: Apache-2.0
#include "server/core/session/session_table.h"

#include <gtest/gtest.h>

#include "common/random.h"

namespace zk {
namespace {

constexpr int64_t kTick = 1000;
constexpr Instant kAlwaysSilent{INT64_MAX};
const Origin kOrigin{0, 1, 1};

std::vector<SessionId> ExpiredAt(const SessionTable& table, int64_t now,
                                 Instant silence = kAlwaysSilent) {
  std::vector<SessionId> out;
  table.Expired(Instant{now}, silence, out);
  return out;
}

struct BucketCase {
  int64_t heard;
  int32_t timeout;
  int64_t bucket;
};

TEST(SessionTable, BucketsRoundUpByAtLeastOneMillisecond) {
  const SessionTable table(kTick);
  for (const BucketCase& c :
       {BucketCase{0, 1000, 2000}, BucketCase{0, 999, 1000}, BucketCase{1, 998, 1000},
        BucketCase{1, 999, 2000}, BucketCase{770, 2000, 3000}, BucketCase{0, 0, 1000}}) {
    EXPECT_EQ(table.BucketOf(Instant{c.heard}, c.timeout).ms, c.bucket)
        << c.heard << " + " << c.timeout;
  }
}

TEST(SessionTable, ExpiresAtTheEndOfTheBucket) {
  SessionTable table(kTick);
  table.Add(7, 2500, kOrigin, Instant{100});
  EXPECT_TRUE(ExpiredAt(table, 2999).empty());
  EXPECT_EQ(ExpiredAt(table, 3000), (std::vector<SessionId>{7}));
}

TEST(SessionTable, WaitsUntilShardsWereHeardAfterTheDeadline) {
  SessionTable table(kTick);
  table.Add(7, 2500, kOrigin, Instant{100});
  EXPECT_TRUE(ExpiredAt(table, 5000, Instant{2999}).empty());
  EXPECT_TRUE(ExpiredAt(table, 5000, Instant{3000}).empty());
  EXPECT_EQ(ExpiredAt(table, 5000, Instant{3001}).size(), 1u);
}

TEST(SessionTable, TouchMovesTheSession) {
  SessionTable table(kTick);
  table.Add(7, 2500, kOrigin, Instant{100});
  EXPECT_TRUE(table.Touch(7, 2500, Instant{1000}));
  EXPECT_TRUE(ExpiredAt(table, 3999).empty());
  EXPECT_EQ(ExpiredAt(table, 4000).size(), 1u);
  // A client that asked for less when it came back is given up earlier.
  EXPECT_TRUE(table.Touch(7, 500, Instant{1100}));
  EXPECT_EQ(ExpiredAt(table, 2000).size(), 1u);
  table.CheckInvariants();
}

TEST(SessionTable, OldNewsMovesNothing) {
  SessionTable table(kTick);
  table.Add(7, 2500, kOrigin, Instant{5000});
  EXPECT_TRUE(table.Touch(7, 100, Instant{4999}));
  EXPECT_EQ(table.Find(7)->timeout_ms, 2500);
  EXPECT_TRUE(ExpiredAt(table, 7999).empty());
}

TEST(SessionTable, ClosingSessionsStayClosing) {
  SessionTable table(kTick);
  table.Add(7, 1000, kOrigin, Instant{0});
  table.SetClosing(7);
  EXPECT_FALSE(table.Touch(7, 1000, Instant{100}));
  EXPECT_TRUE(ExpiredAt(table, 100000).empty());
  table.Remove(7);
  EXPECT_EQ(table.Find(7), nullptr);
  EXPECT_FALSE(table.Touch(7, 1000, Instant{100}));
  table.CheckInvariants();
}

TEST(SessionTable, ExpiryOrderIsBucketThenId) {
  SessionTable table(kTick);
  for (const SessionId id : {9, 3, 5}) table.Add(id, 1000, kOrigin, Instant{0});
  table.Add(1, 5000, kOrigin, Instant{0});
  table.Add(8, 100, kOrigin, Instant{0});
  EXPECT_EQ(ExpiredAt(table, 10000), (std::vector<SessionId>{8, 3, 5, 9, 1}));
}

TEST(SessionTable, AddingAgainStartsAnew) {
  SessionTable table(kTick);
  table.Add(7, 1000, kOrigin, Instant{0});
  table.SetClosing(7);
  table.Add(7, 3000, kOrigin, Instant{0});
  EXPECT_EQ(table.size(), 1u);
  EXPECT_FALSE(table.Find(7)->closing);
  EXPECT_EQ(ExpiredAt(table, 4000).size(), 1u);
  table.CheckInvariants();
}

TEST(SessionTable, OriginIsKept) {
  SessionTable table(kTick);
  table.Add(7, 1000, kOrigin, Instant{0});
  EXPECT_EQ(table.Find(7)->origin, kOrigin);
  const Origin other{1, 2, 3};
  table.SetOrigin(7, other);
  EXPECT_EQ(table.Find(7)->origin, other);
}

TEST(SessionTable, BucketsAndIdsAreSorted) {
  SessionTable table(kTick);
  for (const SessionId id : {9, 3, 5}) table.Add(id, id == 3 ? 5000 : 1000, kOrigin, Instant{0});
  const auto buckets = table.Buckets();
  ASSERT_EQ(buckets.size(), 2u);
  EXPECT_EQ(buckets[0].first.ms, 2000);
  EXPECT_EQ(buckets[0].second, (std::vector<SessionId>{5, 9}));
  EXPECT_EQ(buckets[1].second, (std::vector<SessionId>{3}));
  EXPECT_EQ(table.Ids(), (std::vector<SessionId>{3, 5, 9}));
}

TEST(SessionTable, RandomHistoryKeepsTheInvariants) {
  SessionTable table(kTick);
  Random random(1);
  for (int64_t now = 0; now < 20000; now += 7) {
    const SessionId id = static_cast<SessionId>(random.Uniform(50)) + 1;
    const auto timeout = static_cast<int32_t>(random.Uniform(4000));
    switch (random.Uniform(4)) {
      case 0:
        table.Add(id, timeout, kOrigin, Instant{now});
        break;
      case 1:
        table.Remove(id);
        break;
      default:
        EXPECT_EQ(table.Touch(id, timeout, Instant{now}), table.Find(id) != nullptr);
    }
    table.CheckInvariants();
  }
}

}  // namespace
}  // namespace zk
