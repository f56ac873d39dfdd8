// SPDX-License-Identifier: Apache-2.0
//
// Retention: which snapshots and logs are no longer needed, and removing them.
//
// Place: the snapshot thread (autopurge) and administration. Threads: one purge at a time; files
// that are being written are newer than what it touches. Invariants:
//   1. The newest `keep` snapshots that look whole stay, and every log from the one that holds the
//      first transaction behind the oldest of them on: the database can be rebuilt from each.
//   2. Without `keep` such snapshots nothing is removed.
//   3. Files that are not snapshots or logs by name, and pinned ones, are never touched.
// Source: storage format, "Purge".
#pragma once

#include <set>
#include <string>
#include <vector>

#include "common/status.h"
#include "server/storage/disk.h"

namespace zk::storage {

struct PurgeOptions {
  std::string snapshot_dir;  // version-2 folders
  std::string log_dir;
  int keep = 3;                  // snapshots; at least 1
  std::set<std::string> pinned;  // names that are in use
};

struct PurgePlan {
  std::vector<std::string> snapshots;  // names, oldest first
  std::vector<std::string> logs;
};

// Looks only.
Result<PurgePlan> PlanPurge(Disk& disk, const PurgeOptions& options);
// Carries the plan out: logs go after snapshots, both oldest first, so that an interruption leaves
// what invariant 1 promises. Stops at the first error.
Status Purge(Disk& disk, const PurgeOptions& options, const PurgePlan& plan);

}  // namespace zk::storage
