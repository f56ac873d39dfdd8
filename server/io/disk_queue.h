// SPDX-License-Identifier: Apache-2.0
//
// DiskQueue: carries out Effects::disk in order: on the core loop's own thread while the disk is
// quick, on the log thread while it is slow. That thread also stands in for the core loop when a
// sync hangs (baton.h).
//
// Place: owned by the core loop. Threads: Add(), Run() and OnDone() by who holds the baton; the
// rest is the log thread's. Invariants:
//   1. Groups run one at a time, in order; `done` is reported after the sync of all of them.
//   2. What arrives while a group runs is the next group: there is no timer.
//   3. An error ends the process: what a failed sync left on the disk is not known.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <string>
#include <thread>
#include <vector>

#include "common/mutex.h"
#include "common/types.h"
#include "server/core/effects.h"
#include "server/core/shard/shard_report.h"
#include "server/io/baton.h"
#include "server/io/sync_policy.h"
#include "server/io/thread_sync.h"
#include "server/storage/executor.h"

namespace zk::io {

class DiskQueue {
 public:
  struct Options {
    storage::DiskExecutor* executor = nullptr;
    int64_t fsync_warning_ms = 1000;
    // Log thread: a group is done; the core loop calls OnDone() soon.
    std::function<void(uint64_t seq)> on_done;
    // Log thread, holding the baton: run the loop until OwnerIsBack().
    std::function<void()> stand_in;
    // Any thread: wakes the loop's poll.
    std::function<void()> wake;
  };
  DiskQueue(Options options, Baton<ThreadSync>& baton);
  ~DiskQueue();  // what was handed to the log thread is finished first

  // Takes the ops out of `ops`.
  void Add(std::vector<DiskOp>& ops);
  // Carries out what waits, if nothing is under way. Returns the seq that is durable now, 0 if this
  // call brought nothing (the log thread reports later). Puts the baton down meanwhile.
  uint64_t Run();
  // The core loop heard on_done.
  void OnDone();
  // Something waits that Run() would carry out.
  bool HasWork() const { return !waiting_.empty() && !under_way_; }
  bool idle() const { return waiting_.empty() && !under_way_; }

  // Of groups, for metrics; and how many were over the warning threshold.
  const LatencyStats& sync_times() const { return sync_times_; }
  int64_t slow_syncs() const { return slow_syncs_; }

 private:
  // All of running_; returns its last seq.
  uint64_t Execute();
  void LogThread();
  bool Sleep() ZK_EXCLUDES(mutex_);
  // Carries out what Run() handed over, if it did.
  bool RunJob() ZK_EXCLUDES(mutex_);
  // The log thread begins to look every 5 ms.
  void Watch() ZK_EXCLUDES(mutex_);

  const Options options_;
  Baton<ThreadSync>& baton_;
  SyncPolicy policy_;
  std::vector<DiskOp> waiting_;
  std::vector<DiskOp> running_;  // its runner's while under_way_
  bool under_way_ = false;
  int64_t slowest_micros_ = 0;  // sync of running_
  LatencyStats sync_times_;
  int64_t slow_syncs_ = 0;

  Mutex mutex_;
  CondVar condition_;
  bool job_ ZK_GUARDED_BY(mutex_) = false;
  bool stop_ ZK_GUARDED_BY(mutex_) = false;
  std::atomic<bool> watching_{false};  // the log thread looks at the baton every 5 ms
  std::thread thread_;
};

// Ends the process with exit code 1 and one line of reason.
[[noreturn]] void DieOfDisk(const Status& status);

}  // namespace zk::io
