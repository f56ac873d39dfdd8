// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <functional>
#include <string>

#include "server/core/tree/data_tree.h"
#include "tests/core/tree/tree_testing.h"

namespace zk {
namespace {

// A tree with /q, to which a client gives a quota in the order in which Java's shell does.
class QuotaTest : public testing::Test {
 protected:
  QuotaTest() {
    Put(tree_, "/q", "12345", 1);
    Put(tree_, "/q/a", "123", 2);
    Put(tree_, "/q/a/b", jute::Buffer(), 3);
    Put(tree_, "/other", "data", 4);
  }
  void SetQuota(const std::string& limits) {
    Put(tree_, "/zookeeper/quota/q", "", 10);
    Put(tree_, kLimits, limits, 11);
    Put(tree_, kStats, "count=0,bytes=0", 12);
  }
  std::string Stats() { return DataOf(tree_, kStats); }

  static constexpr char kLimits[] = "/zookeeper/quota/q/zookeeper_limits";
  static constexpr char kStats[] = "/zookeeper/quota/q/zookeeper_stats";
  DataTree tree_;
};

TEST_F(QuotaTest, CreatingTheStatisticsCountsTheSubtree) {
  SetQuota("count=-1,bytes=-1");
  EXPECT_EQ(Stats(), "count=3,bytes=8");
  EXPECT_EQ(Lines(tree_)[kStats],
            std::string(kStats) + " \"count=3,bytes=8\" z=12/12/12 t=120/120 v=0/0/0");
  CheckTree(tree_);
}

TEST_F(QuotaTest, ChangesBelowAreCounted) {
  SetQuota("count=-1,bytes=-1");
  struct Case {
    const char* name;
    std::function<void()> step;
    const char* want;
  };
  const Case cases[] = {
      {"create", [&] { Put(tree_, "/q/c", "xy", 20); }, "count=4,bytes=10"},
      {"create that fails", [&] { Put(tree_, "/q/c", "xyz", 21); }, "count=4,bytes=10"},
      {"set longer", [&] { Set(tree_, "/q/c", "wxyz", 1, 22); }, "count=4,bytes=12"},
      {"set to null", [&] { Set(tree_, "/q/c", jute::Buffer(), 1, 23); }, "count=4,bytes=8"},
      {"the node itself", [&] { Set(tree_, "/q", "1", 1, 24); }, "count=4,bytes=4"},
      {"delete", [&] { tree_.Delete("/q/a/b", Zxid(25)); }, "count=3,bytes=4"},
      {"delete with children",
       [&] {
         Put(tree_, "/q/c/d", "", 26);
         tree_.Delete("/q/c", Zxid(27));
       },
       "count=2,bytes=4"},
      {"elsewhere",
       [&] {
         Put(tree_, "/qq", "", 28);
         Set(tree_, "/other", "x", 1, 29);
         Set(tree_, "/", "x", 1, 30);
         tree_.SetAcl("/q", AclFor("x"), 1);
       },
       "count=2,bytes=4"},
  };
  for (const Case& c : cases) {
    c.step();
    EXPECT_EQ(Stats(), c.want) << c.name;
  }
  EXPECT_EQ(tree_.Find(kStats)->stat(),
            (NodeStat{.czxid = 12, .mzxid = 12, .pzxid = 12, .ctime = 120, .mtime = 120}))
      << "bookkeeping touches no stat";
  CheckTree(tree_);
}

TEST_F(QuotaTest, WithoutLimitsNothingIsCounted) {
  SetQuota("count=-1,bytes=-1");
  tree_.Delete(kLimits, Zxid(20));
  Put(tree_, "/q/c", "xy", 21);
  EXPECT_EQ(Stats(), "count=3,bytes=8");
}

TEST_F(QuotaTest, TheLongestPrefixCounts) {
  SetQuota("count=-1,bytes=-1");
  Put(tree_, "/zookeeper/quota/q/a", "", 20);
  Put(tree_, "/zookeeper/quota/q/a/zookeeper_limits", "count=9,bytes=9", 21);
  Put(tree_, "/zookeeper/quota/q/a/zookeeper_stats", "", 22);
  EXPECT_EQ(DataOf(tree_, "/zookeeper/quota/q/a/zookeeper_stats"), "count=2,bytes=3");
  Put(tree_, "/q/a/x", "1234", 23);
  EXPECT_EQ(DataOf(tree_, "/zookeeper/quota/q/a/zookeeper_stats"), "count=3,bytes=7");
  EXPECT_EQ(Stats(), "count=3,bytes=8") << "the outer one is not told";
  EXPECT_EQ(tree_.JudgeChange("/q/a/y", 1, 1).prefix, "/q/a");
  EXPECT_EQ(tree_.JudgeChange("/q/y", 1, 1).prefix, "/q");
  EXPECT_EQ(tree_.JudgeChange("/y", 1, 1).prefix, "");
}

TEST_F(QuotaTest, AQuotaOfNothingCountsNothing) {
  Put(tree_, "/zookeeper/quota/none", "", 10);
  Put(tree_, "/zookeeper/quota/none/zookeeper_limits", "count=1", 11);
  Put(tree_, "/zookeeper/quota/none/zookeeper_stats", "", 12);
  EXPECT_EQ(DataOf(tree_, "/zookeeper/quota/none/zookeeper_stats"), "count=0,bytes=0");
  Put(tree_, "/none", "abc", 13);
  EXPECT_EQ(DataOf(tree_, "/zookeeper/quota/none/zookeeper_stats"), "count=1,bytes=3");
}

TEST_F(QuotaTest, TheRootHasStatisticsButNoQuota) {
  Put(tree_, "/zookeeper/quota/zookeeper_stats", "", 10);
  EXPECT_EQ(DataOf(tree_, "/zookeeper/quota/zookeeper_stats"), "count=9,bytes=12");
  Put(tree_, "/zookeeper/quota/zookeeper_limits", "countHardLimit=0", 11);
  EXPECT_EQ(tree_.CheckQuota("/x", 1, 1), ErrorCode::kOk);
  Put(tree_, "/x", "1", 12);
  EXPECT_EQ(DataOf(tree_, "/zookeeper/quota/zookeeper_stats"), "count=9,bytes=12");
}

// Java 3.8.0 dies of each of these, and at every restart again.
TEST_F(QuotaTest, TextThatNobodyCanReadIsLeftAlone) {
  SetQuota("count=-1,bytes=-1");
  for (const char* text : {"bytes=", "rubbish", "count=x", "count=1,bytes=99999999999999999999"}) {
    Set(tree_, kStats, text, 1, 20);
    Put(tree_, "/q/new", "", 21);
    tree_.Delete("/q/new", Zxid(22));
    EXPECT_EQ(Stats(), text);
    Set(tree_, kLimits, text, 1, 23);
    EXPECT_EQ(tree_.CheckQuota("/q/x", 1000, 1000), ErrorCode::kOk);
  }
  Set(tree_, kStats, jute::Buffer(), 1, 24);
  Put(tree_, "/q/new", "", 25);
  EXPECT_TRUE(tree_.Find(kStats)->data().is_null());
  Set(tree_, kLimits, jute::Buffer(), 1, 26);
  EXPECT_EQ(tree_.CheckQuota("/q/x", 1000, 1000), ErrorCode::kOk);
  tree_.Delete(kStats, Zxid(27));
  Put(tree_, "/q/newer", "", 28);
  CheckTree(tree_);
}

TEST_F(QuotaTest, HardLimitsAreToldFromSoftOnes) {
  using Level = QuotaVerdict::Level;
  SetQuota("count=3,bytes=-1=;byteHardLimit=10");
  EXPECT_EQ(tree_.JudgeChange("/q/x", 1, 2).level, Level::kSoft);
  EXPECT_EQ(tree_.CheckQuota("/q/x", 1, 2), ErrorCode::kOk);
  EXPECT_EQ(tree_.JudgeChange("/q/x", 1, 3).level, Level::kHard);
  EXPECT_EQ(tree_.CheckQuota("/q/x", 1, 3), ErrorCode::kQuotaExceeded);
  EXPECT_EQ(tree_.CheckQuota("/q", 0, 3), ErrorCode::kQuotaExceeded);
  EXPECT_EQ(tree_.CheckQuota("/x", 1, 3), ErrorCode::kOk);
  EXPECT_EQ(tree_.CheckQuota("/q", 0, 0), ErrorCode::kOk);
  const QuotaVerdict verdict = tree_.JudgeChange("/q/x", 1, 3);
  EXPECT_EQ(verdict.prefix, "/q");
  EXPECT_TRUE(verdict.bytes);
  EXPECT_EQ(verdict.limit, 10);
  EXPECT_EQ(verdict.value, 11);
}

TEST_F(QuotaTest, LoadingCountsAnew) {
  SetQuota("count=-1,bytes=-1");
  Set(tree_, kStats, "rubbish", 1, 20);
  Put(tree_, "/zookeeper/quota/gone", "", 21);
  Put(tree_, "/zookeeper/quota/gone/zookeeper_limits", "", 22);  // without statistics
  DataTree loaded;
  for (const Node* node = tree_.root(); node != nullptr; node = node->NextBelow(tree_.root())) {
    ASSERT_EQ(loaded.Load(node->path(), node->data().buffer(), tree_.AclOf(*node), node->stat()),
              ErrorCode::kOk);
  }
  EXPECT_EQ(DataOf(loaded, kStats), "rubbish");
  loaded.FinishLoad();
  EXPECT_EQ(DataOf(loaded, kStats), "count=3,bytes=8");
  EXPECT_EQ(loaded.JudgeChange("/q/x", 1, 0).prefix, "/q");
  EXPECT_EQ(loaded.JudgeChange("/gone/x", 1, 0).prefix, "/gone");
  Put(loaded, "/q/new", "1", 23);
  EXPECT_EQ(DataOf(loaded, kStats), "count=4,bytes=9");
  CheckTree(loaded);
}

TEST_F(QuotaTest, NamesThatOnlyLookLikeQuotasAreNone) {
  Put(tree_, "/zookeeper/quotas", "", 10);
  Put(tree_, "/zookeeper/quotas/q", "", 11);
  Put(tree_, "/zookeeper/quotas/q/zookeeper_limits", "countHardLimit=0", 12);
  Put(tree_, "/q/zookeeper_stats", "mine", 13);
  EXPECT_EQ(tree_.JudgeChange("/q/x", 1, 1).prefix, "");
  EXPECT_EQ(DataOf(tree_, "/q/zookeeper_stats"), "mine");
}

}  // namespace
}  // namespace zk
