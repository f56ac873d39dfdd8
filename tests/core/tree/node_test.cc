// SPDX-License-Identifier: Apache-2.0
#include "server/core/tree/node.h"

#include <gtest/gtest.h>

#include <set>
#include <string>
#include <vector>

#include "server/core/tree/owner.h"
#include "tests/core/tree/tree_testing.h"

namespace zk {
namespace {

using Peer = NodeTestPeer;

// A parent that frees its children with itself.
class Family {
 public:
  Family() : parent_(Peer::New("/p")) {}
  ~Family() {
    for (Node* child : parent_->children()) Peer::Free(child);
    Peer::Free(parent_);
  }
  Node* Add(const std::string& name) {
    Node* child = Peer::New("/p/" + name);
    Peer::AddChild(parent_, child);
    return child;
  }
  void Remove(Node* child) {
    Peer::RemoveChild(parent_, child);
    Peer::Free(child);
  }
  Node* operator->() { return parent_; }
  Node& operator*() { return *parent_; }

 private:
  Node* parent_;
};

TEST(NodeTest, PathAndNameLieBehindTheNode) {
  struct Case {
    std::string path, name;
  };
  for (const Case& c : {Case{"", ""}, Case{"/a", "a"}, Case{"/a/bc", "bc"}}) {
    Node* node = Peer::New(c.path);
    EXPECT_EQ(node->path(), c.path);
    EXPECT_EQ(node->name(), c.name);
    EXPECT_EQ(node->path().data(), reinterpret_cast<const char*>(node + 1));
    Peer::Free(node);
  }
}

TEST(NodeTest, RemovalMovesTheLastChildIntoTheGap) {
  Family p;
  std::vector<Node*> children;
  for (int i = 0; i < 5; ++i) children.push_back(p.Add(std::to_string(i)));
  p.Remove(children[1]);
  EXPECT_EQ(std::vector<Node*>(p->children().begin(), p->children().end()),
            (std::vector<Node*>{children[0], children[4], children[2], children[3]}));
  p.Remove(children[4]);  // the one that was moved knows its new slot
  p.Remove(children[3]);  // the last one
  EXPECT_EQ(std::vector<Node*>(p->children().begin(), p->children().end()),
            (std::vector<Node*>{children[0], children[2]}));
}

TEST(NodeTest, RoomForChildrenGrowsAndShrinksWithHysteresis) {
  Family p;
  EXPECT_EQ(Peer::child_capacity(*p), 0u) << "a leaf pays nothing";
  std::vector<Node*> children;
  for (int i = 0; i < 1000; ++i) children.push_back(p.Add(std::to_string(i)));
  EXPECT_EQ(Peer::child_capacity(*p), 1024u);
  while (children.size() > 257) {
    p.Remove(children.back());
    children.pop_back();
  }
  EXPECT_EQ(Peer::child_capacity(*p), 1024u);
  p.Remove(children.back());
  children.pop_back();
  EXPECT_EQ(Peer::child_capacity(*p), 512u);
  children.push_back(p.Add("again"));
  EXPECT_EQ(Peer::child_capacity(*p), 512u) << "one step back does not move the array";
  while (!children.empty()) {
    p.Remove(children.back());
    children.pop_back();
  }
  EXPECT_EQ(Peer::child_capacity(*p), 0u);
}

TEST(NodeTest, WalkSeesEveryNodeBelowOnceParentsFirst) {
  Family p;
  Node* a = p.Add("a");
  Node* b = p.Add("b");
  Node* a1 = Peer::New("/p/a/1");
  Peer::AddChild(a, a1);
  std::vector<std::string_view> seen;
  for (const Node* node = &*p; node != nullptr; node = node->NextBelow(&*p)) {
    seen.push_back(node->path());
  }
  EXPECT_EQ(seen, (std::vector<std::string_view>{"/p", "/p/a", "/p/a/1", "/p/b"}));
  EXPECT_EQ(a->NextBelow(a), a1);
  EXPECT_EQ(a1->NextBelow(a), nullptr) << "stays below its top";
  EXPECT_EQ(b->NextBelow(b), nullptr);
  Peer::RemoveChild(a, a1);
  Peer::Free(a1);
}

TEST(NodeTest, ClientStatHidesMarkersAndCountsDeletes) {
  struct Case {
    const char* name;
    int64_t owner;
    bool extended;
    int64_t shown;
  };
  const Case cases[] = {
      {"persistent", 0, false, 0},
      {"session", 77, false, 77},
      {"container", kContainerOwner, false, 0},
      {"TTL", TtlOwner(5), true, 0},
      {"TTL, but nobody knows of them", TtlOwner(5), false, TtlOwner(5)},
  };
  for (const Case& c : cases) {
    SCOPED_TRACE(c.name);
    Family p;
    Peer::stat(&*p).ephemeral_owner = c.owner;
    EXPECT_EQ(p->ClientStat(c.extended, false).ephemeralOwner, c.shown);
  }

  Family p;
  NodeStat& stat = Peer::stat(&*p);
  stat = {.czxid = 1,
          .mzxid = 2,
          .pzxid = 3,
          .ctime = 4,
          .mtime = 5,
          .version = 6,
          .cversion = 7,
          .aversion = 8,
          .ephemeral_owner = 0};
  Peer::SetData(&*p, "data");
  p.Add("one");
  p.Add("two");
  proto::Stat want;
  want.czxid = 1;
  want.mzxid = 2;
  want.pzxid = 3;
  want.ctime = 4;
  want.mtime = 5;
  want.version = 6;
  want.cversion = 2 * 7 - 2;
  want.aversion = 8;
  want.dataLength = 4;
  want.numChildren = 2;
  EXPECT_EQ(p->ClientStat(false, false), want);
  stat.cversion = INT32_MAX;
  EXPECT_EQ(p->ClientStat(false, false).cversion, -4) << "wraps as in Java";
}

}  // namespace
}  // namespace zk
