// SPDX-License-Identifier: Apache-2.0
#include "server/core/tree/node.h"

#include <cassert>
#include <cstdlib>
#include <cstring>
#include <new>

#include "server/core/tree/owner.h"

namespace zk {
namespace {

constexpr uint8_t kSmallestArrayLog2 = 1;  // malloc's smallest block holds as much
// How far ahead of a walk the siblings are fetched: a directory's nodes lie all over the heap.
constexpr uint32_t kPrefetchSiblings = 8;

}  // namespace

proto::Stat Node::ClientStat(bool extended_types, bool emulate_353_ttl) const {
  // Wraps like Java's int: the stored counter may be anything a snapshot says.
  const uint32_t creates_and_deletes = 2 * static_cast<uint32_t>(stat_.cversion) - child_count_;
  const OwnerKind owner = KindOfOwner(stat_.ephemeral_owner, extended_types, emulate_353_ttl);
  proto::Stat out;
  out.czxid = stat_.czxid;
  out.mzxid = stat_.mzxid;
  out.ctime = stat_.ctime;
  out.mtime = stat_.mtime;
  out.version = stat_.version;
  out.cversion = static_cast<int32_t>(creates_and_deletes);
  out.aversion = stat_.aversion;
  out.ephemeralOwner = owner == OwnerKind::kSession ? stat_.ephemeral_owner : 0;
  out.dataLength = static_cast<int32_t>(data_.size());
  out.numChildren = static_cast<int32_t>(child_count_);
  out.pzxid = stat_.pzxid;
  return out;
}

const Node* Node::NextBelow(const Node* top) const {
  if (child_count_ > 0) return children_[0];
  for (const Node* node = this; node != top; node = node->parent_) {
    const Node* parent = node->parent_;
    const uint32_t next = node->index_in_parent_ + 1;
    if (next >= parent->child_count_) continue;
    if (next + kPrefetchSiblings < parent->child_count_) {
      __builtin_prefetch(&parent->children_[next + kPrefetchSiblings]->child_count_);
    }
    return parent->children_[next];
  }
  return nullptr;
}

Node* Node::New(std::string_view path, size_t name_offset) {
  assert(name_offset <= path.size() && path.size() <= UINT32_MAX);
  void* memory = std::malloc(sizeof(Node) + path.size());
  if (memory == nullptr) std::abort();
  Node* node = new (memory) Node();
  if (!path.empty()) std::memcpy(static_cast<void*>(node + 1), path.data(), path.size());
  node->path_size_ = static_cast<uint32_t>(path.size());
  node->name_offset_ = static_cast<uint32_t>(name_offset);
  return node;
}

void Node::Free(Node* node) {
  std::free(node->children_);
  node->~Node();
  std::free(node);
}

void Node::AddChild(Node* child) {
  assert(child->parent_ == nullptr && child_count_ < UINT32_MAX);
  if (child_count_ == child_capacity()) {
    SetChildCapacity(child_capacity_log2_ == 0 ? kSmallestArrayLog2 : child_capacity_log2_ + 1);
  }
  child->parent_ = this;
  child->index_in_parent_ = child_count_;
  children_[child_count_++] = child;
}

void Node::RemoveChild(Node* child) {
  assert(child->parent_ == this && children_[child->index_in_parent_] == child);
  Node* last = children_[--child_count_];
  children_[child->index_in_parent_] = last;
  last->index_in_parent_ = child->index_in_parent_;
  child->parent_ = nullptr;
  if (child_count_ == 0) {
    SetChildCapacity(0);
  } else if (child_capacity_log2_ > kSmallestArrayLog2 && child_count_ <= child_capacity() / 4) {
    // A quarter, not a half: a directory that swings around a power of two must not move each time.
    SetChildCapacity(child_capacity_log2_ - 1);
  }
}

void Node::SetChildCapacity(uint8_t log2) {
  child_capacity_log2_ = log2;
  if (log2 == 0) {
    std::free(children_);
    children_ = nullptr;
    return;
  }
  assert(child_count_ <= child_capacity());
  void* moved = std::realloc(children_, child_capacity() * sizeof(Node*));
  if (moved == nullptr) std::abort();
  children_ = static_cast<Node**>(moved);
}

}  // namespace zk
