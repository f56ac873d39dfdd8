// SPDX-License-Identifier: Apache-2.0
//
// Builds a Database from a snapshot file, ours or Java's.
//
// Place: recovery and administration. Threads: one owner at a time.
// Invariants:
//   1. A database is handed out only if every seal of its file was right.
//   2. db.last_processed is the zxid of the file's name; the log from there on is to be replayed.
//   3. A node whose list is not in the table (Java writes the table first, the nodes while lists
//   are
//      still being made) gets one that only a super user passes; the replay puts the right one in.
// Source: storage format, "Restore from snapshots", "Fuzzy snapshots and replay".
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "common/limits.h"
#include "common/status.h"
#include "server/core/tree/database.h"
#include "server/storage/disk.h"
#include "server/storage/snapshot_reader.h"

namespace zk::storage {

struct LoadedSnapshot {
  std::unique_ptr<Database> db;
  SnapshotTail tail;
  // Nodes of invariant 3, to be looked at again after the replay.
  std::vector<std::string> without_list;
  // The file holds exactly the state at its zxid, and a digest that is not the tree's.
  bool digest_differs = false;
};

// kCorruption with what is wrong, or an error of the disk. db->loaded_digest is set where the file
// is fuzzy and its digest can be compared later.
Result<LoadedSnapshot> LoadSnapshot(Disk& disk, const std::string& dir, const SnapshotFile& file,
                                    const Limits& limits, const TreeOptions& options);

// True if `acl` is a stand-in of invariant 3.
bool IsMissingList(const AclRef& acl);

}  // namespace zk::storage
