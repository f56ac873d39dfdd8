// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "server/core/tree/data_tree_impl.h"

namespace zk {
namespace {

// Wraps like Java's long: the times of a snapshot may be anything.
int64_t Elapsed(int64_t from_ms, int64_t to_ms) {
  return static_cast<int64_t>(static_cast<uint64_t>(to_ms) - static_cast<uint64_t>(from_ms));
}

}  // namespace

std::vector<std::string_view> DataTree::EphemeralsOf(SessionId session) const {
  const auto nodes = impl_->owned.EphemeralsOf(session);
  std::vector<std::string_view> paths;
  paths.reserve(nodes.size());
  for (const Node* node : nodes) paths.push_back(node->path());
  std::sort(paths.begin(), paths.end());
  return paths;
}

std::vector<SessionId> DataTree::SessionsWithEphemerals() const { return impl_->owned.Sessions(); }

std::vector<std::string> DataTree::ReapCandidates(int64_t now_ms, int64_t max_never_used_ms) const {
  std::vector<std::string> paths;
  for (const Node* node : impl_->owned.containers()) {
    if (node->child_count() > 0) continue;
    const bool was_used = node->stat().cversion > 0;
    const bool is_stale =
        max_never_used_ms != 0 && Elapsed(node->stat().mtime, now_ms) > max_never_used_ms;
    if (was_used || is_stale) paths.emplace_back(node->path());
  }
  for (const Node* node : impl_->owned.ttls()) {
    if (node->child_count() > 0) continue;
    const int64_t ttl_ms = TtlOfOwner(node->stat().ephemeral_owner);
    if (ttl_ms != 0 && Elapsed(node->stat().mtime, now_ms) > ttl_ms) {
      paths.emplace_back(node->path());
    }
  }
  std::sort(paths.begin(), paths.end());
  return paths;
}

size_t DataTree::AllChildrenNumber(const Node& node) const {
  if (&node == impl_->root) return impl_->index.size();
  size_t count = 0;
  for (const Node* below = node.NextBelow(&node); below != nullptr;
       below = below->NextBelow(&node)) {
    ++count;
  }
  return count;
}

uint64_t DataTree::digest() const { return impl_->digest; }

size_t DataTree::node_count() const { return impl_->index.size() + 2; }

size_t DataTree::ephemerals_count() const { return impl_->owned.ephemerals(); }

int64_t DataTree::approximate_data_size() const { return impl_->size; }

}  // namespace zk
