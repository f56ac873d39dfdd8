// SPDX-License-Identifier: Apache-2.0
//
// OwnedNodes: which nodes a session owns, which are containers, which have a TTL.
//
// Place: inside DataTree. Threads: as DataTree.
// Invariant: a node is in exactly the list that its owner says, at the slot it remembers itself, so
// that a session with many ephemerals is closed in linear time.
#pragma once

#include <algorithm>
#include <boost/unordered/unordered_flat_map.hpp>
#include <cassert>
#include <span>
#include <vector>

#include "common/types.h"
#include "server/core/tree/node.h"
#include "server/core/tree/owner.h"

namespace zk {

class OwnedNodes {
 public:
  // `kind` is that of the node's owner.
  void Add(Node* node, OwnerKind kind) {
    if (kind == OwnerKind::kContainer) Push(containers_, node);
    if (kind == OwnerKind::kTtl) Push(ttls_, node);
    if (kind == OwnerKind::kSession) {
      Push(sessions_[node->stat_.ephemeral_owner], node);
      ++ephemerals_;
    }
  }
  void Remove(Node* node, OwnerKind kind) {
    if (kind == OwnerKind::kContainer) Take(containers_, node);
    if (kind == OwnerKind::kTtl) Take(ttls_, node);
    if (kind == OwnerKind::kSession) {
      const auto it = sessions_.find(node->stat_.ephemeral_owner);
      assert(it != sessions_.end());
      Take(it->second, node);
      if (it->second.empty()) sessions_.erase(it);
      --ephemerals_;
    }
  }

  // In no particular order.
  std::span<Node* const> EphemeralsOf(SessionId session) const {
    const auto it = sessions_.find(session);
    if (it == sessions_.end()) return {};
    return it->second;
  }
  // Ascending.
  std::vector<SessionId> Sessions() const {
    std::vector<SessionId> ids;
    ids.reserve(sessions_.size());
    for (const auto& [id, nodes] : sessions_) ids.push_back(id);
    std::sort(ids.begin(), ids.end());
    return ids;
  }
  std::span<Node* const> containers() const { return containers_; }
  std::span<Node* const> ttls() const { return ttls_; }
  size_t ephemerals() const { return ephemerals_; }
  void Clear() { *this = OwnedNodes(); }

 private:
  using List = std::vector<Node*>;

  static void Push(List& list, Node* node) {
    assert(list.size() < UINT32_MAX);
    node->index_in_owner_ = static_cast<uint32_t>(list.size());
    list.push_back(node);
  }
  static void Take(List& list, Node* node) {
    assert(node->index_in_owner_ < list.size() && list[node->index_in_owner_] == node);
    list[node->index_in_owner_] = list.back();
    list.back()->index_in_owner_ = node->index_in_owner_;
    list.pop_back();
  }

  boost::unordered_flat_map<SessionId, List> sessions_;
  List containers_;
  List ttls_;
  size_t ephemerals_ = 0;
};

}  // namespace zk
