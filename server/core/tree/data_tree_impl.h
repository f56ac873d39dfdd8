// SPDX-License-Identifier: Apache-2.0
//
// DataTree::Impl: what a tree is made of, and the steps that its mutators share.
//
// Place: data_tree*.cc and snapshot_view.cc only. Threads: as DataTree.
// Invariant: every change goes through Change(), Insert(), Remove() or SetText(), which keep
// digest, size, indexes and pre-images right.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "common/shared_bytes.h"
#include "server/core/tree/acl_table.h"
#include "server/core/tree/data_tree.h"
#include "server/core/tree/digest.h"
#include "server/core/tree/ephemerals.h"
#include "server/core/tree/index.h"
#include "server/core/tree/owner.h"
#include "server/core/tree/pre_images.h"
#include "server/core/tree/quota.h"

namespace zk {

struct DataTree::Impl {
  explicit Impl(const TreeOptions& tree_options);
  ~Impl();

  Node* Find(std::string_view path) const;
  // The node that `path` without its last component names; null if there is none. `slash` is where
  // the last '/' is.
  Node* FindParent(std::string_view path, size_t slash) const;

  // A new node below `parent`; null if the path is taken. The parent's stat stays as it is.
  Node* Insert(Node* parent, std::string_view path, uint64_t hash, SharedBytes data,
               const AclRef& acl, const NodeStat& stat);
  // Takes a node without children out of the tree and frees it (or leaves it to the view).
  void Remove(Node* node);
  void RemoveBelow(Node* node);
  // All nodes but the root, which becomes new; indexes, lists and quotas with them.
  void Clear();

  // Runs `edit(node)`, which may change stat, data and list, between the old digest and the new.
  template <typename Edit>
  void Change(Node* node, const Edit& edit) {
    BeforeChange(*node);
    digest -= DigestOf(*node);
    edit(*node);
    digest += DigestOf(*node);
  }
  void SetDataOf(Node& node, SharedBytes data);
  void SetAclOf(Node& node, const AclRef& acl);
  // As a create's parentCVersion says; -1 is one more than it has.
  void RaiseChildVersion(Node* parent, int32_t cversion, Zxid zxid);

  // Quotas (data_tree_quota.cc).
  void QuotaAfterCreate(const Node& parent, const Node& node);
  void QuotaAfterRemove(const Node& parent, const Node& node);
  // Adds to the statistics of the quota that covers `path`, if one does.
  void CountForQuota(std::string_view path, int64_t count, int64_t bytes);
  // Counts the subtree of `prefix` anew and writes its statistics, if it has the node for them.
  void RecountQuota(std::string_view prefix);
  // New data without any change of the stat.
  void SetText(Node* node, std::string_view text);
  // The text of one of the two nodes of a quota; nothing if it is missing or not readable.
  std::optional<QuotaText> ReadQuota(std::string_view prefix, std::string_view name) const;

  void BeforeChange(const Node& node) {
    if (view != nullptr) view->KeepState(node, acls.Get(node.acl_id_));
  }
  void BeforeChildrenChange(const Node& node) {
    if (view != nullptr) view->KeepChildren(node);
  }
  uint64_t DigestOf(const Node& node) const {
    return node.in_digest_ ? DigestOfStat(node.crc_prefix_, node.stat_) : 0;
  }
  // What the node's data adds to the size.
  int64_t DataSizeOf(const Node& node) const {
    return (&node == root ? 2 : 1) * static_cast<int64_t>(node.data_.size());
  }
  OwnerKind KindOf(const NodeStat& stat) const {
    return KindOfOwner(stat.ephemeral_owner, options.extended_types, options.emulate_353_ttl);
  }

  const TreeOptions options;
  NodeIndex index;  // all nodes but the root
  AclTable acls;
  OwnedNodes owned;
  QuotaTrie quotas;
  Node* root = nullptr;
  PreImages* view = nullptr;  // of the active SnapshotView
  uint64_t digest = 0;
  int64_t size = 0;
  bool loading = false;
  Node* load_parent = nullptr;  // of the last node that Load() made: the next one is its sibling
};

}  // namespace zk
