// SPDX-License-Identifier: Apache-2.0
#include "tests/core/tree/tree_testing.h"

#include <gtest/gtest.h>
#include <zlib.h>

#include <algorithm>
#include <set>

#include "jute/encoder.h"
#include "server/core/tree/owner.h"

namespace zk {
namespace {

struct Expected {
  uint64_t digest = 0;
  int64_t size = 0;
  size_t nodes = 0;
  std::map<SessionId, std::set<std::string_view>> ephemerals;
};

uint64_t ScratchDigest(const Node& node) {
  if (node.path().substr(0, 11) == "/zookeeper/") return 0;
  std::string bytes(node.path());
  bytes += node.data().view();
  jute::Encoder out(bytes);
  const NodeStat& s = node.stat();
  for (const int64_t value : {s.czxid, s.mzxid, s.pzxid, s.ctime, s.mtime}) out.Long(value);
  for (const int32_t value : {s.version, s.cversion, s.aversion}) out.Int(value);
  out.Long(s.ephemeral_owner);
  return crc32(0, reinterpret_cast<const Bytef*>(bytes.data()), static_cast<uInt>(bytes.size()));
}

void CheckNode(const DataTree& tree, const Node& node, Expected& expected) {
  EXPECT_EQ(tree.Find(node.path()), &node);
  ++expected.nodes;
  if (tree.options().digest) expected.digest += ScratchDigest(node);
  // The tests have no character of four bytes, so one that is no continuation is a UTF-16 unit.
  const bool is_root = node.parent() == nullptr;
  for (const char c : node.path()) expected.size += (c & 0xC0) != 0x80 ? 1 : 0;
  expected.size += is_root ? 1 : 0;
  expected.size += static_cast<int64_t>(node.data().size()) * (is_root ? 2 : 1);
  const OwnerKind kind = KindOfOwner(node.stat().ephemeral_owner, tree.options().extended_types,
                                     tree.options().emulate_353_ttl);
  if (kind == OwnerKind::kSession) {
    expected.ephemerals[node.stat().ephemeral_owner].insert(node.path());
  }
  for (const Node* child : node.children()) {
    EXPECT_EQ(child->parent(), &node);
    EXPECT_EQ(child->path(), std::string(node.path()) + "/" + std::string(child->name()));
  }
}

}  // namespace

CreateArgs Args(std::string_view path, jute::Buffer data, int64_t zxid, int64_t owner) {
  CreateArgs args;
  args.path = path;
  args.data = data;
  args.acl = OpenAcl();
  args.ephemeral_owner = owner;
  args.zxid = Zxid(zxid);
  args.time_ms = 10 * zxid;
  return args;
}

ErrorCode Put(DataTree& tree, std::string_view path, jute::Buffer data, int64_t zxid,
              int64_t owner) {
  return tree.Create(Args(path, data, zxid, owner));
}

ErrorCode Set(DataTree& tree, std::string_view path, jute::Buffer data, int32_t version,
              int64_t zxid) {
  return tree.SetData(path, data, version, Zxid(zxid), 10 * zxid);
}

AclRef AclFor(std::string_view name, int32_t perms) {
  return std::make_shared<const AclList>(AclList{{perms, {"digest", std::string(name)}}});
}

std::string DataOf(const DataTree& tree, std::string_view path) {
  const Node* node = tree.Find(path);
  return node == nullptr ? "(no node)" : std::string(node->data().view());
}

std::string Line(std::string_view path, const SharedBytes& data, const NodeStat& stat,
                 const AclList& acl) {
  const auto join = [](std::initializer_list<int64_t> values) {
    std::string text;
    for (const int64_t value : values) {
      text.append(text.empty() ? "" : "/").append(std::to_string(value));
    }
    return text;
  };
  std::string line(path);
  line += data.is_null() ? " null" : " \"" + std::string(data.view()) + "\"";
  line += " z=" + join({stat.czxid, stat.mzxid, stat.pzxid});
  line += " t=" + join({stat.ctime, stat.mtime});
  line += " v=" + join({stat.version, stat.cversion, stat.aversion});
  if (stat.ephemeral_owner != 0) line += " owner=" + std::to_string(stat.ephemeral_owner);
  if (acl == *OpenAcl()) return line;
  line += " acl=";
  for (const AclEntry& entry : acl) {
    line += std::to_string(entry.perms) + ":" + entry.id.scheme + ":" + entry.id.id + ",";
  }
  return line;
}

std::map<std::string, std::string> Lines(const DataTree& tree) {
  std::map<std::string, std::string> lines;
  for (const Node* node = tree.root(); node != nullptr; node = node->NextBelow(tree.root())) {
    lines.emplace(node->path(), Line(node->path(), node->data(), node->stat(), *tree.AclOf(*node)));
  }
  return lines;
}

std::map<std::string, std::string> Lines(const std::vector<SnapshotNode>& nodes) {
  std::map<std::string, std::string> lines;
  for (const SnapshotNode& node : nodes) {
    lines.emplace(node.path, Line(node.path, node.data, node.stat, *node.acl));
  }
  return lines;
}

std::string Difference(const std::map<std::string, std::string>& a,
                       const std::map<std::string, std::string>& b) {
  std::string text;
  for (const auto& [path, line] : a) {
    const auto it = b.find(path);
    if (it == b.end() || it->second != line) text += "-" + line + "\n";
  }
  for (const auto& [path, line] : b) {
    const auto it = a.find(path);
    if (it == a.end() || it->second != line) text += "+" + line + "\n";
  }
  return text;
}

std::string Dump(const DataTree& tree) {
  std::string dump;
  for (const auto& [path, line] : Lines(tree)) {
    if (path != "/zookeeper" && !path.starts_with("/zookeeper/")) dump += line + "\n";
  }
  return dump;
}

std::vector<SnapshotNode> Drain(SnapshotView& view, size_t chunk) {
  std::vector<SnapshotNode> nodes;
  while (view.Next(chunk, nodes)) {
  }
  return nodes;
}

void CheckTree(const DataTree& tree) {
  Expected expected;
  std::vector<const Node*> stack{tree.root()};
  while (!stack.empty()) {
    const Node* node = stack.back();
    stack.pop_back();
    CheckNode(tree, *node, expected);
    stack.insert(stack.end(), node->children().begin(), node->children().end());
  }
  EXPECT_EQ(tree.node_count(), expected.nodes + 1);
  EXPECT_EQ(tree.AllChildrenNumber(*tree.root()), expected.nodes - 1);
  EXPECT_EQ(tree.digest(), expected.digest);
  EXPECT_EQ(tree.approximate_data_size(), expected.size);
  size_t ephemerals = 0;
  std::vector<SessionId> sessions;
  for (const auto& [session, paths] : expected.ephemerals) {
    sessions.push_back(session);
    ephemerals += paths.size();
    EXPECT_EQ(tree.EphemeralsOf(session),
              std::vector<std::string_view>(paths.begin(), paths.end()));
  }
  EXPECT_EQ(tree.SessionsWithEphemerals(), sessions);
  EXPECT_EQ(tree.ephemerals_count(), ephemerals);
}

}  // namespace zk
