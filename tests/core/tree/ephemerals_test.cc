// SPDX-License-Identifier: Apache-2.0
#include "server/core/tree/ephemerals.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <set>
#include <string>

#include "common/random.h"
#include "tests/core/tree/tree_testing.h"

namespace zk {
namespace {

OwnerKind Kind(const Node* node) { return KindOfOwner(node->stat().ephemeral_owner, true, false); }

TEST(OwnedNodesTest, EachNodeIsInTheListOfItsOwner) {
  OwnedNodes owned;
  Node* persistent = NodeTestPeer::New("/persistent");
  Node* ephemeral = NodeTestPeer::New("/ephemeral", 5);
  Node* container = NodeTestPeer::New("/container", kContainerOwner);
  Node* ttl = NodeTestPeer::New("/ttl", TtlOwner(10));
  for (Node* node : {persistent, ephemeral, container, ttl}) owned.Add(node, Kind(node));
  ASSERT_EQ(owned.EphemeralsOf(5).size(), 1u);
  EXPECT_EQ(owned.EphemeralsOf(5)[0], ephemeral);
  EXPECT_EQ(owned.ephemerals(), 1u);
  ASSERT_EQ(owned.containers().size(), 1u);
  EXPECT_EQ(owned.containers()[0], container);
  ASSERT_EQ(owned.ttls().size(), 1u);
  EXPECT_EQ(owned.ttls()[0], ttl);
  for (Node* node : {persistent, ephemeral, container, ttl}) owned.Remove(node, Kind(node));
  EXPECT_TRUE(owned.containers().empty());
  EXPECT_TRUE(owned.ttls().empty());
  EXPECT_EQ(owned.ephemerals(), 0u);
  EXPECT_TRUE(owned.Sessions().empty()) << "a session without ephemerals is forgotten";
  for (Node* node : {persistent, ephemeral, container, ttl}) NodeTestPeer::Free(node);
}

TEST(OwnedNodesTest, RandomAddsAndRemovesAgainstSets) {
  Random random(3);
  OwnedNodes owned;
  std::vector<std::set<Node*>> want(4);
  for (int step = 0; step < 20'000; ++step) {
    const size_t session = random.Uniform(want.size());
    if (random.Chance(0.55) || want[session].empty()) {
      Node* node = NodeTestPeer::New("/" + std::to_string(step), static_cast<int64_t>(session) + 1);
      owned.Add(node, OwnerKind::kSession);
      want[session].insert(node);
    } else {
      Node* node =
          *std::next(want[session].begin(),
                     static_cast<long>(random.Uniform(std::min<size_t>(want[session].size(), 8))));
      owned.Remove(node, OwnerKind::kSession);
      want[session].erase(node);
      NodeTestPeer::Free(node);
    }
  }
  size_t total = 0;
  for (size_t session = 0; session < want.size(); ++session) {
    const auto nodes = owned.EphemeralsOf(static_cast<SessionId>(session) + 1);
    EXPECT_EQ(std::set<Node*>(nodes.begin(), nodes.end()), want[session]);
    total += want[session].size();
    for (Node* node : want[session]) NodeTestPeer::Free(node);
  }
  EXPECT_EQ(owned.ephemerals(), total);
  EXPECT_EQ(owned.Sessions(), (std::vector<SessionId>{1, 2, 3, 4}));
}

}  // namespace
}  // namespace zk
