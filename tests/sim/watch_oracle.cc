// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "tests/sim/oracle.h"

namespace zk::sim {

bool Allowed(const std::vector<ModelAcl>& acl, const Identities& ids, int32_t perm) {
  return std::any_of(acl.begin(), acl.end(), [&](const ModelAcl& entry) {
    if ((entry.perms & perm) == 0) return false;
    return (entry.scheme == "world" && entry.id == "anyone") ||
           ids.contains({entry.scheme, entry.id});
  });
}

bool WatchOracle::MatchesDataTable(const std::string& path) const {
  if (data_.contains(path) || persistent_.contains(path)) return true;
  std::string at = path;
  for (;;) {
    if (recursive_.contains(at)) return true;
    if (at == "/") return false;
    at = ParentPath(at);
  }
}

void WatchOracle::Expect(EventType type, const std::string& path, const std::vector<ModelAcl>& acl,
                         const Identities& ids) {
  if (Allowed(acl, ids, kPermRead)) due_.push_back({type, path});
}

void WatchOracle::FireNext(const Identities& ids) {
  const Trigger& t = model_->triggers()[cursor_++];
  const bool in_data = MatchesDataTable(t.path);
  if (in_data) Expect(t.type, t.path, t.acl, ids);
  data_.erase(t.path);
  if (t.type == EventType::kNodeDataChanged) return;
  if (t.type == EventType::kNodeDeleted) {
    const bool in_child = child_.contains(t.path) || persistent_.contains(t.path);
    if (in_child && !in_data) Expect(EventType::kNodeDeleted, t.path, t.acl, ids);
    child_.erase(t.path);
  }
  if (child_.contains(t.parent) || persistent_.contains(t.parent)) {
    Expect(EventType::kNodeChildrenChanged, t.parent, t.parent_acl, ids);
  }
  child_.erase(t.parent);
}

void WatchOracle::OnEvent(const Seen& event, const Identities& ids) {
  while (due_.empty() && cursor_ < model_->triggers().size()) FireNext(ids);
  events_checked_++;
  const std::string text =
      "event " + std::to_string(static_cast<int>(event.type)) + " of " + event.path;
  if (due_.empty()) {
    fail_("I19", text + " that nothing makes due");
    return;
  }
  if (due_.front() != event) {
    fail_("I19", text + " read where event " + std::to_string(static_cast<int>(due_.front().type)) +
                     " of " + due_.front().path + " is due");
    return;
  }
  due_.pop_front();
}

void WatchOracle::OnReplyZxid(Zxid z, const Identities& ids) {
  while (cursor_ < model_->triggers().size() && model_->triggers()[cursor_].zxid <= z) {
    FireNext(ids);
  }
  if (!due_.empty()) {
    fail_("I19", "reply with zxid " + Hex(z) + " before event " +
                     std::to_string(static_cast<int>(due_.front().type)) + " of " +
                     due_.front().path);
  }
}

bool WatchOracle::Remove(const std::string& path, int32_t type) {
  size_t removed = 0;
  const auto is = [&](WatcherType t) {
    return type == static_cast<int32_t>(t) || type == static_cast<int32_t>(WatcherType::kAny);
  };
  if (is(WatcherType::kChildren)) removed += child_.erase(path);
  if (is(WatcherType::kData)) removed += data_.erase(path);
  if (is(WatcherType::kPersistent)) removed += persistent_.erase(path);
  if (is(WatcherType::kPersistentRecursive)) removed += recursive_.erase(path);
  return removed > 0;
}

// The server restores long lists in several sections, between which changes are published. So a
// path is judged by what happened to it from `relative` to the reply: something did, and exactly
// that path must have had its event; nothing did, and it must have had none and be watched from
// here on.
void WatchOracle::OnSetWatches(const SimRequest& request, Zxid z, const std::vector<Seen>& seen,
                               const Identities& ids) {
  Start(z);
  events_checked_ += seen.size();
  std::set<std::string> changed, parents, data_event, child_event;
  for (size_t i = model_->FirstTriggerAfter(request.relative); i < cursor_; i++) {
    changed.insert(model_->triggers()[i].path);
    parents.insert(model_->triggers()[i].parent);
  }
  for (const Seen& event : seen) {
    if (event.type != EventType::kNodeChildrenChanged) data_event.insert(event.path);
    if (event.type == EventType::kNodeChildrenChanged || event.type == EventType::kNodeDeleted) {
      child_event.insert(event.path);
    }
    if (!changed.contains(event.path) && !parents.contains(event.path)) {
      const bool present = model_->At(event.path, z) != nullptr;
      const bool exist_watch = event.type == EventType::kNodeCreated && present;
      const bool gone = event.type == EventType::kNodeDeleted && !present;
      if (!exist_watch && !gone)
        fail_("I19", "setWatches made an event of unchanged " + event.path);
    }
  }
  const auto must_be_in = [&](const std::set<std::string>& events, const std::string& path) {
    const ModelNode* before = model_->At(path, request.relative);
    const ModelNode* after = model_->At(path, z);
    const bool readable = before != nullptr && after != nullptr &&
                          Allowed(before->acl, ids, kPermRead) &&
                          Allowed(after->acl, ids, kPermRead);
    if (readable && !events.contains(path)) {
      fail_("I19", "setWatches since " + Hex(request.relative) + " at " + Hex(z) +
                       " made no event of changed " + path);
    }
  };
  for (const std::string& path : request.watches[0]) {
    if (changed.contains(path)) {
      must_be_in(data_event, path);
    } else if (!data_event.contains(path)) {
      AddData(path, false);
    }
  }
  for (const std::string& path : request.watches[1]) {
    if (data_event.contains(path)) continue;
    if (model_->At(path, z) != nullptr) must_be_in(data_event, path);
    if (model_->At(path, z) == nullptr) AddData(path, true);
  }
  for (const std::string& path : request.watches[2]) {
    if (parents.contains(path)) {
      must_be_in(child_event, path);
    } else if (!child_event.contains(path)) {
      AddChild(path);  // what happened to the node itself is none of its children
    }
  }
  for (const std::string& path : request.watches[3]) AddPersistent(path, false);
  for (const std::string& path : request.watches[4]) AddPersistent(path, true);
}

void WatchOracle::Consume(const std::vector<Seen>& seen) {
  for (const Seen& event : seen) {
    if (event.type != EventType::kNodeChildrenChanged) data_.erase(event.path);
    if (event.type == EventType::kNodeChildrenChanged || event.type == EventType::kNodeDeleted) {
      child_.erase(event.path);
    }
  }
}

}  // namespace zk::sim
