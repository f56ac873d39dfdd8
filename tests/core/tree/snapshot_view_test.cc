// SPDX-License-Identifier: Apache-2.0
#include "server/core/tree/snapshot_view.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <string>
#include <vector>

#include "server/core/tree/pre_images.h"
#include "tests/core/tree/tree_testing.h"

namespace zk {
namespace {

class SnapshotViewTest : public testing::Test {
 protected:
  SnapshotViewTest() {
    for (const char* path : {"/a", "/a/x", "/a/x/deep", "/a/y", "/b", "/b/z", "/c"}) {
      Put(db_.tree, path, path, ++zxid_);
    }
    db_.last_processed = Zxid(zxid_);
  }
  int64_t Next() { return (db_.last_processed = Zxid(++zxid_)).value; }
  Database db_;
  int64_t zxid_ = 0;
};

std::vector<std::string> Paths(const std::vector<SnapshotNode>& nodes) {
  std::vector<std::string> paths;
  for (const SnapshotNode& node : nodes) paths.push_back(node.path);
  return paths;
}

TEST_F(SnapshotViewTest, GivesEveryNodeInPreorderInAnyPortion) {
  const auto want = Lines(db_.tree);
  for (const size_t chunk : {size_t{1}, size_t{2}, size_t{3}, size_t{11}, size_t{1000}}) {
    SnapshotView view(db_);
    const std::vector<SnapshotNode> nodes = Drain(view, chunk);
    EXPECT_EQ(Paths(nodes),
              (std::vector<std::string>{"", "/a", "/a/x", "/a/x/deep", "/a/y", "/b", "/b/z", "/c",
                                        "/zookeeper", "/zookeeper/config", "/zookeeper/quota"}));
    EXPECT_EQ(Difference(Lines(nodes), want), "");
    std::vector<SnapshotNode> more;
    EXPECT_FALSE(view.Next(10, more));
    EXPECT_TRUE(more.empty());
  }
}

TEST_F(SnapshotViewTest, SaysFalseWithTheLastNode) {
  SnapshotView view(db_);
  std::vector<SnapshotNode> nodes;
  EXPECT_TRUE(view.Next(10, nodes));
  EXPECT_EQ(nodes.size(), 10u);
  EXPECT_FALSE(view.Next(1, nodes));
  EXPECT_EQ(nodes.size(), 11u);
}

TEST_F(SnapshotViewTest, TakesZxidDigestAndSessionsAtItsStart) {
  db_.sessions = {{9, 100}, {-3, 200}, {5, 300}};
  const uint64_t digest = db_.tree.digest();
  SnapshotView view(db_);
  Put(db_.tree, "/new", "", Next());
  db_.sessions.clear();
  EXPECT_EQ(view.zxid(), Zxid(7));
  EXPECT_EQ(view.digest(), digest);
  EXPECT_EQ(view.sessions(),
            (std::vector<std::pair<SessionId, int32_t>>{{-3, 200}, {5, 300}, {9, 100}}));
}

TEST_F(SnapshotViewTest, ListsOfTheStartSortedByContent) {
  db_.tree.SetAcl("/b", AclFor("y"), 1);
  db_.tree.SetAcl("/a", AclFor("x"), 1);
  db_.tree.SetAcl("/c", AclFor("x"), 1);
  SnapshotView view(db_);
  for (const char* path : {"/a", "/b", "/c"}) db_.tree.SetAcl(path, AclFor("later"), 2);
  std::vector<AclList> lists;
  for (const AclRef& acl : view.acls()) lists.push_back(*acl);
  EXPECT_EQ(lists, (std::vector<AclList>{*AclFor("x"), *AclFor("y"), {{1, {"world", "anyone"}}}}));
  const std::vector<SnapshotNode> nodes = Drain(view, 3);
  for (const SnapshotNode& node : nodes) {
    const bool is_x = node.path == "/a" || node.path == "/c";
    const AclRef was = is_x ? AclFor("x") : node.path == "/b" ? AclFor("y") : node.acl;
    EXPECT_EQ(*node.acl, *was) << node.path;
  }
}

// Each change at each moment of the walk leaves the view as it was.
TEST_F(SnapshotViewTest, NoChangeAtAnyMomentIsSeen) {
  struct Case {
    const char* name;
    std::function<void()> change;
  };
  DataTree& tree = db_.tree;
  const Case cases[] = {
      {"set", [&] { Set(tree, "/a/x", "new", 1, Next()); }},
      {"set twice",
       [&] {
         Set(tree, "/b", "new", 1, Next());
         Set(tree, "/b", "newer", 2, Next());
       }},
      {"set of the root", [&] { Set(tree, "/", "new", 1, Next()); }},
      {"setACL", [&] { tree.SetAcl("/b/z", AclFor("z"), 1); }},
      {"create",
       [&] {
         Put(tree, "/b/new", "", Next());
         Put(tree, "/aa", "", Next());
       }},
      {"create in a new place",
       [&] {
         Put(tree, "/0", "", Next());
         Put(tree, "/0/1", "", Next());
       }},
      {"delete", [&] { tree.Delete("/b/z", Zxid(Next())); }},
      {"delete a subtree", [&] { tree.Delete("/a", Zxid(Next())); }},
      {"delete and make again",
       [&] {
         tree.Delete("/a/x", Zxid(Next()));
         Put(tree, "/a/x", "second", Next());
         Put(tree, "/a/x/other", "", Next());
       }},
      {"make and delete",
       [&] {
         Put(tree, "/c/tmp", "", Next());
         tree.Delete("/c/tmp", Zxid(Next()));
       }},
      {"change and delete",
       [&] {
         Set(tree, "/b/z", "new", 1, Next());
         tree.Delete("/b/z", Zxid(Next()));
         tree.Delete("/b", Zxid(Next()));
       }},
  };
  for (const Case& c : cases) {
    for (size_t moment = 0; moment <= 11; ++moment) {
      SCOPED_TRACE(std::string(c.name) + " after " + std::to_string(moment));
      for (const char* path : {"/a", "/b", "/c", "/0", "/aa"}) tree.Delete(path, Zxid(Next()));
      for (const char* path : {"/a", "/a/x", "/a/x/deep", "/a/y", "/b", "/b/z", "/c"}) {
        Put(tree, path, path, Next());
      }
      const auto want = Lines(tree);
      {
        SnapshotView view(db_);
        std::vector<SnapshotNode> nodes;
        if (moment > 0) view.Next(moment, nodes);
        c.change();
        while (view.Next(1, nodes)) {
        }
        EXPECT_EQ(nodes.size(), want.size());
        EXPECT_EQ(Difference(Lines(nodes), want), "");
        EXPECT_EQ(view.kept_bytes(), 0u) << "nothing is left of a drained view";
        c.change();
        EXPECT_EQ(view.kept_bytes(), 0u) << "nor kept any more";
      }
      CheckTree(tree);
    }
  }
}

TEST_F(SnapshotViewTest, QuotaStatisticsAreNodesToo) {
  Put(db_.tree, "/zookeeper/quota/b", "", Next());
  Put(db_.tree, "/zookeeper/quota/b/zookeeper_limits", "", Next());
  Put(db_.tree, "/zookeeper/quota/b/zookeeper_stats", "", Next());
  SnapshotView view(db_);
  Put(db_.tree, "/b/more", "1234", Next());
  EXPECT_EQ(DataOf(db_.tree, "/zookeeper/quota/b/zookeeper_stats"), "count=3,bytes=10");
  EXPECT_EQ(Drain(view, 100).back().data.view(), "count=2,bytes=6");
}

TEST_F(SnapshotViewTest, KeptBytesGrowWithWhatChanges) {
  SnapshotView view(db_);
  EXPECT_EQ(view.kept_bytes(), 0u);
  Set(db_.tree, "/b", std::string(1000, 'x'), 1, Next());
  const size_t first = view.kept_bytes();
  EXPECT_GE(first, sizeof(NodeStat) + 2);
  EXPECT_LT(first, 1000u) << "the new data is the tree's, not the view's";
  Set(db_.tree, "/b", "", 2, Next());
  EXPECT_EQ(view.kept_bytes(), first) << "a second change costs nothing";
  db_.tree.Delete("/b/z", Zxid(Next()));
  EXPECT_GT(view.kept_bytes(), first + sizeof(Node));
}

TEST_F(SnapshotViewTest, AViewMayBeGivenUpAndAnotherTaken) {
  {
    SnapshotView view(db_);
    std::vector<SnapshotNode> nodes;
    view.Next(2, nodes);
    db_.tree.Delete("/a", Zxid(Next()));
    Set(db_.tree, "/b", "new", 1, Next());
  }
  const auto want = Lines(db_.tree);
  SnapshotView view(db_);
  EXPECT_EQ(Difference(Lines(Drain(view, 4)), want), "");
}

TEST_F(SnapshotViewTest, ManyChildrenEndAPortionAndMayBeSortedBetweenTwo) {
  constexpr int kChildren = 40'000;
  for (int i = 0; i < kChildren; ++i) {
    // The order of creation is not the order of names; 8 common bytes, so that keys alone do not
    // do.
    Put(db_.tree, "/b/prefix--" + std::to_string((i * 7919) % kChildren), "", Next());
  }
  for (const bool prepare : {false, true}) {
    SnapshotView view(db_);
    std::vector<SnapshotNode> nodes;
    bool ended_early = false;
    for (bool more = true; more;) {
      const size_t before = nodes.size();
      more = view.Next(1000, nodes);
      if (more && nodes.size() - before < 1000) ended_early = true;
      if (prepare) view.Prepare();
      if (ended_early && nodes.back().path == "/b") db_.tree.Delete("/b/prefix--5", Zxid(Next()));
    }
    EXPECT_TRUE(ended_early);
    EXPECT_EQ(nodes.size(), size_t{11 + kChildren} - (prepare ? 1 : 0));
    for (size_t i = 1; i < nodes.size(); ++i) {
      ASSERT_TRUE(PreorderLess(nodes[i - 1].path, nodes[i].path)) << nodes[i].path;
    }
  }
}

TEST(SnapshotViewEqualityTest, TreesBuiltInDifferentOrdersGiveTheSameView) {
  const std::vector<std::string> names = {"m", "a", "z", "b0", "b", "b-", "B", "ab"};
  std::vector<std::vector<std::string>> views;
  for (const bool backward : {false, true}) {
    Database db;
    std::vector<std::string> order = names;
    if (backward) std::reverse(order.begin(), order.end());
    for (const std::string& name : order) {
      for (const std::string& path : {"/" + name, "/" + name + "/x"}) {
        CreateArgs args = Args(path, name, 1);
        args.acl = AclFor(name.substr(0, 1));
        db.tree.Create(args);
      }
    }
    Put(db.tree, "/gone", "", 1);
    db.tree.Delete("/gone", Zxid(1));
    SnapshotView view(db);
    std::vector<std::string>& lines = views.emplace_back();
    for (const SnapshotNode& n : Drain(view, 5)) {
      lines.push_back(Line(n.path, n.data, n.stat, *n.acl));
    }
    for (const AclRef& acl : view.acls()) lines.push_back(Line("", {}, {}, *acl));
  }
  EXPECT_EQ(views[0], views[1]);
}

}  // namespace
}  // namespace zk
