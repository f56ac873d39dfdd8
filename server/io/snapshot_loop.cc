// SPDX-License-Identifier: Apache-2.0
#include "server/io/snapshot_loop.h"

#include <algorithm>
#include <utility>

#include "common/log.h"
#include "server/io/log_prefix.h"
#include "server/io/pass_clock.h"
#include "server/storage/file_names.h"
#include "server/storage/purge.h"
#include "server/storage/snapshot_writer.h"

namespace zk::io {

SnapshotLoop::SnapshotLoop(Options options)
    : options_(std::move(options)), thread_([this] { Run(); }) {}

SnapshotLoop::~SnapshotLoop() { Stop(); }

void SnapshotLoop::Start(std::unique_ptr<SnapshotView> view) {
  {
    MutexLock lock(mutex_);
    if (!stop_) {
      next_ = std::move(view);
      condition_.NotifyOne();
      return;
    }
  }
  const Zxid zxid = view->zxid();
  options_.on_done({std::move(view), zxid, false, 0});
}

void SnapshotLoop::Stop() {
  {
    MutexLock lock(mutex_);
    stop_ = true;
  }
  condition_.NotifyOne();
  if (thread_.joinable()) thread_.join();
}

bool SnapshotLoop::stopping() {
  MutexLock lock(mutex_);
  return stop_;
}

void SnapshotLoop::Run() {
  SetThreadName("snapshot");
  const int64_t interval_ms = options_.config->autopurge_interval_ms;
  Instant next_purge = ReadClocks().mono;  // the first one at the start
  for (;;) {
    if (interval_ms > 0 && ReadClocks().mono >= next_purge) {
      Purge();
      next_purge = ReadClocks().mono + Duration{interval_ms};
    }
    std::unique_ptr<SnapshotView> view;
    {
      MutexLock lock(mutex_);
      while (next_ == nullptr && !stop_) {
        if (interval_ms <= 0) {
          condition_.Wait(mutex_);
          continue;
        }
        const Duration left = next_purge - ReadClocks().mono;
        if (left.ms <= 0) break;
        condition_.WaitFor(mutex_, left.ms);
      }
      view = std::move(next_);
      if (view == nullptr && stop_) return;
    }
    if (view != nullptr) Take(std::move(view));
  }
}

void SnapshotLoop::Take(std::unique_ptr<SnapshotView> view) {
  const Zxid zxid = view->zxid();
  const Instant start = ReadClocks().mono;
  const Status status = Write(*view);
  const Duration took = ReadClocks().mono - start;
  if (!status.ok() && !stopping()) {
    LOG(ERROR) << "ALARM: the snapshot at " << Hex(zxid) << " failed: " << status.message()
               << ". Serving goes on; the log grows until a snapshot succeeds.";
  }
  options_.on_done({std::move(view), zxid, status.ok(), took.ms});
}

Status SnapshotLoop::Write(SnapshotView& view) {
  const Limits& limits = options_.config->limits;
  const size_t slot = options_.guard->snapshot_slot();
  const auto options = storage::SnapshotWriter::OptionsOf(*options_.config);
  storage::SnapshotWriter writer(*options_.disk, options);
  LOG(INFO) << "Snapshotting: " << Hex(view.zxid()) << " to " << options.dir;
  if (Status status = writer.Begin(view); !status.ok()) return status;
  for (bool more = true; more;) {
    if (stopping()) return Status::Io("the server stops");
    nodes_.clear();
    options_.guard->LockShared(slot);
    more = view.Next(limits.snapshot_nodes_per_section, nodes_);
    const size_t kept = view.kept_bytes();
    options_.guard->UnlockShared(slot, true);
    if (kept > limits.view_bytes_max) {
      return Status::NoSpace("too much changed meanwhile: " + std::to_string(kept) +
                             " bytes of former states were kept");
    }
    if (Status status = writer.Add(nodes_); !status.ok()) return status;
  }
  const Result<std::string> name = writer.Finish();
  if (!name.ok()) return name.status();
  LOG(INFO) << "Snapshot " << *name << " taken";
  return Status::Ok();
}

void SnapshotLoop::Purge() {
  storage::PurgeOptions options;
  options.snapshot_dir = storage::VersionDir(options_.config->data_dir);
  options.log_dir = storage::VersionDir(options_.config->data_log_dir);
  options.keep = options_.config->autopurge_snap_retain_count;
  const Result<storage::PurgePlan> plan = storage::PlanPurge(*options_.disk, options);
  Status status = plan.status();
  if (plan.ok()) {
    if (plan->snapshots.empty() && plan->logs.empty()) return;
    status = storage::Purge(*options_.disk, options, *plan);
  }
  if (status.ok()) {
    LOG(INFO) << "Purge task completed: removed " << plan->snapshots.size() << " snapshots and "
              << plan->logs.size() << " logs";
  } else {
    LOG(WARNING) << "purging old files failed: " << status.message();
  }
}

}  // namespace zk::io
