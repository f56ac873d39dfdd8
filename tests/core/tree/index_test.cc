// SPDX-License-Identifier: Apache-2.0
#include "server/core/tree/index.h"

#include <gtest/gtest.h>

#include <bitset>
#include <set>
#include <string>
#include <vector>

#include "tests/core/tree/tree_testing.h"

namespace zk {
namespace {

class NodeIndexTest : public testing::Test {
 protected:
  ~NodeIndexTest() override {
    index_.ForEach([](Node* node) { NodeTestPeer::Free(node); });
  }
  Node* Insert(const std::string& path) {
    Node* node = NodeTestPeer::New(path);
    EXPECT_TRUE(index_.Insert(node, index_.HashOf(path)));
    return node;
  }
  NodeIndex index_{42};
};

TEST_F(NodeIndexTest, FindsWhatWasInsertedAndNotErased) {
  constexpr int kNodes = 20'000;
  std::vector<Node*> nodes;
  for (int i = 0; i < kNodes; ++i) nodes.push_back(Insert("/some/where/" + std::to_string(i)));
  EXPECT_EQ(index_.size(), size_t{kNodes});
  for (int i = 0; i < kNodes; i += 2) {
    index_.Erase(nodes[i]);
    NodeTestPeer::Free(nodes[i]);
  }
  EXPECT_EQ(index_.size(), size_t{kNodes} / 2);
  for (int i = 0; i < kNodes; ++i) {
    EXPECT_EQ(index_.Find("/some/where/" + std::to_string(i)), i % 2 == 0 ? nullptr : nodes[i]);
  }
  EXPECT_EQ(index_.Find("/some/where/"), nullptr);
  EXPECT_EQ(index_.Find(""), nullptr);
}

TEST_F(NodeIndexTest, APathIsThereOnce) {
  Node* first = Insert("/a");
  Node* second = NodeTestPeer::New("/a");
  EXPECT_FALSE(index_.Insert(second, index_.HashOf("/a")));
  NodeTestPeer::Free(second);
  EXPECT_EQ(index_.Find("/a"), first);
  EXPECT_EQ(index_.size(), 1u);
}

TEST_F(NodeIndexTest, VisitsAllAndForgetsAll) {
  std::set<Node*> nodes;
  for (int i = 0; i < 1000; ++i) nodes.insert(Insert("/" + std::to_string(i)));
  std::set<Node*> seen;
  index_.ForEach([&](Node* node) { seen.insert(node); });
  EXPECT_EQ(seen, nodes);
  index_.Clear();
  EXPECT_EQ(index_.size(), 0u);
  EXPECT_EQ(index_.Find("/7"), nullptr);
  for (Node* node : nodes) NodeTestPeer::Free(node);
}

TEST(PathHashTest, EveryByteAndTheLengthCount) {
  // Every length around the steps of 16 bytes, every byte of it changed.
  for (size_t size = 0; size <= 70; ++size) {
    const std::string path(size, 'a');
    std::set<uint64_t> hashes{PathHash::Of(path, 0), PathHash::Of(path + "a", 0)};
    for (size_t i = 0; i < size; ++i) {
      std::string other = path;
      other[i] = 'b';
      hashes.insert(PathHash::Of(other, 0));
    }
    EXPECT_EQ(hashes.size(), size + 2) << size;
    EXPECT_NE(PathHash::Of(path, 0), PathHash::Of(path, 1)) << size;
  }
}

TEST(PathHashTest, OneBitOfAPathChangesHalfOfTheHash) {
  // Boost uses the high bits and the low byte, the choice of the table the middle ones.
  for (const size_t size : {size_t{4}, size_t{9}, size_t{16}, size_t{17}, size_t{46}}) {
    size_t changed = 0;
    size_t flips = 0;
    for (size_t i = 0; i < size; ++i) {
      for (int bit = 0; bit < 7; ++bit, ++flips) {
        std::string path(size, 'x');
        const uint64_t before = PathHash::Of(path, 7);
        path[i] = static_cast<char>(path[i] ^ (1 << bit));
        changed += std::bitset<64>(before ^ PathHash::Of(path, 7)).count();
      }
    }
    const double average = static_cast<double>(changed) / static_cast<double>(flips);
    EXPECT_GT(average, 29) << size;
    EXPECT_LT(average, 35) << size;
  }
}

TEST(PathHashTest, PathsThatCountUpSpreadOverTheTables) {
  constexpr int kPaths = 256 * 100;
  std::vector<int> tables(256);
  for (int i = 0; i < kPaths; ++i) {
    std::string number = std::to_string(i);
    const std::string path = "/lock-" + std::string(10 - number.size(), '0') + number;
    ++tables[(PathHash::Of(path, 0) >> 16) % 256];
  }
  for (const int count : tables) {  // 100 each; 6 standard deviations are 60
    EXPECT_GT(count, 40);
    EXPECT_LT(count, 160);
  }
}

}  // namespace
}  // namespace zk
