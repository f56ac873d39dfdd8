// SPDX-License-Identifier: Apache-2.0
// The apply rules of the storage format, rule by rule, and what a tree says of itself.
#include "server/core/tree/data_tree.h"

#include <gtest/gtest.h>

#include <functional>
#include <string>
#include <vector>

#include "server/core/tree/owner.h"
#include "tests/core/tree/tree_testing.h"

namespace zk {
namespace {

using Steps = std::function<ErrorCode(DataTree&)>;

struct RuleCase {
  const char* name;
  std::vector<Steps> before;
  Steps step;
  ErrorCode want;
  std::string dump;
};

Steps Create(const char* path, const char* data, int64_t zxid, int64_t owner = 0) {
  return [=](DataTree& tree) { return Put(tree, path, jute::Buffer(data), zxid, owner); };
}
Steps CreateNull(const char* path, int64_t zxid) {
  return [=](DataTree& tree) { return Put(tree, path, jute::Buffer(), zxid); };
}
Steps CreateAs(const char* path, int64_t zxid, int32_t parent_cversion, bool fix) {
  return [=](DataTree& tree) {
    CreateArgs args = Args(path, "again", zxid);
    args.parent_cversion = parent_cversion;
    args.fix_parent_of_existing = fix;
    args.acl = AclFor("x");
    return tree.Create(args);
  };
}
Steps Delete(const char* path, int64_t zxid) {
  return [=](DataTree& tree) { return tree.Delete(path, Zxid(zxid)); };
}
Steps SetTo(const char* path, const char* data, int32_t version, int64_t zxid) {
  return [=](DataTree& tree) { return Set(tree, path, jute::Buffer(data), version, zxid); };
}
Steps SetAclTo(const char* path, const char* name, int32_t version) {
  return [=](DataTree& tree) { return tree.SetAcl(path, AclFor(name), version); };
}

constexpr char kRoot1[] = " \"\" z=0/0/1 t=0/0 v=0/1/0\n";  // "/" after its first child, at zxid 1
constexpr char kA1[] = "/a \"x\" z=1/1/1 t=10/10 v=0/0/0\n";

std::vector<RuleCase> CreateRules() {
  return {
      {"create", {}, Create("/a", "x", 1), ErrorCode::kOk, std::string(kRoot1) + kA1},
      {"create with null data",
       {},
       CreateNull("/a", 1),
       ErrorCode::kOk,
       std::string(kRoot1) + "/a null z=1/1/1 t=10/10 v=0/0/0\n"},
      {"create with empty data",
       {},
       Create("/a", "", 1),
       ErrorCode::kOk,
       std::string(kRoot1) + "/a \"\" z=1/1/1 t=10/10 v=0/0/0\n"},
      {"create of an ephemeral",
       {},
       Create("/a", "x", 1, 77),
       ErrorCode::kOk,
       std::string(kRoot1) + "/a \"x\" z=1/1/1 t=10/10 v=0/0/0 owner=77\n"},
      {"create below a node",
       {Create("/a", "x", 1)},
       Create("/a/b", "y", 2),
       ErrorCode::kOk,
       std::string(kRoot1) + "/a \"x\" z=1/1/2 t=10/10 v=0/1/0\n" +
           "/a/b \"y\" z=2/2/2 t=20/20 v=0/0/0\n"},
      {"create without a parent",
       {},
       Create("/a/b", "x", 1),
       ErrorCode::kNoNode,
       " \"\" z=0/0/0 t=0/0 v=0/0/0\n"},
      {"create with the parent's cversion",
       {},
       CreateAs("/a", 1, 7, false),
       ErrorCode::kOk,
       " \"\" z=0/0/1 t=0/0 v=0/7/0\n"
       "/a \"again\" z=1/1/1 t=10/10 v=0/0/0 acl=31:digest:x,\n"},
      {"create does not lower the parent's cversion nor touch its pzxid then",
       {CreateAs("/b", 5, 7, false)},
       CreateAs("/a", 1, 3, false),
       ErrorCode::kOk,
       " \"\" z=0/0/5 t=0/0 v=0/7/0\n"
       "/a \"again\" z=1/1/1 t=10/10 v=0/0/0 acl=31:digest:x,\n"
       "/b \"again\" z=5/5/5 t=50/50 v=0/0/0 acl=31:digest:x,\n"},
  };
}

std::vector<RuleCase> CreateOfWhatExistsRules() {
  return {
      {"create of what exists replaces its list only",
       {Create("/a", "x", 1)},
       CreateAs("/a", 2, 9, false),
       ErrorCode::kNodeExists,
       std::string(kRoot1) + "/a \"x\" z=1/1/1 t=10/10 v=0/0/0 acl=31:digest:x,\n"},
      {"create type 1 of what exists raises the parent",
       {Create("/a", "x", 1)},
       CreateAs("/a", 2, 9, true),
       ErrorCode::kNodeExists,
       " \"\" z=0/0/2 t=0/0 v=0/9/0\n"
       "/a \"x\" z=1/1/1 t=10/10 v=0/0/0 acl=31:digest:x,\n"},
      {"create type 1 of what exists, cversion -1",
       {Create("/a", "x", 1)},
       CreateAs("/a", 2, -1, true),
       ErrorCode::kNodeExists,
       " \"\" z=0/0/2 t=0/0 v=0/2/0\n"
       "/a \"x\" z=1/1/1 t=10/10 v=0/0/0 acl=31:digest:x,\n"},
      {"create type 1 of what exists never lowers the parent",
       {CreateAs("/a", 5, 9, true)},
       CreateAs("/a", 2, 3, true),
       ErrorCode::kNodeExists,
       " \"\" z=0/0/5 t=0/0 v=0/9/0\n"
       "/a \"again\" z=5/5/5 t=50/50 v=0/0/0 acl=31:digest:x,\n"},
      {"create of the root",
       {},
       Create("/", "x", 1),
       ErrorCode::kNodeExists,
       " \"\" z=0/0/0 t=0/0 v=0/0/0\n"},
      {"create of no path",
       {},
       Create("", "x", 1),
       ErrorCode::kBadArguments,
       " \"\" z=0/0/0 t=0/0 v=0/0/0\n"},
      {"create with an empty component",
       {},
       Create("//a", "x", 1),
       ErrorCode::kNoNode,
       " \"\" z=0/0/0 t=0/0 v=0/0/0\n"},
  };
}

std::vector<RuleCase> DeleteRules() {
  return {
      {"delete",
       {Create("/a", "x", 1)},
       Delete("/a", 2),
       ErrorCode::kOk,
       " \"\" z=0/0/2 t=0/0 v=0/1/0\n"},
      {"delete does not lower the parent's pzxid",
       {Create("/a", "x", 5)},
       Delete("/a", 2),
       ErrorCode::kOk,
       " \"\" z=0/0/5 t=0/0 v=0/1/0\n"},
      {"delete of what is gone raises the parent's pzxid",
       {Create("/a", "x", 1)},
       Delete("/b", 2),
       ErrorCode::kNoNode,
       std::string(" \"\" z=0/0/2 t=0/0 v=0/1/0\n") + kA1},
      {"delete without a parent",
       {Create("/a", "x", 1)},
       Delete("/b/c", 2),
       ErrorCode::kNoNode,
       std::string(kRoot1) + kA1},
      {"delete with children of the future",
       {Create("/a", "x", 1), Create("/a/b", "", 2), Create("/a/b/c", "", 3),
        Create("/a/d", "", 4)},
       Delete("/a", 5),
       ErrorCode::kOk,
       " \"\" z=0/0/5 t=0/0 v=0/1/0\n"},
      {"delete of the root",
       {},
       Delete("/", 2),
       ErrorCode::kBadArguments,
       " \"\" z=0/0/0 t=0/0 v=0/0/0\n"},
      {"delete of no path",
       {},
       Delete("", 2),
       ErrorCode::kBadArguments,
       " \"\" z=0/0/0 t=0/0 v=0/0/0\n"},
      {"create after delete",
       {Create("/a", "x", 1), Delete("/a", 2)},
       Create("/a", "y", 3),
       ErrorCode::kOk,
       " \"\" z=0/0/3 t=0/0 v=0/2/0\n/a \"y\" z=3/3/3 t=30/30 v=0/0/0\n"},
  };
}

std::vector<RuleCase> SetDataRules() {
  return {
      {"setData",
       {Create("/a", "x", 1)},
       SetTo("/a", "longer", 5, 2),
       ErrorCode::kOk,
       std::string(kRoot1) + "/a \"longer\" z=1/2/1 t=10/20 v=5/0/0\n"},
      {"setData lowers what the transaction lowers",
       {Create("/a", "x", 5), SetTo("/a", "y", 5, 9)},
       SetTo("/a", "z", 2, 3),
       ErrorCode::kOk,
       " \"\" z=0/0/5 t=0/0 v=0/1/0\n/a \"z\" z=5/3/5 t=50/30 v=2/0/0\n"},
      {"setData to null",
       {Create("/a", "x", 1)},
       [](DataTree& tree) { return Set(tree, "/a", jute::Buffer(), 1, 2); },
       ErrorCode::kOk,
       std::string(kRoot1) + "/a null z=1/2/1 t=10/20 v=1/0/0\n"},
      {"setData of the root",
       {},
       SetTo("/", "root", 1, 2),
       ErrorCode::kOk,
       " \"root\" z=0/2/0 t=0/20 v=1/0/0\n"},
      {"setData of nothing",
       {},
       SetTo("/a", "x", 1, 2),
       ErrorCode::kNoNode,
       " \"\" z=0/0/0 t=0/0 v=0/0/0\n"},
  };
}

std::vector<RuleCase> SetAclRules() {
  return {
      {"setACL",
       {Create("/a", "x", 1)},
       SetAclTo("/a", "me", 3),
       ErrorCode::kOk,
       std::string(kRoot1) + "/a \"x\" z=1/1/1 t=10/10 v=0/0/3 acl=31:digest:me,\n"},
      {"setACL of nothing",
       {},
       SetAclTo("/a", "me", 3),
       ErrorCode::kNoNode,
       " \"\" z=0/0/0 t=0/0 v=0/0/0\n"},
      {"setACL of the root",
       {},
       SetAclTo("/", "me", 1),
       ErrorCode::kOk,
       " \"\" z=0/0/0 t=0/0 v=0/0/1 acl=31:digest:me,\n"},
  };
}

const std::vector<RuleCase>& Rules() {
  static const std::vector<RuleCase> rules = [] {
    std::vector<RuleCase> all;
    for (const auto& some :
         {CreateRules(), CreateOfWhatExistsRules(), DeleteRules(), SetDataRules(), SetAclRules()}) {
      all.insert(all.end(), some.begin(), some.end());
    }
    return all;
  }();
  return rules;
}

class ApplyRuleTest : public testing::TestWithParam<size_t> {};

TEST_P(ApplyRuleTest, Holds) {
  const RuleCase& rule = Rules()[GetParam()];
  SCOPED_TRACE(rule.name);
  DataTree tree;
  for (const Steps& step : rule.before) ASSERT_EQ(step(tree), ErrorCode::kOk);
  EXPECT_EQ(rule.step(tree), rule.want);
  EXPECT_EQ(Dump(tree), rule.dump);
  CheckTree(tree);
}

INSTANTIATE_TEST_SUITE_P(All, ApplyRuleTest, testing::Range(size_t{0}, Rules().size()),
                         [](const testing::TestParamInfo<size_t>& info) {
                           std::string name = Rules()[info.param].name;
                           for (char& c : name) c = std::isalnum(static_cast<uint8_t>(c)) ? c : '_';
                           return name;
                         });

TEST(DataTreeTest, AFreshTreeIsJavas) {
  DataTree tree;
  EXPECT_EQ(tree.node_count(), 5u);
  EXPECT_EQ(tree.approximate_data_size(), 44);
  EXPECT_EQ(tree.AllChildrenNumber(*tree.root()), 3u);
  EXPECT_EQ(tree.AllChildrenNumber(*tree.Find("/zookeeper")), 2u);
  EXPECT_EQ(tree.ephemerals_count(), 0u);
  std::string all;
  for (const auto& [path, line] : Lines(tree)) all += line + "\n";
  EXPECT_EQ(all,
            " \"\" z=0/0/0 t=0/0 v=0/0/0\n"
            "/zookeeper \"\" z=0/0/0 t=0/0 v=0/0/0\n"
            "/zookeeper/config \"\" z=0/0/0 t=0/0 v=0/0/-1 acl=1:world:anyone,\n"
            "/zookeeper/quota \"\" z=0/0/0 t=0/0 v=0/0/0\n");
  EXPECT_EQ(tree.root()->ClientStat(false, false).cversion, -1);
  EXPECT_EQ(tree.Find("/zookeeper")->ClientStat(false, false).cversion, -2);
  CheckTree(tree);
}

TEST(DataTreeTest, EmptyAndSlashAreTheRoot) {
  DataTree tree;
  EXPECT_EQ(tree.Find(""), tree.root());
  EXPECT_EQ(tree.Find("/"), tree.root());
  EXPECT_EQ(tree.Find("//"), nullptr);
  EXPECT_EQ(tree.Find("x"), nullptr);
}

TEST(DataTreeTest, MutatorsHandOutTheNode) {
  DataTree tree;
  const Node* node = nullptr;
  EXPECT_EQ(tree.Create(Args("/a", "x", 1), &node), ErrorCode::kOk);
  EXPECT_EQ(node, tree.Find("/a"));
  node = nullptr;
  EXPECT_EQ(tree.SetData("/a", "y", 1, Zxid(2), 20, &node), ErrorCode::kOk);
  EXPECT_EQ(node, tree.Find("/a"));
  node = nullptr;
  EXPECT_EQ(tree.SetAcl("/a", AclFor("x"), 1, &node), ErrorCode::kOk);
  EXPECT_EQ(node, tree.Find("/a"));
  node = nullptr;
  EXPECT_EQ(tree.Create(Args("/a", "x", 3), &node), ErrorCode::kNodeExists);
  EXPECT_EQ(node, nullptr);
}

TEST(DataTreeTest, SizeCountsUtf16UnitsAndTheRootTwice) {
  DataTree tree;
  Put(tree, "/\xc3\xbc", "12345", 1);                 // 2 units
  Put(tree, "/\xe2\x82\xac", "", 2);                  // 2 units
  Put(tree, "/\xf0\x9f\x98\x80", jute::Buffer(), 3);  // 3 units
  EXPECT_EQ(tree.approximate_data_size(), 44 + 2 + 5 + 2 + 3);
  Set(tree, "/", "root", 1, 4);
  EXPECT_EQ(tree.approximate_data_size(), 44 + 12 + 8);
  Set(tree, "/", jute::Buffer(), 2, 5);
  for (const char* path : {"/\xc3\xbc", "/\xe2\x82\xac", "/\xf0\x9f\x98\x80"}) {
    EXPECT_EQ(tree.Delete(path, Zxid(6)), ErrorCode::kOk);
  }
  EXPECT_EQ(tree.approximate_data_size(), 44);
}

TEST(DataTreeTest, EphemeralsBySession) {
  DataTree tree;
  Put(tree, "/b", "", 1, 20);
  Put(tree, "/a", "", 2, 20);
  Put(tree, "/c", "", 3, 10);
  Put(tree, "/d", "", 4, -5);
  EXPECT_EQ(tree.EphemeralsOf(20), (std::vector<std::string_view>{"/a", "/b"}));
  EXPECT_EQ(tree.SessionsWithEphemerals(), (std::vector<SessionId>{-5, 10, 20}));
  EXPECT_EQ(tree.ephemerals_count(), 4u);
  EXPECT_TRUE(tree.EphemeralsOf(30).empty());
  // A view into the node is a legal argument for its delete.
  for (const std::string_view path : tree.EphemeralsOf(20)) {
    EXPECT_EQ(tree.Delete(path, Zxid(5)), ErrorCode::kOk);
  }
  EXPECT_EQ(tree.SessionsWithEphemerals(), (std::vector<SessionId>{-5, 10}));
  CheckTree(tree);
}

TEST(DataTreeTest, ReapCandidates) {
  struct Case {
    const char* name;
    int64_t owner;
    int64_t mtime;
    bool has_child, had_child;
    int64_t now, never_used;
    bool want;
  };
  const int64_t ttl = TtlOwner(100);
  const Case cases[] = {
      {"a used container", kContainerOwner, 0, false, true, 0, 0, true},
      {"a container in use", kContainerOwner, 0, true, false, 0, 0, false},
      {"an unused container may wait for ever", kContainerOwner, 0, false, false, 1000, 0, false},
      {"an unused container within its time", kContainerOwner, 500, false, false, 1000, 500, false},
      {"an unused container after its time", kContainerOwner, 499, false, false, 1000, 500, true},
      {"a TTL node on time", ttl, 900, false, false, 1000, 0, false},
      {"a TTL node too late", ttl, 899, false, false, 1000, 0, true},
      {"a TTL node with a child", ttl, 0, true, false, 1000, 0, false},
      {"a TTL node that had a child", ttl, 0, false, true, 1000, 0, true},
      {"a TTL of 0", TtlOwner(0), 0, false, false, 1000, 0, false},
      {"a persistent node", 0, 0, false, true, 1000, 1, false},
      {"an ephemeral", 7, 0, false, true, 1000, 1, false},
  };
  for (const Case& c : cases) {
    SCOPED_TRACE(c.name);
    DataTree tree({.extended_types = true});
    CreateArgs args = Args("/n", "", 1, c.owner);
    args.time_ms = c.mtime;
    ASSERT_EQ(tree.Create(args), ErrorCode::kOk);
    if (c.has_child || c.had_child) Put(tree, "/n/c", "", 2);
    if (c.had_child) tree.Delete("/n/c", Zxid(3));
    EXPECT_EQ(tree.ReapCandidates(c.now, c.never_used),
              c.want ? std::vector<std::string>{"/n"} : std::vector<std::string>());
    CheckTree(tree);
    tree.Delete("/n", Zxid(4));
    EXPECT_TRUE(tree.ReapCandidates(c.now, c.never_used).empty());
  }
}

TEST(DataTreeTest, ReapCandidatesAreSorted) {
  DataTree tree({.extended_types = true});
  Put(tree, "/c", "", 1, TtlOwner(1));
  Put(tree, "/a", "", 2, TtlOwner(1));
  Put(tree, "/b", "", 3, kContainerOwner);
  EXPECT_EQ(tree.ReapCandidates(1000, 1), (std::vector<std::string>{"/a", "/b", "/c"}));
}

TEST(DataTreeTest, WithoutExtendedTypesATtlNodeIsAnEphemeral) {
  DataTree tree;
  Put(tree, "/ttl", "", 1, TtlOwner(5));
  EXPECT_EQ(tree.EphemeralsOf(TtlOwner(5)), std::vector<std::string_view>{"/ttl"});
  EXPECT_TRUE(tree.ReapCandidates(1000, 0).empty());
}

TEST(DataTreeTest, AnAclStaysWhileANodeHasIt) {
  DataTree tree;
  AclRef acl = AclFor("me");
  const std::weak_ptr<const AclList> watch = acl;
  CreateArgs args = Args("/a", "", 1);
  args.acl = std::move(acl);
  tree.Create(args);
  args.path = "/b";
  tree.Create(args);
  args.acl.reset();
  tree.Delete("/a", Zxid(2));
  EXPECT_FALSE(watch.expired());
  EXPECT_EQ(*tree.AclOf(*tree.Find("/b")), *AclFor("me"));
  tree.SetAcl("/b", OpenAcl(), 1);
  EXPECT_TRUE(watch.expired());
}

TEST(DataTreeTest, CVersionStopsAtTheLargestInt) {
  DataTree tree;
  CreateArgs args = Args("/a", "", 1);
  args.parent_cversion = INT32_MAX;
  tree.Create(args);
  Put(tree, "/b", "", 2);  // one more would be negative, so it does not grow
  EXPECT_EQ(tree.root()->stat().cversion, INT32_MAX);
  EXPECT_EQ(tree.root()->stat().pzxid, 1);
  CheckTree(tree);
}

}  // namespace
}  // namespace zk
