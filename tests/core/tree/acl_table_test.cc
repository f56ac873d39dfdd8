// SPDX-License-Identifier: Apache-2.0
#include "server/core/tree/acl_table.h"

#include <gtest/gtest.h>

#include <map>
#include <string>

#include "common/random.h"
#include "tests/core/tree/tree_testing.h"

namespace zk {
namespace {

AclRef List(AclList list) { return std::make_shared<const AclList>(std::move(list)); }

TEST(AclTableTest, EqualContentHasOneNumber) {
  AclTable table;
  const uint32_t a = table.Acquire(AclFor("a"));
  EXPECT_EQ(table.Acquire(AclFor("a")), a);
  const uint32_t b = table.Acquire(AclFor("b"));
  EXPECT_NE(a, b);
  EXPECT_NE(table.Acquire(AclFor("a", 1)), a) << "other permissions";
  EXPECT_EQ(*table.Get(b), *AclFor("b"));
}

TEST(AclTableTest, TheOpenListIsKnownByContent) {
  AclTable table;
  EXPECT_EQ(table.Acquire(OpenAcl()), AclTable::kOpen);
  EXPECT_EQ(table.Acquire(List({{31, {"world", "anyone"}}})), AclTable::kOpen);
  EXPECT_EQ(table.Get(AclTable::kOpen), OpenAcl());
  table.Release(AclTable::kOpen);
  table.Release(AclTable::kOpen);
  EXPECT_EQ(table.Get(AclTable::kOpen), OpenAcl()) << "stays without users";
  EXPECT_NE(table.Acquire(List({{1, {"world", "anyone"}}})), AclTable::kOpen);
  EXPECT_TRUE(table.InUse().size() == 1);
}

TEST(AclTableTest, AListGoesWithItsLastUser) {
  AclTable table;
  AclRef list = AclFor("a");
  const std::weak_ptr<const AclList> watch = list;
  const uint32_t id = table.Acquire(list);
  table.Acquire(list);
  list.reset();
  table.Release(id);
  EXPECT_FALSE(watch.expired());
  EXPECT_EQ(table.size(), 1u);
  table.Release(id);
  EXPECT_TRUE(watch.expired());
  EXPECT_EQ(table.size(), 0u);
  EXPECT_EQ(table.Acquire(AclFor("b")), id) << "numbers are used again";
  EXPECT_EQ(*table.Get(id), *AclFor("b"));
}

TEST(AclTableTest, InUseIsSortedByContentWhateverTheOrder) {
  const AclRef lists[] = {
      List({{1, {"auth", "z"}}}),   List({{1, {"digest", "a"}}}),
      List({{2, {"digest", "a"}}}), List({{2, {"digest", "a"}}, {1, {"ip", "1.2.3.4"}}}),
      List({{1, {"digest", "b"}}}),
  };
  AclTable forward, backward;
  for (size_t i = 0; i < 5; ++i) {
    forward.Acquire(lists[i]);
    backward.Acquire(lists[4 - i]);
  }
  forward.Acquire(OpenAcl());
  EXPECT_EQ(forward.InUse(), std::vector<AclRef>(std::begin(lists), std::end(lists)));
  EXPECT_EQ(backward.InUse(), forward.InUse());
}

TEST(AclTableTest, RandomUseAgainstAMap) {
  Random random(11);
  AclTable table;
  std::map<std::string, std::vector<uint32_t>> users;
  for (int step = 0; step < 20'000; ++step) {
    const std::string name = std::to_string(random.Uniform(40));
    std::vector<uint32_t>& ids = users[name];
    if (random.OneIn(2)) {
      ids.push_back(table.Acquire(AclFor(name)));
    } else if (!ids.empty()) {
      table.Release(ids.back());
      ids.pop_back();
    }
    for (const uint32_t id : ids) ASSERT_EQ(*table.Get(id), *AclFor(name));
  }
  size_t in_use = 0;
  for (const auto& [name, ids] : users) in_use += ids.empty() ? 0 : 1;
  EXPECT_EQ(table.size(), in_use);
  EXPECT_EQ(table.InUse().size(), in_use);
}

}  // namespace
}  // namespace zk
