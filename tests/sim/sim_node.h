// SPDX-License-Identifier: Apache-2.0
//
// SimNode: the rim of one simulated server: the shipping cores and storage, on virtual time.
//
// Place: does what server/io does, with every choice of scheduling drawn from the seed: when a loop
// runs, how bytes are cut, how many reads a section runs, how many transactions a publish applies,
// whether the sync is inline or on a thread, how long a shard sleeps after a publish.
// Threads: single-threaded; loops and threads are events.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "common/random.h"
#include "common/server_config.h"
#include "server/core/replica.h"
#include "server/core/shard/shard.h"
#include "server/core/tree/snapshot_view.h"
#include "server/storage/executor.h"
#include "server/storage/snapshot_writer.h"
#include "server/storage/txn_log.h"
#include "tests/sim/event_queue.h"
#include "tests/sim/sim_disk.h"

namespace zk::sim {

// What a server needs of the world around it.
class NodeHost {
 public:
  virtual ~NodeHost() = default;
  virtual void ToClient(uint64_t conn, std::string bytes) = 0;
  virtual void CloseConnection(uint64_t conn) = 0;
  // A reset took bytes that had arrived and were not read.
  virtual void OnBytesLost(uint64_t conn) = 0;
  // A transaction was handed to the disk; a later one may replace it after a crash.
  virtual void OnAppended(const DiskOp& op) = 0;
  // The tree now stands at `zxid`; nothing of it has reached a client yet.
  virtual void OnPublished(Zxid zxid) = 0;
  virtual void OnRecovered(const Database& db) = 0;
  // The process ended by itself: a crash at a disk call, a lost disk, a refused start.
  virtual void OnDied(const std::string& reason) = 0;
  virtual void TraceNode(const std::string& what) = 0;
  virtual void OnInvariant(const std::string& invariant, const std::string& text) = 0;
};

struct NodeOptions {
  uint16_t shards = 1;
  bool several_loops = false;   // shards apart from the core, batches through inboxes
  bool threaded_sync = false;   // the loop goes on while the disk works
  int64_t loop_delay_us = 200;  // a loop wakes up to so late
  int64_t drain_delay_us = 500;
  int64_t sync_us_min = 50;
  int64_t sync_us_max = 2000;
  size_t section_max = 64;
  size_t publish_max = 64;
  double partial_send = 0.1;
  bool strict_replay = true;
  double purge = 0;  // chance of a purge after a snapshot
};

class SimNode {
 public:
  SimNode(NodeHost* host, EventQueue* events, SimDisk* disk, const ServerConfig* config,
          NodeOptions options, Random random);
  ~SimNode();

  // Recovers from the disk and starts to serve; false when it refuses (OnDied says why).
  bool Start();

  void Accept(uint64_t conn);
  // Bytes reach the socket; the loop reads them when it runs.
  void Deliver(uint64_t conn, std::string bytes);
  void PeerClosed(uint64_t conn);
  // The process stands still (SIGSTOP, a page fault storm); clocks go on.
  void Pause(int64_t us);
  void JumpWallClock(int64_t ms) { wall_offset_ms_ += ms; }

  // False once it died, also in Start(): nothing may be asked of it then.
  bool alive() const { return *alive_; }
  const Database& db() const { return replica_->db(); }
  bool snapshot_running() const { return view_ != nullptr; }
  uint64_t snapshots() const { return snapshots_; }
  uint64_t purged() const { return purged_; }  // files

 private:
  struct Socket {
    uint16_t shard = 0;
    ConnIndex index = 0;
    std::string arrived;
    bool peer_closed = false;
    bool reset = false;  // what was not read is lost; else the end comes behind it
  };
  struct Loop {  // one per shard
    std::unique_ptr<Shard> shard;
    ShardEffects effects;
    std::map<ConnIndex, uint64_t> conns;
    std::deque<std::shared_ptr<const Batch>> inbox;
    std::vector<Touch> touches;
    bool scheduled = false;
  };
  // What a shard on a loop of its own sends to the core, copied.
  struct CoreMessage {
    std::function<void(Effects&)> run;
  };

  Now now() const;
  void At(int64_t delay_us, std::function<void()> action);
  void ScheduleCore();
  void ScheduleShard(size_t index, int64_t max_delay_us);
  void CorePass();
  void ShardPass(size_t index);
  void ReadSockets(Loop& loop, size_t index);
  void Drain(Loop& loop);
  void RunSections(Loop& loop, size_t index);
  void HandToCore(Loop& loop, size_t index);
  void Flush(Loop& loop);
  void CloseSocket(Loop& loop, ConnIndex index);
  void TakeEffects();
  void StartSync();
  void SyncDone(uint64_t seq);
  void PublishAll();
  void Tick();
  void StartSnapshot();
  void SnapshotStep();
  Result<bool> WriteSomeNodes();
  void Purge();
  void Die(const std::string& reason);

  NodeHost* host_;
  EventQueue* events_;
  SimDisk* disk_;
  const ServerConfig* config_;
  NodeOptions options_;
  Random random_;

  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
  int64_t wall_offset_ms_ = 0;
  int64_t paused_until_us_ = 0;
  std::unique_ptr<Replica> replica_;
  Effects effects_;
  std::vector<Loop> loops_;
  std::map<uint64_t, Socket> sockets_;
  std::deque<CoreMessage> core_inbox_;
  bool core_scheduled_ = false;

  std::unique_ptr<storage::TxnLog> log_;
  std::unique_ptr<storage::DiskExecutor> executor_;
  std::vector<DiskOp> disk_queue_;
  bool syncing_ = false;

  std::unique_ptr<SnapshotView> view_;
  std::unique_ptr<storage::SnapshotWriter> writer_;
  bool snapshot_begun_ = false;
  uint64_t snapshots_ = 0;
  uint64_t purged_ = 0;
};

}  // namespace zk::sim
