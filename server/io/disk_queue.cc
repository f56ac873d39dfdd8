// SPDX-License-Identifier: Apache-2.0
#include "server/io/disk_queue.h"

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <span>
#include <utility>

#include "common/log.h"
#include "server/io/log_prefix.h"
#include "server/io/pass_clock.h"

namespace zk::io {
namespace {

constexpr int64_t kLookMs = 5;
// Looks without a sync between them, after which the log thread sleeps until it is called.
constexpr int kIdleLooks = 200;

int64_t MicrosSince(std::chrono::steady_clock::time_point start) {
  return std::chrono::duration_cast<std::chrono::microseconds>(std::chrono::steady_clock::now() -
                                                               start)
      .count();
}

}  // namespace

void DieOfDisk(const Status& status) {
  LOG(ERROR) << "Severe unrecoverable error, exiting: the log cannot be written: "
             << status.message() << " (exit code 1)";
  google::FlushLogFiles(google::GLOG_INFO);
  std::_Exit(1);
}

DiskQueue::DiskQueue(Options options, Baton<ThreadSync>& baton)
    : options_(std::move(options)), baton_(baton), thread_([this] { LogThread(); }) {}

DiskQueue::~DiskQueue() {
  {
    MutexLock lock(mutex_);
    stop_ = true;
  }
  condition_.NotifyOne();
  thread_.join();
}

void DiskQueue::Add(std::vector<DiskOp>& ops) {
  if (waiting_.empty()) {
    waiting_.swap(ops);
    return;
  }
  waiting_.insert(waiting_.end(), std::make_move_iterator(ops.begin()),
                  std::make_move_iterator(ops.end()));
  ops.clear();
}

uint64_t DiskQueue::Run() {
  if (!HasWork()) return 0;
  under_way_ = true;
  running_.swap(waiting_);
  if (policy_.threaded()) {
    {
      MutexLock lock(mutex_);
      job_ = true;
    }
    condition_.NotifyOne();
    return 0;
  }
  uint64_t seq = 0;
  const auto call = [&] {
    if (!watching_.load()) Watch();
    seq = Execute();
  };
  baton_.PutDownFor(call, options_.wake);
  OnDone();
  return seq;
}

void DiskQueue::OnDone() {
  policy_.OnSync(slowest_micros_, ReadClocks().mono);
  const int64_t ms = slowest_micros_ / 1000;
  sync_times_.min_ms = sync_times_.count == 0 ? ms : std::min(sync_times_.min_ms, ms);
  sync_times_.max_ms = std::max(sync_times_.max_ms, ms);
  sync_times_.sum_ms += ms;
  ++sync_times_.count;
  if (ms > options_.fsync_warning_ms) ++slow_syncs_;
  running_.clear();
  under_way_ = false;
}

uint64_t DiskQueue::Execute() {
  slowest_micros_ = 0;
  std::span<const DiskOp> rest = running_;
  while (!rest.empty()) {
    const auto start = std::chrono::steady_clock::now();
    const Result<size_t> done = options_.executor->ExecuteGroup(rest);
    if (!done.ok()) DieOfDisk(done.status());
    rest = rest.subspan(*done);
    const int64_t micros = MicrosSince(start);
    slowest_micros_ = std::max(slowest_micros_, micros);
    if (micros / 1000 > options_.fsync_warning_ms) {
      LOG(WARNING) << "fsync-ing the write ahead log took " << micros / 1000
                   << "ms, which slows every write down. Is the disk shared or failing?";
    }
  }
  return running_.back().seq;
}

void DiskQueue::Watch() {
  {
    MutexLock lock(mutex_);
    watching_.store(true);
  }
  condition_.NotifyOne();
}

void DiskQueue::LogThread() {
  SetThreadName("log");
  uint64_t look = 0;
  int idle_looks = 0;
  while (Sleep()) {
    if (RunJob() || !watching_.load()) continue;
    const uint64_t calls = baton_.calls();
    idle_looks = calls == look && calls % 2 == 0 ? idle_looks + 1 : 0;
    if (baton_.TryTakeUp(look)) {
      VLOG(1) << "a sync of the log hangs; reads and heartbeats go on without it";
      options_.stand_in();
      baton_.GiveBack();
    }
    if (idle_looks < kIdleLooks) continue;
    idle_looks = 0;
    watching_.store(false);
    if (baton_.calls() != calls) watching_.store(true);  // it began before it could see that
  }
}

// Until there is a job or it is time to look. False: the end.
bool DiskQueue::Sleep() {
  MutexLock lock(mutex_);
  if (!job_ && !stop_) {
    if (watching_.load()) {
      condition_.WaitFor(mutex_, kLookMs);
    } else {
      condition_.Wait(mutex_);
    }
  }
  return job_ || !stop_;
}

bool DiskQueue::RunJob() {
  {
    MutexLock lock(mutex_);
    if (!job_) return false;
  }
  const uint64_t seq = Execute();
  {
    MutexLock lock(mutex_);
    job_ = false;
  }
  options_.on_done(seq);
  return true;
}

}  // namespace zk::io
