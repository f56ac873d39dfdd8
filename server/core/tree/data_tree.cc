// SPDX-License-Identifier: Apache-2.0
#include "server/core/tree/data_tree.h"

#include <algorithm>
#include <cassert>
#include <utility>

#include "common/proto/opcode.h"
#include "server/core/tree/data_tree_impl.h"

namespace zk {
namespace {

constexpr std::string_view kConfigPath = "/zookeeper/config";

// Java's String.length() of valid UTF-8: one unit for each character, two for those of four bytes.
int64_t Utf16Length(std::string_view text) {
  int64_t units = 0;
  for (const char c : text) {
    const uint8_t byte = static_cast<uint8_t>(c);
    units += ((byte & 0xC0) != 0x80 ? 1 : 0) + (byte >= 0xF0 ? 1 : 0);
  }
  return units;
}

int64_t SignedSize(const SharedBytes& data) { return static_cast<int64_t>(data.size()); }

}  // namespace

DataTree::Impl::Impl(const TreeOptions& tree_options)
    : options(tree_options), index(tree_options.hash_seed) {
  Clear();
}

DataTree::Impl::~Impl() {
  assert(view == nullptr);
  index.ForEach([](Node* node) { Node::Free(node); });
  Node::Free(root);
}

void DataTree::Impl::Clear() {
  assert(view == nullptr);
  index.ForEach([](Node* node) { Node::Free(node); });
  index.Clear();
  owned.Clear();
  acls.Clear();
  quotas.Clear();
  if (root != nullptr) Node::Free(root);
  root = Node::New("", 0);
  root->in_digest_ = options.digest;
  root->acl_id_ = acls.Acquire(OpenAcl());
  size = 1;  // "" and "/"
  SetDataOf(*root, SharedBytes(std::string_view()));
  digest = DigestOf(*root);
  load_parent = nullptr;
}

Node* DataTree::Impl::Find(std::string_view path) const {
  if (path.empty() || path == "/") return root;
  return index.Find(path);
}

Node* DataTree::Impl::FindParent(std::string_view path, size_t slash) const {
  // Only "" leads to the root here: as a parent "/" would make a node "//x" beside "/x".
  return slash == 0 ? root : index.Find(path.substr(0, slash));
}

void DataTree::Impl::SetDataOf(Node& node, SharedBytes data) {
  size -= DataSizeOf(node);
  node.data_ = std::move(data);
  size += DataSizeOf(node);
  if (node.in_digest_) node.crc_prefix_ = DigestPrefix(node.path(), node.data_.view());
}

void DataTree::Impl::SetAclOf(Node& node, const AclRef& acl) {
  const uint32_t id = acls.Acquire(acl);  // first, so that an equal list does not go and come back
  acls.Release(node.acl_id_);
  node.acl_id_ = id;
}

void DataTree::Impl::RaiseChildVersion(Node* parent, int32_t cversion, Zxid zxid) {
  const int32_t now = parent->stat_.cversion;
  if (cversion == -1) cversion = static_cast<int32_t>(static_cast<uint32_t>(now) + 1);
  // A replayed create of a fuzzy snapshot must not turn back what later ones have done.
  if (cversion <= now) return;
  Change(parent, [&](Node& node) {
    node.stat_.cversion = cversion;
    node.stat_.pzxid = zxid.value;
  });
}

Node* DataTree::Impl::Insert(Node* parent, std::string_view path, uint64_t hash, SharedBytes data,
                             const AclRef& acl, const NodeStat& stat) {
  Node* node = Node::New(path, path.rfind('/') + 1);
  if (!index.Insert(node, hash)) {
    Node::Free(node);
    return nullptr;
  }
  node->stat_ = stat;
  node->acl_id_ = acls.Acquire(acl);
  node->in_digest_ = options.digest && PathInDigest(path);
  SetDataOf(*node, std::move(data));
  BeforeChildrenChange(*parent);
  parent->AddChild(node);
  if (view != nullptr) view->Created(node);
  owned.Add(node, KindOf(stat));
  digest += DigestOf(*node);
  size += Utf16Length(path);
  return node;
}

void DataTree::Impl::Remove(Node* node) {
  assert(node != root && node->child_count_ == 0);
  Node* parent = node->parent_;
  BeforeChildrenChange(*parent);
  index.Erase(node);
  parent->RemoveChild(node);
  owned.Remove(node, KindOf(node->stat_));
  digest -= DigestOf(*node);
  size -= Utf16Length(node->path()) + DataSizeOf(*node);
  QuotaAfterRemove(*parent, *node);
  if (view != nullptr) {
    const AclRef acl = acls.Get(node->acl_id_);
    acls.Release(node->acl_id_);
    view->Bury(node, acl);
  } else {
    acls.Release(node->acl_id_);
    Node::Free(node);
  }
}

void DataTree::Impl::RemoveBelow(Node* node) {
  for (Node* at = node;;) {
    while (at->child_count_ > 0) at = at->children_[at->child_count_ - 1];
    if (at == node) return;
    Node* parent = at->parent_;
    Remove(at);
    at = parent;
  }
}

DataTree::DataTree(TreeOptions options) : impl_(std::make_unique<Impl>(options)) {
  CreateArgs args;
  args.data = jute::Buffer(std::string_view());
  args.acl = OpenAcl();
  // The nodes that were always there: no zxid, no time, and their parents count no creates.
  args.parent_cversion = 0;
  for (const std::string_view path : {std::string_view("/zookeeper"), kQuotaRoot}) {
    args.path = path;
    Create(args);
  }
  args.path = kConfigPath;
  args.acl = std::make_shared<const AclList>(AclList{{kPermRead, {"world", "anyone"}}});
  Create(args);
  SetAcl(kConfigPath, args.acl, -1);
}

DataTree::~DataTree() = default;

const TreeOptions& DataTree::options() const { return impl_->options; }

const Node* DataTree::Find(std::string_view path) const { return impl_->Find(path); }

const Node* DataTree::root() const { return impl_->root; }

const AclRef& DataTree::AclOf(const Node& node) const { return impl_->acls.Get(node.acl_id_); }

ErrorCode DataTree::Create(const CreateArgs& args, const Node** created) {
  assert(args.acl != nullptr && !impl_->loading);
  const size_t slash = args.path.rfind('/');
  if (slash == args.path.npos) return ErrorCode::kBadArguments;
  if (args.path == "/") return ErrorCode::kNodeExists;
  Node* parent = impl_->FindParent(args.path, slash);
  if (parent == nullptr) return ErrorCode::kNoNode;
  const uint64_t hash = impl_->index.HashOf(args.path);
  if (Node* existing = impl_->index.Find(args.path, hash); existing != nullptr) {
    impl_->BeforeChange(*existing);
    impl_->SetAclOf(*existing, args.acl);
    if (args.fix_parent_of_existing) {
      impl_->RaiseChildVersion(parent, args.parent_cversion, args.zxid);
    }
    return ErrorCode::kNodeExists;
  }
  impl_->RaiseChildVersion(parent, args.parent_cversion, args.zxid);
  NodeStat stat;
  stat.czxid = stat.mzxid = stat.pzxid = args.zxid.value;
  stat.ctime = stat.mtime = args.time_ms;
  stat.ephemeral_owner = args.ephemeral_owner;
  Node* node = impl_->Insert(parent, args.path, hash, SharedBytes::From(args.data), args.acl, stat);
  impl_->QuotaAfterCreate(*parent, *node);
  if (created != nullptr) *created = node;
  return ErrorCode::kOk;
}

ErrorCode DataTree::Delete(std::string_view path, Zxid zxid) {
  assert(!impl_->loading);
  const size_t slash = path.rfind('/');
  if (slash == path.npos || path == "/") return ErrorCode::kBadArguments;
  Node* parent = impl_->FindParent(path, slash);
  if (parent == nullptr) return ErrorCode::kNoNode;
  if (zxid.value > parent->stat_.pzxid) {
    impl_->Change(parent, [&](Node& node) { node.stat_.pzxid = zxid.value; });
  }
  Node* node = impl_->index.Find(path);
  if (node == nullptr) return ErrorCode::kNoNode;
  impl_->RemoveBelow(node);
  impl_->Remove(node);
  return ErrorCode::kOk;
}

ErrorCode DataTree::SetData(std::string_view path, const jute::Buffer& data, int32_t version,
                            Zxid zxid, int64_t time_ms, const Node** changed) {
  assert(!impl_->loading);
  Node* node = impl_->Find(path);
  if (node == nullptr) return ErrorCode::kNoNode;
  const int64_t old_size = SignedSize(node->data_);
  impl_->Change(node, [&](Node& n) {
    n.stat_.mtime = time_ms;
    n.stat_.mzxid = zxid.value;
    n.stat_.version = version;
    impl_->SetDataOf(n, SharedBytes::From(data));
  });
  impl_->CountForQuota(node->path(), 0, SignedSize(node->data_) - old_size);
  if (changed != nullptr) *changed = node;
  return ErrorCode::kOk;
}

ErrorCode DataTree::SetAcl(std::string_view path, const AclRef& acl, int32_t version,
                           const Node** changed) {
  assert(acl != nullptr && !impl_->loading);
  Node* node = impl_->Find(path);
  if (node == nullptr) return ErrorCode::kNoNode;
  impl_->Change(node, [&](Node& n) {
    n.stat_.aversion = version;
    impl_->SetAclOf(n, acl);
  });
  if (changed != nullptr) *changed = node;
  return ErrorCode::kOk;
}

}  // namespace zk
