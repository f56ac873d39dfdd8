// SPDX-License-Identifier: Apache-2.0
//
// PreImages: how nodes were when a snapshot began, kept for those that changed or went since.
//
// Place: filled by DataTree's mutators while a SnapshotView is active, emptied by its cursor.
// Threads: the tree calls in exclusive sections, the cursor in shared ones, so never both at once.
// Invariants:
//   1. A node that the cursor has yet to reach is as it was, or its old state is kept here; a
//   deleted
//      one stays allocated until the cursor has passed it.
//   2. What the cursor has passed, and what was created since, is not kept: a node made and deleted
//      during a long snapshot costs nothing.
#pragma once

#include <boost/unordered/unordered_flat_map.hpp>
#include <boost/unordered/unordered_flat_set.hpp>
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "common/acl.h"
#include "common/shared_bytes.h"
#include "server/core/tree/node.h"

namespace zk {

// The order of the walk: parents first, then by names' bytes. '/' is thus below every other byte.
bool PreorderLess(std::string_view a, std::string_view b);

class PreImages {
 public:
  struct State {
    NodeStat stat;
    SharedBytes data;
    AclRef acl;
    bool buried = false;  // the node is out of the tree and is ours to free
  };

  PreImages() = default;
  ~PreImages();
  PreImages(const PreImages&) = delete;
  PreImages& operator=(const PreImages&) = delete;

  // --- the tree: before the first change of a node, and before its children change
  // ----------------
  void KeepState(const Node& node, const AclRef& acl);
  void KeepChildren(const Node& node);
  void Created(const Node* node);
  // Takes over a node that left the tree; `acl` was its list.
  void Bury(Node* node, const AclRef& acl);

  // --- the cursor
  // --------------------------------------------------------------------------------- The old state
  // if the node has changed since, else null.
  const State* Find(const Node* node) const;
  // The old children.
  std::vector<Node*> TakeChildren(const Node* node);
  // The cursor is done with `node`, which may be freed by this.
  void Forget(Node* node);
  // Every node up to and with `path` in the order of the walk is passed.
  void SetPassed(std::string_view path);
  // Every node is passed: from now on nothing is kept.
  void SetAllPassed();

  size_t bytes() const { return bytes_; }

 private:
  bool IsPassed(const Node& node) const;
  bool IsKept(const Node& node) const;

  boost::unordered_flat_map<const Node*, State> states_;
  boost::unordered_flat_map<const Node*, std::vector<Node*>> children_;
  boost::unordered_flat_set<const Node*> created_;
  std::string passed_;
  bool any_passed_ = false;
  bool all_passed_ = false;
  size_t bytes_ = 0;
};

}  // namespace zk
