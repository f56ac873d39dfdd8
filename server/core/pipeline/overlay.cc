// SPDX-License-Identifier: Apache-2.0
#include "server/core/pipeline/overlay.h"

#include <algorithm>
#include <utility>

#include "common/log.h"
#include "common/path.h"
#include "server/core/tree/digest.h"
#include "server/core/tree/index.h"

namespace zk {
namespace {

std::string_view WithoutAlias(std::string_view path) { return path == "/" ? "" : path; }

}  // namespace

size_t Overlay::Hash::operator()(std::string_view path) const { return PathHash::Of(path, seed); }

Overlay::Overlay(const DataTree& tree, uint64_t seed) : tree_(tree), records_(0, Hash{seed}) {}
Overlay::~Overlay() = default;

Overlay::Ref Overlay::Find(std::string_view path) const {
  Ref ref;
  ref.tree_ = &tree_;
  if (!records_.empty()) {
    const auto it = records_.find(WithoutAlias(path));
    if (it != records_.end()) {
      ref.record_ = it->second;
      return ref;
    }
  }
  ref.node_ = tree_.Find(path);
  return ref;
}

uint64_t Overlay::digest() const { return touches_.empty() ? tree_.digest() : digest_; }

bool Overlay::Counts(std::string_view path) const {
  return tree_.options().digest && PathInDigest(path);
}

void Overlay::Begin(Zxid zxid, bool undoable) {
  DCHECK(zxid > zxid_) << Hex(zxid);
  zxid_ = zxid;
  undoable_ = undoable;
  undo_.clear();
  digest_ = digest_at_begin_ = digest();
  touches_at_begin_ = touches_.size();
}

void Overlay::Rollback() {
  CHECK(undoable_);
  while (touches_.size() > touches_at_begin_) touches_.pop_back();
  for (size_t i = undo_.size(); i-- > 0;) {
    Undo& undo = undo_[i];
    if (undo.inserted) {
      Drop(undo.record);
    } else {
      undo.record->state = std::move(undo.before);
    }
  }
  undo_.clear();
  digest_ = digest_at_begin_;
}

// The record of `path`, made from the tree if need be, marked as touched by this transaction.
Overlay::State& Overlay::Own(std::string_view path, const Ref& ref) {
  path = WithoutAlias(path);
  Record* record = ref.record_;
  const bool inserted = record == nullptr;
  if (inserted) {
    if (free_.empty()) free_.push_back(pool_.emplace_back(std::make_unique<Record>()).get());
    record = free_.back();
    free_.pop_back();
    record->path.assign(path);
    State& state = record->state;
    state = State();
    if (ref.node_ != nullptr) {
      state.exists = true;
      state.stat = ref.node_->stat();
      state.acl = tree_.AclOf(*ref.node_);
      state.child_count = ref.node_->child_count();
      state.data_size = static_cast<uint32_t>(ref.node_->data().size());
      state.crc_prefix = ref.node_->crc_prefix();
      if (Counts(path)) state.digest = DigestOfStat(state.crc_prefix, state.stat);
    }
    records_.emplace(std::string_view(record->path), record);
  }
  if (undoable_) undo_.push_back({record, inserted, inserted ? State() : record->state});
  if (record->state.zxid != zxid_.value) {
    record->state.zxid = zxid_.value;
    touches_.push_back({zxid_.value, record});
  }
  return record->state;
}

void Overlay::Drop(Record* record) {
  records_.erase(std::string_view(record->path));
  record->state.acl.reset();
  free_.push_back(record);
}

void Overlay::Restat(std::string_view path, State& state) {
  if (!Counts(WithoutAlias(path))) return;
  const uint64_t digest = state.exists ? DigestOfStat(state.crc_prefix, state.stat) : 0;
  digest_ += digest - state.digest;
  state.digest = digest;
}

void Overlay::Create(std::string_view parent_path, Ref parent, Ref node, const NewNode& args) {
  State& above = Own(parent_path, parent);
  above.child_count++;
  if (args.parent_cversion > above.stat.cversion) {
    above.stat.cversion = args.parent_cversion;
    above.stat.pzxid = zxid_.value;
  }
  Restat(parent_path, above);

  State& state = Own(args.path, node);
  state.exists = true;
  state.stat = NodeStat();
  state.stat.czxid = state.stat.mzxid = state.stat.pzxid = zxid_.value;
  state.stat.ctime = state.stat.mtime = args.time_ms;
  state.stat.ephemeral_owner = args.ephemeral_owner;
  state.acl = args.acl;
  state.child_count = 0;
  state.data_size = static_cast<uint32_t>(args.data.size());
  if (Counts(args.path)) state.crc_prefix = DigestPrefix(args.path, args.data.bytes());
  Restat(args.path, state);
}

void Overlay::Delete(std::string_view path, Ref node) {
  const std::string_view parent_path = ParentOf(path);
  const Ref parent = Find(parent_path);
  DCHECK(node.exists() && parent.exists()) << path;
  State& above = Own(parent_path, parent);
  above.child_count--;
  above.stat.pzxid = std::max(above.stat.pzxid, zxid_.value);
  Restat(parent_path, above);

  State& state = Own(path, node);
  state.exists = false;
  state.acl.reset();
  Restat(path, state);
}

void Overlay::SetData(std::string_view path, Ref node, const jute::Buffer& data, int32_t version,
                      int64_t time_ms) {
  State& state = Own(path, node);
  state.stat.version = version;
  state.stat.mtime = time_ms;
  state.stat.mzxid = zxid_.value;
  state.data_size = static_cast<uint32_t>(data.size());
  if (Counts(WithoutAlias(path))) {
    state.crc_prefix = DigestPrefix(WithoutAlias(path), data.bytes());
  }
  Restat(path, state);
}

void Overlay::SetAcl(std::string_view path, Ref node, const AclRef& acl, int32_t version) {
  State& state = Own(path, node);
  state.acl = acl;
  state.stat.aversion = version;
  Restat(path, state);
}

void Overlay::EphemeralsOf(SessionId session, std::vector<std::string>& out) const {
  const auto owned = [&](const Ref& ref) {
    return ref.exists() && ref.stat().ephemeral_owner == session;
  };
  for (const std::string_view path : tree_.EphemeralsOf(session)) {
    if (owned(Find(path))) out.emplace_back(path);
  }
  for (size_t i = 0; i < touches_.size(); i++) {
    const Record& record = *touches_[i].record;
    const bool newest = record.state.zxid == touches_[i].zxid;
    if (!newest || !record.state.exists || record.state.stat.ephemeral_owner != session) continue;
    const Node* node = tree_.Find(record.path);
    const bool listed = node != nullptr && node->stat().ephemeral_owner == session;
    if (!listed) out.push_back(record.path);
  }
}

void Overlay::Applied(Zxid zxid) {
  while (!touches_.empty() && touches_.front().zxid <= zxid.value) {
    const Touch touch = touches_.front();
    touches_.pop_front();
    if (touch.record->state.zxid == touch.zxid) Drop(touch.record);
  }
}

void Overlay::CheckInvariants(Zxid last_applied) const {
  CHECK(touches_.empty() == records_.empty());
  CHECK(records_.size() + free_.size() == pool_.size());
  for (size_t i = 0; i < touches_.size(); i++) {
    const Touch& touch = touches_[i];
    CHECK(touch.zxid > last_applied.value && touch.record->state.zxid >= touch.zxid);
    CHECK(i == 0 || touches_[i - 1].zxid <= touch.zxid);
  }
}

}  // namespace zk
