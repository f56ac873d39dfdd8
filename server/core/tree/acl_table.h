// SPDX-License-Identifier: Apache-2.0
//
// AclTable: number -> access control list, each distinct list once.
//
// Place: inside DataTree; a node holds a number of 4 bytes. Threads: as DataTree.
// Invariants:
//   1. Equal content has one number; the open list, which nearly every node has, is kOpen for ever.
//   2. A list lives as long as a node uses it; its number is used again afterwards. Numbers are
//      therefore of this process only: files number the lists anew (SnapshotView::acls).
#pragma once

#include <boost/unordered/unordered_flat_map.hpp>
#include <cstdint>
#include <vector>

#include "common/acl.h"

namespace zk {

// An order by content, the same on every server.
bool AclLess(const AclList& a, const AclList& b);

class AclTable {
 public:
  static constexpr uint32_t kOpen = 0;

  AclTable();

  // The number of `acl` (not null), with one more user.
  uint32_t Acquire(const AclRef& acl);
  // One user less.
  void Release(uint32_t id);
  const AclRef& Get(uint32_t id) const { return entries_[id].acl; }
  // Lists in use other than the open one, sorted by content.
  std::vector<AclRef> InUse() const;
  size_t size() const { return ids_.size(); }
  void Clear();

 private:
  struct Entry {
    AclRef acl;
    uint64_t users = 0;
  };
  struct Hash {
    size_t operator()(const AclList* acl) const;
  };
  struct Equal {
    bool operator()(const AclList* a, const AclList* b) const { return *a == *b; }
  };

  std::vector<Entry> entries_;  // [kOpen] is always there
  std::vector<uint32_t> free_;
  boost::unordered_flat_map<const AclList*, uint32_t, Hash, Equal> ids_;  // all but the open one
};

}  // namespace zk
