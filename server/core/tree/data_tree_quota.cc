// SPDX-License-Identifier: Apache-2.0
#include "server/core/tree/data_tree_impl.h"

namespace zk {

void DataTree::Impl::QuotaAfterCreate(const Node& parent, const Node& node) {
  const std::string_view name = node.name();
  if (name == kLimitsName || name == kStatsName) {
    if (const auto prefix = QuotaPrefixOf(parent.path())) {
      if (name == kLimitsName) quotas.Add(*prefix);
      if (name == kStatsName) RecountQuota(*prefix);
    }
  }
  CountForQuota(node.path(), 1, static_cast<int64_t>(node.data().size()));
}

void DataTree::Impl::QuotaAfterRemove(const Node& parent, const Node& node) {
  if (node.name() == kLimitsName) {
    if (const auto prefix = QuotaPrefixOf(parent.path())) quotas.Remove(*prefix);
  }
  CountForQuota(node.path(), -1, -static_cast<int64_t>(node.data().size()));
}

void DataTree::Impl::CountForQuota(std::string_view path, int64_t count, int64_t bytes) {
  if (quotas.empty() || (count == 0 && bytes == 0)) return;
  const std::string_view prefix = quotas.Longest(path);
  if (prefix.empty()) return;
  Node* stats = index.Find(QuotaNodePath(prefix, kStatsName));
  if (stats == nullptr || stats->data_.is_null()) return;
  std::optional<QuotaText> text = QuotaText::Parse(stats->data_.view());
  if (!text) return;
  text->Add(QuotaText::kCount, count);
  text->Add(QuotaText::kBytes, bytes);
  SetText(stats, text->Print());
}

void DataTree::Impl::RecountQuota(std::string_view prefix) {
  Node* stats = index.Find(QuotaNodePath(prefix, kStatsName));
  if (stats == nullptr) return;
  int64_t count = 0;
  int64_t bytes = 0;
  const Node* top = Find(prefix);
  for (const Node* node = top; node != nullptr; node = node->NextBelow(top)) {
    ++count;
    bytes += static_cast<int64_t>(node->data_.size());
  }
  SetText(stats, QuotaText(count, bytes).Print());
}

void DataTree::Impl::SetText(Node* node, std::string_view text) {
  Change(node, [&](Node& n) { SetDataOf(n, SharedBytes(text)); });
}

std::optional<QuotaText> DataTree::Impl::ReadQuota(std::string_view prefix,
                                                   std::string_view name) const {
  const Node* node = index.Find(QuotaNodePath(prefix, name));
  if (node == nullptr || node->data_.is_null()) return std::nullopt;
  return QuotaText::Parse(node->data_.view());
}

QuotaVerdict DataTree::JudgeChange(std::string_view path, int64_t count_delta,
                                   int64_t bytes_delta) const {
  QuotaVerdict verdict;
  if (impl_->quotas.empty()) return verdict;
  const std::string_view prefix = impl_->quotas.Longest(path);
  if (prefix.empty()) return verdict;
  const std::optional<QuotaText> limits = impl_->ReadQuota(prefix, kLimitsName);
  const std::optional<QuotaText> stats = impl_->ReadQuota(prefix, kStatsName);
  if (limits && stats) verdict = JudgeQuota(*limits, *stats, count_delta, bytes_delta);
  verdict.prefix = prefix;
  return verdict;
}

ErrorCode DataTree::CheckQuota(std::string_view path, int64_t count_delta,
                               int64_t bytes_delta) const {
  const QuotaVerdict verdict = JudgeChange(path, count_delta, bytes_delta);
  return verdict.level == QuotaVerdict::Level::kHard ? ErrorCode::kQuotaExceeded : ErrorCode::kOk;
}

}  // namespace zk
