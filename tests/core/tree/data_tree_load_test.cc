// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "server/core/tree/data_tree.h"
#include "server/core/tree/database.h"
#include "server/core/tree/owner.h"
#include "server/core/tree/snapshot_view.h"
#include "tests/core/tree/tree_testing.h"

namespace zk {
namespace {

TEST(LoadTest, ReplacesWhatWasThere) {
  DataTree tree({.extended_types = true});
  Put(tree, "/old", "x", 1, 5);
  Put(tree, "/zookeeper/quota/old", "", 2);
  Put(tree, "/zookeeper/quota/old/zookeeper_limits", "", 3);
  const NodeStat stat{.czxid = 1,
                      .mzxid = 2,
                      .pzxid = 3,
                      .ctime = 4,
                      .mtime = 5,
                      .version = 6,
                      .cversion = 7,
                      .aversion = 8};
  NodeStat owned = stat;
  EXPECT_EQ(tree.Load("", "root", AclFor("r"), stat), ErrorCode::kOk);
  EXPECT_EQ(tree.Load("/a", jute::Buffer(), OpenAcl(), stat), ErrorCode::kOk);
  owned.ephemeral_owner = 9;
  EXPECT_EQ(tree.Load("/a/b", "x", AclFor("b"), owned), ErrorCode::kOk);
  owned.ephemeral_owner = kContainerOwner;
  EXPECT_EQ(tree.Load("/c", "x", OpenAcl(), owned), ErrorCode::kOk);
  owned.ephemeral_owner = TtlOwner(1);
  EXPECT_EQ(tree.Load("/a/t", "x", OpenAcl(), owned), ErrorCode::kOk);
  tree.FinishLoad();
  EXPECT_EQ(Dump(tree),
            " \"root\" z=1/2/3 t=4/5 v=6/7/8 acl=31:digest:r,\n"
            "/a null z=1/2/3 t=4/5 v=6/7/8\n"
            "/a/b \"x\" z=1/2/3 t=4/5 v=6/7/8 owner=9 acl=31:digest:b,\n"
            "/a/t \"x\" z=1/2/3 t=4/5 v=6/7/8 owner=-72057594037927935\n"
            "/c \"x\" z=1/2/3 t=4/5 v=6/7/8 owner=-9223372036854775808\n");
  EXPECT_EQ(tree.Find("/zookeeper"), nullptr) << "what the file has not is not there";
  EXPECT_EQ(tree.JudgeChange("/old/x", 1, 1).prefix, "");
  EXPECT_EQ(tree.EphemeralsOf(9), std::vector<std::string_view>{"/a/b"});
  EXPECT_EQ(tree.ReapCandidates(1000, 0), (std::vector<std::string>{"/a/t", "/c"}));
  CheckTree(tree);
}

TEST(LoadTest, RefusesWhatNoTreeHas) {
  DataTree tree;
  ASSERT_EQ(tree.Load("", "", OpenAcl(), {}), ErrorCode::kOk);
  ASSERT_EQ(tree.Load("/a", "", OpenAcl(), {}), ErrorCode::kOk);
  struct Case {
    const char* path;
    ErrorCode want;
  };
  for (const Case& c : {Case{"/b/c", ErrorCode::kNoNode}, Case{"/a", ErrorCode::kNodeExists},
                        Case{"/", ErrorCode::kBadArguments}, Case{"a", ErrorCode::kBadArguments},
                        Case{"//a", ErrorCode::kNoNode}, Case{"a/b", ErrorCode::kNoNode}}) {
    EXPECT_EQ(tree.Load(c.path, "", OpenAcl(), {}), c.want) << c.path;
  }
  tree.FinishLoad();
  CheckTree(tree);
  EXPECT_EQ(tree.node_count(), 3u);
}

TEST(LoadTest, WhatAViewGivesMakesTheSameTreeInAnyOrderWithParentsFirst) {
  Database db({.extended_types = true});
  Put(db.tree, "/p", "1", 1);
  for (int i = 0; i < 50; ++i) {
    const std::string path = "/p/n" + std::to_string(i);
    Put(db.tree, path, "data", 2 + i, i % 5 == 0 ? 7 : 0);
    if (i % 5 == 1) Put(db.tree, path + "/below", "x", 100 + i);
    if (i % 7 == 0) db.tree.SetAcl(path, AclFor(std::to_string(i % 3)), 1);
  }
  SnapshotView view(db);
  const std::vector<SnapshotNode> nodes = Drain(view, 10);
  for (const bool by_level : {false, true}) {
    std::vector<const SnapshotNode*> order;
    for (const SnapshotNode& node : nodes) order.push_back(&node);
    if (by_level) {
      std::stable_sort(order.begin(), order.end(), [](const auto* a, const auto* b) {
        const auto level = [](const std::string& p) { return std::count(p.begin(), p.end(), '/'); };
        return level(a->path) < level(b->path);
      });
    }
    DataTree loaded({.extended_types = true});
    for (const SnapshotNode* n : order) {
      ASSERT_EQ(loaded.Load(n->path, n->data.buffer(), n->acl, n->stat), ErrorCode::kOk);
    }
    loaded.FinishLoad();
    EXPECT_EQ(loaded.digest(), view.digest());
    EXPECT_EQ(loaded.approximate_data_size(), db.tree.approximate_data_size());
    EXPECT_EQ(Difference(Lines(loaded), Lines(db.tree)), "");
    EXPECT_EQ(loaded.EphemeralsOf(7), db.tree.EphemeralsOf(7));
    CheckTree(loaded);
  }
}

}  // namespace
}  // namespace zk
