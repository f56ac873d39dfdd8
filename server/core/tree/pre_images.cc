// SPDX-License-Identifier: Apache-2.0
#include "server/core/tree/pre_images.h"

#include <algorithm>
#include <cassert>
#include <utility>

namespace zk {
namespace {

constexpr size_t kCreatedCost = 2 * sizeof(void*);

size_t CostOf(const PreImages::State& state) { return sizeof(state) + state.data.size(); }
size_t CostOf(const std::vector<Node*>& children) {
  return sizeof(children) + children.size() * sizeof(Node*);
}
size_t CostOf(const Node& node) { return sizeof(node) + node.path().size(); }

}  // namespace

bool PreorderLess(std::string_view a, std::string_view b) {
  const auto [x, y] = std::mismatch(a.begin(), a.end(), b.begin(), b.end());
  if (x == a.end() || y == b.end()) return x == a.end() && y != b.end();
  const auto rank = [](char c) {
    return c == '/' ? -1 : static_cast<int>(static_cast<uint8_t>(c));
  };
  return rank(*x) < rank(*y);
}

PreImages::~PreImages() {
  for (const auto& [node, state] : states_) {
    if (state.buried) Node::Free(const_cast<Node*>(node));
  }
}

bool PreImages::IsPassed(const Node& node) const {
  return all_passed_ || (any_passed_ && !PreorderLess(passed_, node.path()));
}

bool PreImages::IsKept(const Node& node) const {
  return !IsPassed(node) && !created_.contains(&node);
}

void PreImages::KeepState(const Node& node, const AclRef& acl) {
  if (states_.contains(&node) || !IsKept(node)) return;
  const auto it = states_.emplace(&node, State{node.stat(), node.data(), acl, false}).first;
  bytes_ += CostOf(it->second);
}

void PreImages::KeepChildren(const Node& node) {
  if (children_.contains(&node) || !IsKept(node)) return;
  const auto children = node.children();
  const auto it =
      children_.emplace(&node, std::vector<Node*>(children.begin(), children.end())).first;
  bytes_ += CostOf(it->second);
}

void PreImages::Created(const Node* node) {
  if (IsPassed(*node)) return;
  created_.insert(node);
  bytes_ += kCreatedCost;
}

void PreImages::Bury(Node* node, const AclRef& acl) {
  assert(node->parent() == nullptr && node->child_count() == 0);
  if (!IsKept(*node)) {
    if (created_.erase(node) > 0) bytes_ -= kCreatedCost;
    Node::Free(node);
    return;
  }
  KeepState(*node, acl);
  states_.find(node)->second.buried = true;
  bytes_ += CostOf(*node);
}

const PreImages::State* PreImages::Find(const Node* node) const {
  const auto it = states_.find(node);
  return it == states_.end() ? nullptr : &it->second;
}

std::vector<Node*> PreImages::TakeChildren(const Node* node) {
  const auto it = children_.find(node);
  if (it == children_.end()) return {node->children().begin(), node->children().end()};
  std::vector<Node*> children = std::move(it->second);
  bytes_ -= CostOf(children);
  children_.erase(it);
  return children;
}

void PreImages::Forget(Node* node) {
  const auto it = states_.find(node);
  if (it == states_.end()) return;
  const bool buried = it->second.buried;
  bytes_ -= CostOf(it->second) + (buried ? CostOf(*node) : 0);
  states_.erase(it);
  if (buried) Node::Free(node);
}

void PreImages::SetPassed(std::string_view path) {
  assert(!any_passed_ || PreorderLess(passed_, path));
  passed_.assign(path);
  any_passed_ = true;
}

void PreImages::SetAllPassed() {
  assert(states_.empty() && children_.empty());
  created_.clear();
  bytes_ = 0;
  all_passed_ = true;
}

}  // namespace zk
