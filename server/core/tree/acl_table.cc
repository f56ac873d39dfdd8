// SPDX-License-Identifier: Apache-2.0
#include "server/core/tree/acl_table.h"

#include <algorithm>
#include <boost/container_hash/hash.hpp>
#include <cassert>
#include <tuple>

namespace zk {
namespace {

auto Key(const AclEntry& entry) { return std::tie(entry.id.scheme, entry.id.id, entry.perms); }

}  // namespace

bool AclLess(const AclList& a, const AclList& b) {
  return std::lexicographical_compare(
      a.begin(), a.end(), b.begin(), b.end(),
      [](const AclEntry& x, const AclEntry& y) { return Key(x) < Key(y); });
}

AclTable::AclTable() { Clear(); }

void AclTable::Clear() {
  ids_.clear();
  free_.clear();
  entries_.assign(1, Entry{OpenAcl(), 0});
}

size_t AclTable::Hash::operator()(const AclList* acl) const {
  size_t seed = acl->size();
  for (const AclEntry& entry : *acl) {
    boost::hash_combine(seed, entry.perms);
    boost::hash_combine(seed, entry.id.scheme);
    boost::hash_combine(seed, entry.id.id);
  }
  return seed;
}

uint32_t AclTable::Acquire(const AclRef& acl) {
  assert(acl != nullptr);
  const AclRef& open = entries_[kOpen].acl;
  if (acl == open || *acl == *open) {
    ++entries_[kOpen].users;
    return kOpen;
  }
  if (const auto it = ids_.find(acl.get()); it != ids_.end()) {
    ++entries_[it->second].users;
    return it->second;
  }
  uint32_t id = static_cast<uint32_t>(entries_.size());
  if (free_.empty()) {
    entries_.emplace_back();
  } else {
    id = free_.back();
    free_.pop_back();
  }
  entries_[id] = Entry{acl, 1};
  ids_.emplace(acl.get(), id);  // the entry keeps what the key points to
  return id;
}

void AclTable::Release(uint32_t id) {
  Entry& entry = entries_[id];
  assert(entry.users > 0);
  if (--entry.users > 0 || id == kOpen) return;
  ids_.erase(entry.acl.get());
  entry.acl.reset();
  free_.push_back(id);
}

std::vector<AclRef> AclTable::InUse() const {
  std::vector<AclRef> lists;
  lists.reserve(ids_.size());
  for (const auto& [acl, id] : ids_) lists.push_back(entries_[id].acl);
  std::sort(lists.begin(), lists.end(),
            [](const AclRef& a, const AclRef& b) { return AclLess(*a, *b); });
  return lists;
}

}  // namespace zk
