// SPDX-License-Identifier: Apache-2.0
#include "server/core/tree/quota.h"

#include <gtest/gtest.h>

#include <set>
#include <string>

#include "common/random.h"

namespace zk {
namespace {

// What Java 3.8.0's StatsTrack makes of each text; null where it throws.
TEST(QuotaTextTest, ReadsWhatJavaReads) {
  struct Case {
    std::string text;
    const char* print;
  };
  const Case cases[] = {
      {"", "count=-1,bytes=-1"},
      {"count=1,bytes=2", "count=1,bytes=2"},
      {"bytes=2;count=1", "count=1,bytes=2"},
      {"count=1,bytes=2=;byteHardLimit=5;countHardLimit=6",
       "count=1,bytes=2=;byteHardLimit=5;countHardLimit=6"},
      {"bytes=", nullptr},
      {"bytes==5", "count=-1,bytes=-1"},
      {"bytes==", nullptr},
      {"count=+5", "count=5,bytes=-1"},
      {"count=+-5", nullptr},
      {"count=-5", "count=-5,bytes=-1"},
      {",count=1", nullptr},
      {",", "count=-1,bytes=-1"},
      {"count=1,,;", "count=1,bytes=-1"},
      {"count=1,;bytes=3", "count=1,bytes=3"},
      {"=;x=1", nullptr},
      {"=5", "count=-1,bytes=-1=;=5"},
      {"foo=7,count=3", "count=3,bytes=-1=;foo=7"},
      {"count=3,count=4", "count=4,bytes=-1"},
      {"count", nullptr},
      {"x=1=2", "count=-1,bytes=-1=;x=1"},
      {"b=2;a=1", "count=-1,bytes=-1=;a=1;b=2"},
      {"bytes=5=", "count=-1,bytes=5"},
      {"count= 5", nullptr},
      {"count=1\n", nullptr},
      {"count=5x", nullptr},
      {"count=9223372036854775807", "count=9223372036854775807,bytes=-1"},
      {"count=9223372036854775808", nullptr},
      {std::string("count=\0", 7), nullptr},
      {"\xff\xfe", nullptr},
  };
  for (const Case& c : cases) {
    const std::optional<QuotaText> text = QuotaText::Parse(c.text);
    ASSERT_EQ(text.has_value(), c.print != nullptr) << c.text;
    EXPECT_EQ(text ? text->Print() : "", c.print == nullptr ? "" : c.print) << c.text;
  }
}

TEST(QuotaTextTest, AddCountsFromMinusOneAndWraps) {
  QuotaText text;
  text.Add(QuotaText::kCount, 1);
  EXPECT_EQ(text.Print(), "count=0,bytes=-1") << "as Java does for an empty text";
  text = QuotaText(INT64_MAX, 7);
  text.Add(QuotaText::kCount, 1);
  text.Add(QuotaText::kBytes, -8);
  EXPECT_EQ(text.Get(QuotaText::kCount), INT64_MIN);
  EXPECT_EQ(text.Get(QuotaText::kBytes), -1);
}

TEST(QuotaTest, Judge) {
  using Level = QuotaVerdict::Level;
  struct Case {
    const char* limits;
    const char* stats;
    int64_t count, bytes;
    Level level;
    bool is_bytes;
    int64_t limit, value;
  };
  const Case cases[] = {
      {"count=5,bytes=-1", "count=4,bytes=0", 1, 9, Level::kWithin, false, 0, 0},
      {"count=5,bytes=-1", "count=5,bytes=0", 1, 9, Level::kSoft, false, 5, 6},
      {"count=5,bytes=-1", "count=9,bytes=0", 0, 9, Level::kWithin, false, 0, 0},
      {"count=-1,bytes=10", "count=9,bytes=8", 1, 2, Level::kWithin, false, 0, 0},
      {"count=-1,bytes=10", "count=9,bytes=8", 1, 3, Level::kSoft, true, 10, 11},
      {"count=-1,bytes=10", "count=9,bytes=20", 0, -3, Level::kSoft, true, 10, 17},
      {"countHardLimit=5", "count=5,bytes=0", 1, 0, Level::kHard, false, 5, 6},
      {"count=2,countHardLimit=9", "count=5,bytes=0", 1, 0, Level::kWithin, false, 0, 0},
      {"byteHardLimit=0", "count=5,bytes=0", 1, 1, Level::kHard, true, 0, 1},
      {"count=1,byteHardLimit=3", "count=5,bytes=3", 1, 1, Level::kHard, true, 3, 4},
      {"countHardLimit=1,byteHardLimit=3", "count=5,bytes=3", 1, 1, Level::kHard, false, 1, 6},
      {"", "count=5,bytes=3", 1, 1, Level::kWithin, false, 0, 0},
  };
  for (const Case& c : cases) {
    SCOPED_TRACE(std::string(c.limits) + " / " + c.stats);
    const QuotaVerdict verdict =
        JudgeQuota(*QuotaText::Parse(c.limits), *QuotaText::Parse(c.stats), c.count, c.bytes);
    EXPECT_EQ(verdict.level, c.level);
    EXPECT_EQ(verdict.bytes, c.is_bytes);
    EXPECT_EQ(verdict.limit, c.limit);
    EXPECT_EQ(verdict.value, c.value);
  }
}

TEST(QuotaTest, PathsOfTheTwoNodes) {
  EXPECT_EQ(QuotaNodePath("/a/b", kLimitsName), "/zookeeper/quota/a/b/zookeeper_limits");
  EXPECT_EQ(QuotaPrefixOf("/zookeeper/quota/a/b"), "/a/b");
  EXPECT_EQ(QuotaPrefixOf("/zookeeper/quota"), "");
  EXPECT_EQ(QuotaPrefixOf("/zookeeper/quotas/a"), std::nullopt);
  EXPECT_EQ(QuotaPrefixOf("/zookeeper"), std::nullopt);
  EXPECT_EQ(QuotaPrefixOf("/a/zookeeper/quota/b"), std::nullopt);
}

TEST(QuotaTrieTest, LongestPrefixByComponent) {
  QuotaTrie trie;
  EXPECT_TRUE(trie.empty());
  trie.Add("/a");
  trie.Add("/a/b/c");
  struct Case {
    const char *path, *longest;
  };
  for (const Case& c : {Case{"/a", "/a"}, Case{"/ab", ""}, Case{"/a/b", "/a"}, Case{"/a/bc", "/a"},
                        Case{"/a/b/c", "/a/b/c"}, Case{"/a/b/c/d/e", "/a/b/c"}, Case{"/", ""},
                        Case{"", ""}, Case{"/x/a", ""}}) {
    EXPECT_EQ(trie.Longest(c.path), c.longest) << c.path;
  }
  trie.Remove("/a");
  EXPECT_EQ(trie.Longest("/a/b/x"), "") << "its longer neighbour stays";
  EXPECT_EQ(trie.Longest("/a/b/c/x"), "/a/b/c");
  trie.Remove("/a/b");
  trie.Remove("/nowhere/at/all");
  EXPECT_FALSE(trie.empty());
  trie.Remove("/a/b/c");
  EXPECT_TRUE(trie.empty());
  trie.Add("");
  trie.Add("/");
  EXPECT_TRUE(trie.empty()) << "the root has no quota";
}

TEST(QuotaTrieTest, RandomAgainstASet) {
  Random random(5);
  const auto path = [&] {
    std::string text;
    for (uint64_t n = random.Uniform(4) + 1; n > 0; --n) {
      text += "/" + std::string(1 + random.Uniform(2), static_cast<char>('a' + random.Uniform(2)));
    }
    return text;
  };
  QuotaTrie trie;
  std::set<std::string> want;
  for (int step = 0; step < 20'000; ++step) {
    const std::string changed = path();
    if (random.OneIn(2)) {
      trie.Add(changed);
      want.insert(changed);
    } else {
      trie.Remove(changed);
      want.erase(changed);
    }
    const std::string asked = path();
    std::string longest = asked;
    while (!longest.empty() && !want.contains(longest)) longest.resize(longest.rfind('/'));
    ASSERT_EQ(trie.Longest(asked), longest) << asked;
    ASSERT_EQ(trie.empty(), want.empty());
  }
}

TEST(QuotaTrieTest, Deep) {
  std::string deep;
  for (int i = 0; i < 100'000; ++i) deep += "/a";
  QuotaTrie trie;
  trie.Add(deep);
  EXPECT_EQ(trie.Longest(deep + "/b").size(), deep.size());
  EXPECT_EQ(trie.Longest(deep.substr(2)), "");
  trie.Remove(deep);
  EXPECT_TRUE(trie.empty());
}

}  // namespace
}  // namespace zk
