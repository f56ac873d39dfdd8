// SPDX-License-Identifier: Apache-2.0
//
// Runtime: one server in this process: recovery, loops, threads, and the order in which they end.
//
// Place: main, and tests that run a server in-process. Threads: Open, Start and Stop by one thread.
// Invariant: after Stop() every transaction that was taken in is on the disk, every reply that was
// made has been offered to the kernel, and no thread of this object runs.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "common/server_config.h"
#include "common/status.h"
#include "common/types.h"
#include "server/io/core_loop.h"
#include "server/io/shard_loop.h"
#include "server/io/snapshot_loop.h"
#include "server/storage/disk.h"
#include "server/storage/executor.h"
#include "server/storage/txn_log.h"

namespace zk::io {

// What runs on one loop.
struct LoopPlan {
  bool replica = false;
  uint16_t shard = 0;
  friend bool operator==(const LoopPlan&, const LoopPlan&) = default;
};
// Where the machines go. `asked` is --loops: 0 = by the number of cores. Never empty.
std::vector<LoopPlan> PlanLoops(int asked, unsigned cores);

class Runtime {
 public:
  // `disk` must outlive the runtime.
  Runtime(ServerConfig config, storage::Disk& disk);
  ~Runtime();
  Runtime(const Runtime&) = delete;
  Runtime& operator=(const Runtime&) = delete;

  // Reads the data directory. kInvalid: the folders are missing or misused.
  Status Open();
  // After Open(): opens the client port and serves.
  Status Start();
  // Idempotent; also without Start().
  void Stop();

  // After Start().
  int client_port() const;
  size_t loops() const { return plan_.size(); }

 private:
  void MakeLoops();

  const ServerConfig config_;
  const std::vector<LoopPlan> plan_;
  storage::Disk& disk_;
  std::unique_ptr<Database> recovered_;
  std::unique_ptr<storage::TxnLog> log_;
  std::unique_ptr<storage::DiskExecutor> executor_;
  std::unique_ptr<Guard> guard_;
  std::unique_ptr<CoreLoop> core_;
  std::unique_ptr<SnapshotLoop> snapshots_;
  std::vector<std::unique_ptr<ShardLoop>> shards_;  // 1, 2, ...
  std::vector<std::thread> threads_;                // the core's first
};

}  // namespace zk::io
