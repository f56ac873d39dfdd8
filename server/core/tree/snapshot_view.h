// SPDX-License-Identifier: Apache-2.0
//
// SnapshotView: the tree exactly as it was at one zxid, read while writes go on.
//
// Place: made and destroyed by the rim inside an exclusive section; drained by the snapshot thread
// in short shared sections into storage/snapshot_file. One view of a tree at a time. Threads:
// Next() needs a shared section (no writer); the tree's mutators feed it pre-images. Invariants:
// nodes come in preorder, parents first, children sorted by name, so that files are byte-identical
// across replicas; the cursor does not depend on client-made depth (no recursion). A view that was
// drained has nothing left to free; one that is given up frees in its destructor.
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

  // Appends up to `max_nodes` (at least 1) nodes to `out`; false when there are no more. Ends early
  // behind a node with very many children: copying their list is work for one section.
  bool Next(size_t max_nodes, std::vector<SnapshotNode>& out);
  // Optional, between two Next(), by the same thread, without any section: sorts the children that
  // the last Next() copied, which takes a second for a million of them.
  void Prepare();
  // Bytes kept for pre-images and deleted nodes (Limits::view_bytes_max); a section, shared will
  // do.
  size_t kept_bytes() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace zk
