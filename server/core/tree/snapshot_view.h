// SPDX-License-Identifier: Apache-2.0
//
// SnapshotView: the tree exactly as it was at one zxid, read while writes go on.
//
// Place: made and destroyed by the rim inside an exclusive section; drained by the snapshot thread in
// short shared sections into storage/snapshot_file. One view of a tree at a time.
// Threads: Next() needs a shared section (no writer); the tree's mutators feed it pre-images.
// Invariants: nodes come in preorder, parents first, children sorted by name, so that files are
// byte-identical across replicas; the cursor does not depend on client-made depth (no recursion).
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "common/acl.h"
#include "common/shared_bytes.h"
#include "common/types.h"
#include "server/core/tree/database.h"
#include "server/core/tree/node.h"

namespace zk {

struct SnapshotNode {
  std::string path;  // "" for the root
  SharedBytes data;
  AclRef acl;
  NodeStat stat;
};

class SnapshotView {
 public:
  // Exclusive section. `db` must outlive the view; its tree must have no other active view.
  explicit SnapshotView(Database& db);
  ~SnapshotView();  // exclusive section
  SnapshotView(const SnapshotView&) = delete;
  SnapshotView& operator=(const SnapshotView&) = delete;

  Zxid zxid() const;
  uint64_t digest() const;
  // Sorted by id.
  const std::vector<std::pair<SessionId, int32_t>>& sessions() const;
  // The distinct lists in use at zxid() other than the open one, sorted by content.
  const std::vector<AclRef>& acls() const;

  // Appends up to `max_nodes` nodes to `out`; false when there are no more.
  bool Next(size_t max_nodes, std::vector<SnapshotNode>& out);
  // Bytes kept for pre-images and deleted nodes (Limits::view_bytes_max).
  size_t kept_bytes() const;

 private:
  friend class DataTree;
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace zk
