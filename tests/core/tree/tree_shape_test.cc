// SPDX-License-Identifier: Apache-2.0
// Trees that clients can make and nobody expects: very deep, very wide.
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "server/core/tree/data_tree.h"
#include "server/core/tree/snapshot_view.h"
#include "tests/core/tree/tree_testing.h"

namespace zk {
namespace {

// Paths grow with the depth, so 100,000 levels are 10 GB; this many are 100 MB and would overflow
// any stack that a walk recursed on only with larger frames. The next test has the full depth.
constexpr int kDeep = 10'000;
constexpr int kWide = 1'000'000;

std::string Nested(int depth) {
  std::string path;
  for (int i = 0; i < depth; ++i) path += "/a";
  return path;
}

TEST(TreeShapeTest, DeepTreeWalksSnapshotsAndGoes) {
  Database db;
  const std::string deepest = Nested(kDeep);
  for (int i = 1; i <= kDeep; ++i) {
    ASSERT_EQ(Put(db.tree, deepest.substr(0, 2 * static_cast<size_t>(i)), "x", i), ErrorCode::kOk);
  }
  EXPECT_EQ(db.tree.AllChildrenNumber(*db.tree.Find("/a")), size_t{kDeep} - 1);
  Put(db.tree, "/zookeeper/quota/a", "", kDeep + 1);
  Put(db.tree, "/zookeeper/quota/a/zookeeper_limits", "", kDeep + 2);
  Put(db.tree, "/zookeeper/quota/a/zookeeper_stats", "", kDeep + 3);
  EXPECT_EQ(DataOf(db.tree, "/zookeeper/quota/a/zookeeper_stats"), "count=10000,bytes=10000");
  {
    SnapshotView view(db);
    db.tree.Delete("/a", Zxid(kDeep + 4));
    EXPECT_EQ(DataOf(db.tree, "/zookeeper/quota/a/zookeeper_stats"), "count=0,bytes=0");
    std::vector<SnapshotNode> nodes;
    size_t seen = 0;
    for (bool more = true; more; seen += nodes.size()) {
      nodes.clear();
      more = view.Next(100, nodes);
    }
    EXPECT_EQ(seen, size_t{kDeep} + 7);
    EXPECT_EQ(view.kept_bytes(), 0u);
  }
  EXPECT_EQ(db.tree.node_count(), 8u);
}

// Snapshots are not the only walks: nodes alone, with the path kept short by hand, go to any depth.
TEST(TreeShapeTest, WalkOf100000Levels) {
  std::vector<Node*> chain{NodeTestPeer::New("")};
  for (int i = 0; i < 100'000; ++i) {
    Node* child = NodeTestPeer::New("/a");
    NodeTestPeer::AddChild(chain.back(), child);
    chain.push_back(child);
  }
  size_t seen = 0;
  for (const Node* node = chain[0]; node != nullptr; node = node->NextBelow(chain[0])) ++seen;
  EXPECT_EQ(seen, chain.size());
  for (Node* node : chain) NodeTestPeer::Free(node);
}

TEST(TreeShapeTest, AMillionChildren) {
  Database db;
  Put(db.tree, "/wide", "", 1);
  std::vector<std::string> paths;
  for (int i = 0; i < kWide; ++i) paths.push_back("/wide/" + std::to_string(i));
  for (const std::string& path : paths) ASSERT_EQ(Put(db.tree, path, "", 2), ErrorCode::kOk);
  EXPECT_EQ(db.tree.AllChildrenNumber(*db.tree.Find("/wide")), size_t{kWide});
  EXPECT_EQ(db.tree.Find("/wide")->child_count(), uint32_t{kWide});
  {
    SnapshotView view(db);
    // Each first change of the parent copies its list once, not each time.
    for (int i = 0; i < kWide; i += 2) db.tree.Delete(paths[static_cast<size_t>(i)], Zxid(3));
    std::vector<SnapshotNode> nodes;
    size_t seen = 0;
    for (bool more = true; more; seen += nodes.size()) {
      nodes.clear();
      more = view.Next(256, nodes);
    }
    EXPECT_EQ(seen, size_t{kWide} + 5);
  }
  for (int i = 1; i < kWide; i += 2) {
    ASSERT_EQ(db.tree.Delete(paths[static_cast<size_t>(i)], Zxid(4)), ErrorCode::kOk);
  }
  EXPECT_EQ(db.tree.Find("/wide")->child_count(), 0u);
  EXPECT_EQ(db.tree.node_count(), 6u);
}

}  // namespace
}  // namespace zk
