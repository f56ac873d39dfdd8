// SPDX-License-Identifier: Apache-2.0
#include "server/core/tree/snapshot_view.h"

#include <algorithm>
#include <cassert>
#include <cstring>
#include <utility>

#include "jute/encoder.h"
#include "server/core/tree/data_tree_impl.h"
#include "server/core/tree/pre_images.h"

namespace zk {
namespace {

// Children lists that one Next() copies, in nodes: about as long as a section of reads.
constexpr size_t kChildrenPerNext = 16384;

// The first 8 bytes of a name as a number that sorts like them: most comparisons stay out of nodes.
uint64_t SortKey(std::string_view name) {
  uint64_t first = 0;
  std::memcpy(&first, name.data(), std::min(name.size(), sizeof first));
  return jute::BigEndian(first);
}

void SortByName(std::vector<Node*>& nodes) {
  std::vector<std::pair<uint64_t, Node*>> keyed;
  keyed.reserve(nodes.size());
  for (Node* node : nodes) keyed.emplace_back(SortKey(node->name()), node);
  std::sort(keyed.begin(), keyed.end(), [](const auto& a, const auto& b) {
    if (a.first != b.first) return a.first < b.first;
    return a.second->name() < b.second->name();
  });
  std::transform(keyed.begin(), keyed.end(), nodes.begin(), [](const auto& k) { return k.second; });
}

}  // namespace

struct SnapshotView::Impl {
  // The children of one emitted node; `next` is the first that is not emitted.
  struct Frame {
    std::vector<Node*> children;
    size_t next = 0;
    bool sorted = false;
  };

  explicit Impl(Database& db)
      : tree(*db.tree.impl_),
        zxid(db.last_processed),
        digest(tree.digest),
        sessions(db.sessions.begin(), db.sessions.end()),
        acls(tree.acls.InUse()) {
    assert(tree.view == nullptr && !tree.loading);
    tree.view = &images;
    stack.push_back(Frame{{tree.root}, 0, true});
  }
  ~Impl() { tree.view = nullptr; }

  // Not null while the stack is not empty, since an exhausted frame is taken off at once.
  Node* Pop() {
    Sort();
    Frame& frame = stack.back();
    Node* node = frame.children[frame.next++];
    if (frame.next == frame.children.size()) stack.pop_back();
    return node;
  }
  void Sort() {
    if (stack.empty() || stack.back().sorted) return;
    SortByName(stack.back().children);
    stack.back().sorted = true;
  }
  SnapshotNode Copy(Node* node) const {
    SnapshotNode out;
    out.path = node->path();
    if (const PreImages::State* old = images.Find(node)) {
      out.data = old->data;
      out.acl = old->acl;
      out.stat = old->stat;
    } else {
      out.data = node->data();
      out.acl = tree.acls.Get(node->acl_id());
      out.stat = node->stat();
    }
    return out;
  }
  // Emits one node and says how many children were copied.
  size_t Emit(std::vector<SnapshotNode>& out) {
    Node* node = Pop();
    out.push_back(Copy(node));
    std::vector<Node*> children = images.TakeChildren(node);
    const size_t copied = children.size();
    if (copied > 0) stack.push_back(Frame{std::move(children), 0, false});
    images.Forget(node);
    return copied;
  }

  DataTree::Impl& tree;
  const Zxid zxid;
  const uint64_t digest;
  const std::vector<std::pair<SessionId, int32_t>> sessions;
  const std::vector<AclRef> acls;
  PreImages images;
  std::vector<Frame> stack;
};

SnapshotView::SnapshotView(Database& db) : impl_(std::make_unique<Impl>(db)) {}

SnapshotView::~SnapshotView() = default;

Zxid SnapshotView::zxid() const { return impl_->zxid; }

uint64_t SnapshotView::digest() const { return impl_->digest; }

const std::vector<std::pair<SessionId, int32_t>>& SnapshotView::sessions() const {
  return impl_->sessions;
}

const std::vector<AclRef>& SnapshotView::acls() const { return impl_->acls; }

bool SnapshotView::Next(size_t max_nodes, std::vector<SnapshotNode>& out) {
  assert(max_nodes > 0);
  if (impl_->stack.empty()) return false;
  size_t copied = 0;
  for (size_t n = 0; n < max_nodes && copied < kChildrenPerNext; ++n) {
    copied += impl_->Emit(out);
    if (impl_->stack.empty()) {
      impl_->images.SetAllPassed();
      return false;
    }
  }
  impl_->images.SetPassed(out.back().path);
  return true;
}

void SnapshotView::Prepare() { impl_->Sort(); }

size_t SnapshotView::kept_bytes() const { return impl_->images.bytes(); }

}  // namespace zk
