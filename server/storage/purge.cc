// SPDX-License-Identifier: Apache-2.0
#include "server/storage/purge.h"

#include <algorithm>
#include <optional>

#include "server/storage/file_names.h"
#include "server/storage/snapshot_reader.h"

namespace zk::storage {
namespace {

// The zxid of the oldest snapshot to keep; nothing if there are too few.
Result<std::optional<Zxid>> OldestKept(Disk& disk, const std::string& dir,
                                       const std::vector<SnapshotFile>& snapshots, int keep) {
  int found = 0;
  for (auto file = snapshots.rbegin(); file != snapshots.rend(); ++file) {
    const auto whole = LooksLikeSnapshot(disk, dir, *file);
    if (!whole.ok()) return whole.status();
    if (*whole && ++found >= std::max(keep, 1)) return std::optional<Zxid>(file->zxid);
  }
  return std::optional<Zxid>();
}

}  // namespace

Result<PurgePlan> PlanPurge(Disk& disk, const PurgeOptions& options) {
  const auto snapshots = ListSnapshots(disk, options.snapshot_dir);
  if (!snapshots.ok()) return snapshots.status();
  const auto logs = ListLogs(disk, options.log_dir);
  if (!logs.ok()) return logs.status();
  PurgePlan plan;
  const auto kept = OldestKept(disk, options.snapshot_dir, *snapshots, options.keep);
  if (!kept.ok()) return kept.status();
  if (!kept->has_value()) return plan;
  const Zxid oldest = **kept;
  for (const SnapshotFile& file : *snapshots) {
    if (file.zxid < oldest && !options.pinned.contains(file.name)) {
      plan.snapshots.push_back(file.name);
    }
  }
  // One file more than a replay reads where the log was rolled right at the snapshot: Java's rule.
  const auto needed = std::find_if(logs->rbegin(), logs->rend(),
                                   [&](const LogFile& file) { return file.first <= oldest; });
  if (needed == logs->rend()) return plan;
  for (const LogFile& file : *logs) {
    if (file.first < needed->first && !options.pinned.contains(file.name)) {
      plan.logs.push_back(file.name);
    }
  }
  return plan;
}

Status Purge(Disk& disk, const PurgeOptions& options, const PurgePlan& plan) {
  for (const std::string& name : plan.snapshots) {
    if (Status s = disk.Remove(options.snapshot_dir + "/" + name); !s.ok()) return s;
  }
  // The removals of snapshots first: a log must not be gone while a snapshot that needs it comes
  // back.
  if (!plan.snapshots.empty()) {
    if (Status s = disk.SyncDir(options.snapshot_dir); !s.ok()) return s;
  }
  for (const std::string& name : plan.logs) {
    if (Status s = disk.Remove(options.log_dir + "/" + name); !s.ok()) return s;
  }
  return plan.logs.empty() ? Status::Ok() : disk.SyncDir(options.log_dir);
}

}  // namespace zk::storage
