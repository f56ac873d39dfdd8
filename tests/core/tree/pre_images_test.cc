// SPDX-License-Identifier: Apache-2.0
#include "server/core/tree/pre_images.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "tests/core/tree/tree_testing.h"

namespace zk {
namespace {

using Peer = NodeTestPeer;

TEST(PreorderTest, ParentsFirstThenNamesByBytes) {
  const std::vector<std::string> ordered = {"",      "/a",     "/a/a", "/a/b",     "/a/b/c",
                                            "/a/ba", "/a\x01", "/a-b", "/a-b/c",   "/a0",
                                            "/aa",   "/b",     "/b/a", "/\xc3\xbc"};
  for (size_t i = 0; i < ordered.size(); ++i) {
    for (size_t j = 0; j < ordered.size(); ++j) {
      EXPECT_EQ(PreorderLess(ordered[i], ordered[j]), i < j) << ordered[i] << " " << ordered[j];
    }
  }
}

class PreImagesTest : public testing::Test {
 protected:
  PreImagesTest() : node_(Peer::New("/n")) { Peer::SetData(node_, "old"); }
  ~PreImagesTest() override {
    if (node_ != nullptr) Peer::Free(node_);
  }
  Node* node_;
  PreImages images_;
};

TEST_F(PreImagesTest, TheFirstStateIsKeptAndNoLaterOne) {
  EXPECT_EQ(images_.Find(node_), nullptr);
  images_.KeepState(*node_, AclFor("old"));
  Peer::SetData(node_, "new");
  Peer::stat(node_).version = 1;
  images_.KeepState(*node_, AclFor("new"));
  const PreImages::State* state = images_.Find(node_);
  ASSERT_NE(state, nullptr);
  EXPECT_EQ(state->data.view(), "old");
  EXPECT_EQ(state->stat.version, 0);
  EXPECT_EQ(*state->acl, *AclFor("old"));
  EXPECT_GT(images_.bytes(), 3u);
  images_.Forget(node_);
  EXPECT_EQ(images_.Find(node_), nullptr);
  EXPECT_EQ(images_.bytes(), 0u);
}

TEST_F(PreImagesTest, OldChildrenAreKeptOnce) {
  Node* child = Peer::New("/n/c");
  EXPECT_TRUE(images_.TakeChildren(node_).empty());
  images_.KeepChildren(*node_);
  Peer::AddChild(node_, child);
  images_.KeepChildren(*node_);
  EXPECT_TRUE(images_.TakeChildren(node_).empty());
  EXPECT_EQ(images_.bytes(), 0u);
  EXPECT_EQ(images_.TakeChildren(node_), std::vector<Node*>{child}) << "as it is now";
  Peer::RemoveChild(node_, child);
  Peer::Free(child);
}

TEST_F(PreImagesTest, WhatIsPassedIsNotKept) {
  images_.SetPassed("/m");
  images_.KeepState(*node_, OpenAcl());
  EXPECT_NE(images_.Find(node_), nullptr);
  images_.Forget(node_);
  images_.SetPassed("/n");
  images_.KeepState(*node_, OpenAcl());
  images_.KeepChildren(*node_);
  EXPECT_EQ(images_.Find(node_), nullptr);
  EXPECT_EQ(images_.bytes(), 0u);
  images_.SetAllPassed();
  Node* later = Peer::New("/z");
  images_.Created(later);
  images_.KeepState(*later, OpenAcl());
  EXPECT_EQ(images_.bytes(), 0u);
  images_.Bury(later, OpenAcl());
}

TEST_F(PreImagesTest, WhatIsNewIsNotKept) {
  Node* fresh = Peer::New("/x");
  images_.Created(fresh);
  images_.KeepState(*fresh, OpenAcl());
  images_.KeepChildren(*fresh);
  EXPECT_EQ(images_.Find(fresh), nullptr);
  images_.Bury(fresh, OpenAcl());  // freed at once: a leak checker says so
  EXPECT_EQ(images_.bytes(), 0u);
}

TEST_F(PreImagesTest, ABuriedNodeStaysUntilItIsForgotten) {
  Node* doomed = Peer::New("/doomed");
  Peer::SetData(doomed, "last words");
  images_.Bury(doomed, AclFor("d"));
  ASSERT_NE(images_.Find(doomed), nullptr);
  EXPECT_EQ(images_.Find(doomed)->data.view(), "last words");
  EXPECT_EQ(doomed->path(), "/doomed");
  images_.Forget(doomed);
  EXPECT_EQ(images_.bytes(), 0u);
  images_.Bury(node_, OpenAcl());  // and this one by the destructor
  node_ = nullptr;
}

}  // namespace
}  // namespace zk
