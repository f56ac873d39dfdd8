// SPDX-License-Identifier: Apache-2.0
#include <cassert>
#include <utility>
#include <vector>

#include "server/core/tree/data_tree_impl.h"

namespace zk {

ErrorCode DataTree::Load(std::string_view path, const jute::Buffer& data, const AclRef& acl,
                         const NodeStat& stat) {
  assert(acl != nullptr);
  if (!impl_->loading) {
    impl_->Clear();
    impl_->loading = true;
  }
  if (path.empty()) {
    impl_->Change(impl_->root, [&](Node& root) {
      root.stat_ = stat;
      impl_->SetAclOf(root, acl);
      impl_->SetDataOf(root, SharedBytes::From(data));
    });
    return ErrorCode::kOk;
  }
  const size_t slash = path.rfind('/');
  if (slash == path.npos || path == "/") return ErrorCode::kBadArguments;
  Node* parent = impl_->load_parent;
  if (parent == nullptr || parent->path() != path.substr(0, slash)) {
    parent = impl_->FindParent(path, slash);
  }
  if (parent == nullptr) return ErrorCode::kNoNode;
  const uint64_t hash = impl_->index.HashOf(path);
  if (impl_->Insert(parent, path, hash, SharedBytes::From(data), acl, stat) == nullptr) {
    return ErrorCode::kNodeExists;
  }
  impl_->load_parent = parent;
  return ErrorCode::kOk;
}

void DataTree::FinishLoad() {
  impl_->loading = false;
  impl_->load_parent = nullptr;
  const Node* quota_root = impl_->Find(kQuotaRoot);
  if (quota_root == nullptr) return;
  std::vector<std::string> prefixes;
  for (const Node* node = quota_root; node != nullptr; node = node->NextBelow(quota_root)) {
    if (node->name() != kLimitsName || node->child_count() > 0) continue;
    prefixes.emplace_back(*QuotaPrefixOf(node->parent()->path()));
  }
  // Sorted: a quota on the quotas themselves counts what the others write, on every server alike.
  std::sort(prefixes.begin(), prefixes.end());
  for (const std::string& prefix : prefixes) {
    impl_->RecountQuota(prefix);
    impl_->quotas.Add(prefix);
  }
}

}  // namespace zk
