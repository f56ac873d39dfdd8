// SPDX-License-Identifier: Apache-2.0
//
// SnapshotLoop: the snapshot thread: writes snapshots while writes go on, and removes old files.
//
// Place: made by Runtime. Threads: its own; Start() by the core loop, Stop() by the runtime.
// Invariants:
//   1. The tree is read in short shared sections of the guard, files are written outside them.
//   2. A view that was started comes back through on_done, whatever happened, so that the core
//      destroys it inside an exclusive section.
//   3. A snapshot that fails is an alarm in the log, not the end of the server: the older one and
//   the
//      log still hold everything.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <thread>
#include <vector>

#include "common/mutex.h"
#include "common/server_config.h"
#include "server/core/tree/snapshot_view.h"
#include "server/io/core_loop.h"
#include "server/storage/disk.h"

namespace zk::io {

class SnapshotLoop {
 public:
  struct Options {
    const ServerConfig* config = nullptr;
    storage::Disk* disk = nullptr;
    Guard* guard = nullptr;
    std::function<void(SnapshotDone)> on_done;
  };
  explicit SnapshotLoop(Options options);
  ~SnapshotLoop();  // Stop()

  void Start(std::unique_ptr<SnapshotView> view);
  // Gives a running snapshot up and ends the thread. Idempotent.
  void Stop();

 private:
  void Run();
  void Take(std::unique_ptr<SnapshotView> view);
  Status Write(SnapshotView& view);
  void Purge();
  bool stopping() ZK_EXCLUDES(mutex_);

  const Options options_;
  Mutex mutex_;
  CondVar condition_;
  std::unique_ptr<SnapshotView> next_ ZK_GUARDED_BY(mutex_);
  bool stop_ ZK_GUARDED_BY(mutex_) = false;
  std::vector<SnapshotNode> nodes_;
  std::thread thread_;
};

}  // namespace zk::io
