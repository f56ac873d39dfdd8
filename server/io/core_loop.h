// SPDX-License-Identifier: Apache-2.0
//
// CoreLoop: the loop of Replica, of shard 0 and of the acceptor; on few cores the only loop.
//
// Place: made by Runtime. Threads: Run() is the core thread's life; while it waits for a hanging
// sync the log thread runs the same passes (baton.h). Send() may be called by any. Invariants:
//   1. A pass: receive, run, sync, publish, drain, send. Nothing is sent before the sync of what it
//      answers, because a reply is made by Publish() only.
//   2. The tree changes only inside an exclusive section of the guard, and every other shard has
//   the
//      batch in its inbox before the section ends.
//   3. Touches are handed on only after a poll that left no readable socket behind.
//   4. No reference into the loop's state is held over DiskQueue::Run().
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <variant>
#include <vector>

#include "common/inbox.h"
#include "common/server_config.h"
#include "server/core/replica.h"
#include "server/core/tree/snapshot_view.h"
#include "server/io/acceptor.h"
#include "server/io/baton.h"
#include "server/io/disk_queue.h"
#include "server/io/event_loop.h"
#include "server/io/query_desk.h"
#include "server/io/shard_host.h"
#include "server/io/shard_loop.h"
#include "server/io/shard_mail.h"

namespace zk::io {

struct DiskDone {
  uint64_t seq = 0;
};
// The view comes back to be destroyed inside an exclusive section.
struct SnapshotDone {
  std::unique_ptr<SnapshotView> view;
  Zxid zxid;
  bool ok = false;
  int64_t took_ms = 0;
};
using ToCoreLoop = std::variant<std::unique_ptr<ShardMail>, DiskDone, SnapshotDone, StopRequest>;

class CoreLoop {
 public:
  struct Options {
    const ServerConfig* config = nullptr;
    uint16_t shards = 1;
    std::unique_ptr<Database> db;
    storage::DiskExecutor* executor = nullptr;
    Guard* guard = nullptr;
    Random random{0};
    SessionId first_session_id = 0;
    // The snapshot thread takes it from here; at most one is under way.
    std::function<void(std::unique_ptr<SnapshotView>)> start_snapshot;
  };
  explicit CoreLoop(Options options);
  ~CoreLoop();

  // Before Run(): the shards with loops of their own, in the order of their ids from 1.
  void AddShard(ShardPort& port) { ports_.push_back(&port); }
  // Opens the client port; connections wait until Run().
  Status Listen();
  int client_port() const { return acceptor_.port(); }
  const Database& db() const { return replica_.db(); }

  // Returns after a StopRequest, when everything taken in is on the disk and answered.
  void Run();
  void Send(ToCoreLoop message);

 private:
  void Pass();
  void RunWhileOwnerIsAway();
  void TakeMail();
  void Handle(ToCoreLoop& message);
  void Handle(ShardMail& mail);
  void OnSnapshotDone(SnapshotDone& done);
  void Submit(const ShardEffects::ToCore& message);
  void Tick();
  void RunReads();
  void RunDisk();
  void PublishAll();
  void PublishOne();
  // Pushes to all shards but 0; fills wake_.
  void Broadcast(const std::shared_ptr<const Batch>& batch);
  bool MustWake(size_t shard, const Batch& batch) const;
  bool AnyWatches() const;
  void Post(size_t shard, CoreMail mail);
  void HandOn(AcceptedSocket socket);
  void CloseDown();
  QueryDesk::Options DeskOptions();
  void CheckHalt() const;

  const ServerConfig& config_;
  Guard& guard_;
  const std::function<void(std::unique_ptr<SnapshotView>)> start_snapshot_;
  Baton<ThreadSync> baton_;
  EventLoop loop_;
  Inbox<ToCoreLoop> inbox_;
  Replica replica_;
  Effects effects_;
  ShardHost host_;
  std::vector<ShardPort*> ports_;  // of shards 1, 2, ...
  std::vector<char> answered_;     // by shard: the batch has something for it
  Acceptor acceptor_;
  QueryDesk desk_;
  Batch batch_;  // one loop: reused
  std::vector<ToCoreLoop> taken_;
  std::vector<Touch> touches_;
  std::vector<ShardPort*> wake_;
  size_t next_shard_ = 0;
  const Instant started_;
  LatencyStats snapshot_times_;
  bool tick_due_ = false;
  bool busy_ = false;
  bool stopping_ = false;
  std::unique_ptr<DiskQueue> disk_;  // its thread uses all of the above
};

}  // namespace zk::io
