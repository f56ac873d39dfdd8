// SPDX-License-Identifier: Apache-2.0
//
// What the tests of the tree share: short arguments, a textual dump, and a checker of all
// invariants.
//
// Place: tests/core/tree only. Threads: none. Invariant: CheckTree() computes everything anew, with
// zlib's CRC and a walk of its own, and shares no arithmetic with the tree.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "common/acl.h"
#include "server/core/tree/data_tree.h"
#include "server/core/tree/node.h"
#include "server/core/tree/snapshot_view.h"

namespace zk {

// Makes nodes without a tree, for the tests of what a tree is made of.
class NodeTestPeer {
 public:
  static Node* New(std::string_view path, int64_t owner = 0) {
    Node* node = Node::New(path, path.rfind('/') + 1);
    node->stat_.ephemeral_owner = owner;
    return node;
  }
  static void Free(Node* node) { Node::Free(node); }
  static void AddChild(Node* parent, Node* child) { parent->AddChild(child); }
  static void RemoveChild(Node* parent, Node* child) { parent->RemoveChild(child); }
  static size_t child_capacity(const Node& node) { return node.child_capacity(); }
  static NodeStat& stat(Node* node) { return node->stat_; }
  static void SetData(Node* node, std::string_view data) { node->data_ = SharedBytes(data); }
};

// A node made at `zxid` and ten times `zxid` milliseconds.
CreateArgs Args(std::string_view path, jute::Buffer data, int64_t zxid, int64_t owner = 0);
ErrorCode Put(DataTree& tree, std::string_view path, jute::Buffer data, int64_t zxid,
              int64_t owner = 0);
ErrorCode Set(DataTree& tree, std::string_view path, jute::Buffer data, int32_t version,
              int64_t zxid);
// {perms, digest:<name>}.
AclRef AclFor(std::string_view name, int32_t perms = 31);
std::string DataOf(const DataTree& tree, std::string_view path);

// One node as a line: `/a "data" z=czxid/mzxid/pzxid t=ctime/mtime v=version/cversion/aversion`,
// then ` owner=` and ` acl=` where they are not the default. Null data is `null`.
std::string Line(std::string_view path, const SharedBytes& data, const NodeStat& stat,
                 const AclList& acl);
// All nodes but /zookeeper and what is below it, sorted by path.
std::string Dump(const DataTree& tree);
// All nodes, by path.
std::map<std::string, std::string> Lines(const DataTree& tree);
std::map<std::string, std::string> Lines(const std::vector<SnapshotNode>& nodes);

// The lines that only one of two trees has, `-` for the first and `+` for the second; empty if
// equal.
std::string Difference(const std::map<std::string, std::string>& a,
                       const std::map<std::string, std::string>& b);

std::vector<SnapshotNode> Drain(SnapshotView& view, size_t chunk);

// Fails the test where the tree contradicts itself.
void CheckTree(const DataTree& tree);

}  // namespace zk
