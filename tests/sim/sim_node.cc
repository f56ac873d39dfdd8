// SPDX-License-Identifier: Apache-2.0
#include "tests/sim/sim_node.h"

#include <algorithm>
#include <utility>

#include "server/core/session/session_id.h"
#include "server/storage/file_names.h"
#include "server/storage/purge.h"
#include "server/storage/recovery.h"

namespace zk::sim {

namespace {
constexpr int64_t kTickUs = 100'000;
}  // namespace

SimNode::SimNode(NodeHost* host, EventQueue* events, SimDisk* disk, const ServerConfig* config,
                 NodeOptions options, Random random)
    : host_(host),
      events_(events),
      disk_(disk),
      config_(config),
      options_(options),
      random_(random) {}

SimNode::~SimNode() { *alive_ = false; }

Now SimNode::now() const {
  const int64_t ms = events_->now_us() / 1000;
  return {{ms}, {1'700'000'000'000 + ms + wall_offset_ms_}};
}

// Runs `action` later, unless this incarnation is gone by then; a paused process runs it after.
void SimNode::At(int64_t delay_us, std::function<void()> action) {
  events_->After(delay_us, [this, alive = alive_, action = std::move(action)] {
    if (!*alive) return;
    if (events_->now_us() < paused_until_us_) {
      At(paused_until_us_ - events_->now_us(), action);
    } else {
      action();
    }
  });
}

bool SimNode::Start() {
  Result<storage::Recovered> recovered =
      storage::Recover(*disk_, *config_, {.repair = true, .strict = options_.strict_replay});
  if (!recovered.ok()) {
    Die("start refused: " + recovered.status().message());
    return false;
  }
  host_->OnRecovered(*recovered->db);
  storage::TxnLog::Options log_options;
  log_options.dir = storage::VersionDir(config_->data_log_dir);
  log_options.preallocate_bytes = config_->limits.preallocate_bytes;
  log_options.size_limit_bytes = config_->limits.log_size_limit_bytes;
  log_ = std::make_unique<storage::TxnLog>(*disk_, log_options, recovered->db->last_processed);
  executor_ = std::make_unique<storage::DiskExecutor>(*log_, config_->limits);
  Replica::Options replica_options;
  replica_options.config = config_;
  replica_options.shards = options_.shards;
  replica_options.first_session_id = FirstSessionId(1, now().mono.ms + 1);
  replica_options.strict = options_.strict_replay;
  replica_ =
      std::make_unique<Replica>(replica_options, std::move(recovered->db), random_.Fork(), now());
  loops_.resize(options_.shards);
  for (uint16_t i = 0; i < options_.shards; i++) {
    loops_[i].shard = std::make_unique<Shard>(Shard::Options{config_, i, options_.shards});
  }
  Tick();
  return true;
}

void SimNode::Die(const std::string& reason) {
  if (!*alive_) return;
  *alive_ = false;
  host_->OnDied(reason);
}

void SimNode::Pause(int64_t us) { paused_until_us_ = events_->now_us() + us; }

// --- sockets
// --------------------------------------------------------------------------------------

void SimNode::Accept(uint64_t conn) {
  const auto shard = static_cast<uint16_t>(conn % options_.shards);
  Loop& loop = loops_[shard];
  const ConnIndex index =
      loop.shard->OnAccepted("127.0.0.1", static_cast<uint16_t>(1000 + conn % 60000), now());
  sockets_[conn] = {shard, index, "", false, false};
  loop.conns[index] = conn;
}

void SimNode::Deliver(uint64_t conn, std::string bytes) {
  auto found = sockets_.find(conn);
  if (found == sockets_.end()) return;
  found->second.arrived += bytes;
  ScheduleShard(found->second.shard, options_.loop_delay_us);
}

void SimNode::PeerClosed(uint64_t conn) {
  auto found = sockets_.find(conn);
  if (found == sockets_.end()) return;
  found->second.peer_closed = true;
  found->second.reset = random_.OneIn(2);
  ScheduleShard(found->second.shard, options_.loop_delay_us);
}

void SimNode::CloseSocket(Loop& loop, ConnIndex index) {
  const uint64_t conn = loop.conns[index];
  loop.conns.erase(index);
  sockets_.erase(conn);
  loop.shard->OnClosed(index, loop.effects);
  host_->CloseConnection(conn);
}

// --- a shard's pass
// -------------------------------------------------------------------------------

void SimNode::ScheduleShard(size_t index, int64_t max_delay_us) {
  if (!options_.several_loops) {
    ScheduleCore();
    return;
  }
  Loop& loop = loops_[index];
  if (loop.scheduled) return;
  loop.scheduled = true;
  At(random_.Between(0, max_delay_us), [this, index] {
    loops_[index].scheduled = false;
    ShardPass(index);
  });
}

void SimNode::ShardPass(size_t index) {
  Loop& loop = loops_[index];
  ReadSockets(loop, index);
  Drain(loop);
  RunSections(loop, index);
  Flush(loop);
  HandToCore(loop, index);
  loop.shard->CheckInvariants();
}

void SimNode::ReadSockets(Loop& loop, size_t index) {
  std::vector<uint64_t> conns;
  for (const auto& entry : loop.conns) conns.push_back(entry.second);
  for (const uint64_t conn : conns) {
    Socket& socket = sockets_[conn];
    while (!socket.arrived.empty()) {
      const std::span<char> space = loop.shard->InputSpace(socket.index);
      if (space.empty()) break;
      size_t size = std::min(space.size(), socket.arrived.size());
      if (random_.OneIn(4)) size = 1 + random_.Uniform(size);
      std::copy_n(socket.arrived.begin(), size, space.begin());
      socket.arrived.erase(0, size);
      loop.shard->OnBytes(socket.index, size, now(), loop.effects);
      HandToCore(loop, index);
    }
    if (!socket.peer_closed) continue;
    if (socket.reset && !socket.arrived.empty()) {
      host_->OnBytesLost(conn);
      socket.arrived.clear();
    }
    if (socket.arrived.empty()) CloseSocket(loop, socket.index);
  }
}

// Before any read: what was published earlier goes into the output buffers first.
void SimNode::Drain(Loop& loop) {
  while (!loop.inbox.empty()) {
    const std::shared_ptr<const Batch> batch = std::move(loop.inbox.front());
    loop.inbox.pop_front();
    loop.shard->OnBatch(*batch, now(), loop.effects);
  }
}

void SimNode::RunSections(Loop& loop, size_t index) {
  while (loop.shard->HasRunnable()) {
    const size_t budget = 1 + random_.Uniform(options_.section_max);
    const bool more = loop.shard->RunSection(replica_->db(), budget, now(), loop.effects);
    HandToCore(loop, index);
    if (more && random_.OneIn(2)) {  // a writer waits: stop early, the rest comes after a drain
      ScheduleShard(index, options_.loop_delay_us);
      return;
    }
    if (!more) return;
  }
}

void SimNode::HandToCore(Loop& loop, size_t index) {
  ShardEffects& e = loop.effects;
  for (const ShardEffects::ToCore& message : e.to_core) {
    // A copy, as an inbox between two threads makes one.
    auto body = std::make_shared<std::string>(message.request.body);
    auto password = std::make_shared<std::string>(message.session.password);
    auto run = [this, message, body, password](Effects& out) {
      switch (message.kind) {
        case ShardEffects::ToCore::Kind::kRequest: {
          ClientRequest request = message.request;
          request.body = *body;
          replica_->OnClientRequest(request, now(), out);
          break;
        }
        case ShardEffects::ToCore::Kind::kSession: {
          SessionRequest request = message.session;
          request.password = *password;
          replica_->OnSession(request, now(), out);
          break;
        }
        case ShardEffects::ToCore::Kind::kOriginClosed:
          replica_->OnOriginClosed(message.origin);
          break;
      }
    };
    core_inbox_.push_back({run});
  }
  loop.touches.insert(loop.touches.end(), e.touches.begin(), e.touches.end());
  if (e.flush_touches) {
    core_inbox_.push_back(
        {[this, index, touches = std::move(loop.touches), at = now().mono](Effects&) {
          replica_->OnTouches(static_cast<uint16_t>(index), touches, at);
        }});
    loop.touches.clear();
  }
  const bool resume = !e.resume.empty();
  const std::vector<ConnIndex> writable = std::move(e.writable);
  e.Clear();
  e.writable = writable;  // Flush() takes them
  if (resume) ScheduleShard(index, options_.loop_delay_us);
  if (!core_inbox_.empty()) ScheduleCore();
}

void SimNode::Flush(Loop& loop) {
  std::vector<ConnIndex> indexes;
  for (const auto& entry : loop.conns) indexes.push_back(entry.first);
  bool again = false;
  for (const ConnIndex index : indexes) {
    const std::string_view output = loop.shard->Output(index);
    if (!output.empty()) {
      size_t size = output.size();
      if (random_.Chance(options_.partial_send)) size = 1 + random_.Uniform(size);
      again = again || size < output.size();
      host_->ToClient(loop.conns[index], std::string(output.substr(0, size)));
      loop.shard->OnSent(index, size, now(), loop.effects);
    }
    if (loop.shard->WantsClose(index) && loop.shard->Output(index).empty()) {
      CloseSocket(loop, index);
    }
  }
  loop.effects.writable.clear();
  if (again) ScheduleShard(static_cast<size_t>(&loop - loops_.data()), options_.loop_delay_us);
}

// --- the core's pass
// ------------------------------------------------------------------------------

void SimNode::ScheduleCore() {
  if (core_scheduled_) return;
  core_scheduled_ = true;
  At(random_.Between(0, options_.loop_delay_us), [this] {
    core_scheduled_ = false;
    CorePass();
  });
}

void SimNode::CorePass() {
  if (syncing_ && !options_.threaded_sync) return;  // the loop itself is in fdatasync
  if (!options_.several_loops) {
    for (size_t i = 0; i < loops_.size(); i++) {
      ReadSockets(loops_[i], i);
      RunSections(loops_[i], i);
    }
  }
  size_t take = core_inbox_.size();
  if (options_.several_loops && random_.OneIn(4)) take = random_.Uniform(take + 1);
  for (; take > 0; take--) {
    const CoreMessage message = std::move(core_inbox_.front());
    core_inbox_.pop_front();
    message.run(effects_);
  }
  if (!core_inbox_.empty()) ScheduleCore();
  TakeEffects();
  if (!*alive_) return;
  StartSync();
  if (!*alive_) return;
  PublishAll();
}

void SimNode::TakeEffects() {
  if (!effects_.halt.empty()) {
    Die("halt: " + effects_.halt);
    return;
  }
  for (DiskOp& op : effects_.disk) {
    host_->OnAppended(op);
    disk_queue_.push_back(std::move(op));
  }
  const bool snapshot = effects_.start_snapshot;
  effects_.Clear();
  if (snapshot) StartSnapshot();
}

void SimNode::StartSync() {
  if (syncing_ || disk_queue_.empty()) return;
  std::vector<DiskOp> ops;
  ops.swap(disk_queue_);
  const Result<uint64_t> done = executor_->Execute(ops);
  if (disk_->dead()) {
    Die("crash at a disk call");
    return;
  }
  if (!done.ok()) {
    Die("log: " + done.status().message());
    return;
  }
  syncing_ = true;
  At(random_.Between(options_.sync_us_min, options_.sync_us_max),
     [this, seq = *done] { SyncDone(seq); });
}

void SimNode::SyncDone(uint64_t seq) {
  syncing_ = false;
  replica_->OnDiskDone(seq);
  PublishAll();
  if (!*alive_) return;
  ScheduleCore();
}

void SimNode::PublishAll() {
  while (replica_->HasPublishable()) {
    bool watches = random_.OneIn(8);  // a shard may gain its first watch unseen
    for (const Loop& loop : loops_) watches = watches || loop.shard->HasWatches();
    auto batch = std::make_shared<Batch>();
    replica_->set_build_changes(watches || options_.several_loops);
    replica_->Publish(1 + random_.Uniform(options_.publish_max), now(), effects_, *batch);
    host_->OnPublished(replica_->db().last_processed);
    TakeEffects();
    if (!*alive_) return;
    for (size_t i = 0; i < loops_.size(); i++) {
      if (options_.several_loops) {
        loops_[i].inbox.push_back(batch);
        ScheduleShard(i, options_.drain_delay_us);
      } else {
        loops_[i].shard->OnBatch(*batch, now(), loops_[i].effects);
      }
    }
    if (options_.several_loops && random_.OneIn(4)) {
      ScheduleCore();
      break;
    }
  }
  replica_->CheckInvariants();
  if (options_.several_loops) return;
  for (size_t i = 0; i < loops_.size(); i++) {
    Flush(loops_[i]);
    HandToCore(loops_[i], i);
    if (loops_[i].shard->HasRunnable()) ScheduleCore();
    loops_[i].shard->CheckInvariants();
  }
  StartSync();
}

void SimNode::Tick() {
  for (size_t i = 0; i < loops_.size(); i++) {
    // A pass over the sockets comes first: what has arrived counts as heard before the tick.
    ReadSockets(loops_[i], i);
    loops_[i].shard->OnTick(now(), loops_[i].effects);
    HandToCore(loops_[i], i);
    ScheduleShard(i, options_.loop_delay_us);
  }
  core_inbox_.push_back({[this](Effects& out) { replica_->OnTick(now(), out); }});
  ScheduleCore();
  At(kTickUs, [this] { Tick(); });
}

// --- snapshots
// ------------------------------------------------------------------------------------

void SimNode::StartSnapshot() {
  if (view_ != nullptr) {
    host_->OnInvariant("snapshot", "a second snapshot was asked for while one runs");
    return;
  }
  view_ = std::make_unique<SnapshotView>(replica_->mutable_db());
  writer_ = std::make_unique<storage::SnapshotWriter>(*disk_,
                                                      storage::SnapshotWriter::OptionsOf(*config_));
  snapshot_begun_ = false;
  At(random_.Between(0, 5000), [this] { SnapshotStep(); });
}

// True while there is more to write.
Result<bool> SimNode::WriteSomeNodes() {
  if (!snapshot_begun_) {
    snapshot_begun_ = true;
    const Status status = writer_->Begin(*view_);
    if (!status.ok()) return status;
    return true;
  }
  std::vector<SnapshotNode> nodes;
  const bool more = view_->Next(1 + random_.Uniform(8), nodes);
  const Status status = writer_->Add(nodes);
  if (!status.ok()) return status;
  if (more) return true;
  const Result<std::string> name = writer_->Finish();
  if (!name.ok()) return name.status();
  return false;
}

void SimNode::SnapshotStep() {
  const Result<bool> more = WriteSomeNodes();
  if (disk_->dead()) {
    Die("crash at a disk call of the snapshot");
    return;
  }
  if (more.ok() && *more) {
    At(random_.Between(0, 5000), [this] { SnapshotStep(); });
    return;
  }
  if (!more.ok()) host_->TraceNode("snapshot given up: " + more.status().message());
  snapshots_ += more.ok() ? 1 : 0;
  const Zxid zxid = view_->zxid();
  writer_.reset();
  view_.reset();
  replica_->OnSnapshotDone(more.ok(), zxid);
  if (random_.Chance(options_.purge)) Purge();
}

void SimNode::Purge() {
  storage::PurgeOptions options;
  options.snapshot_dir = storage::VersionDir(config_->data_dir);
  options.log_dir = storage::VersionDir(config_->data_log_dir);
  options.keep = config_->autopurge_snap_retain_count;
  const Result<storage::PurgePlan> plan = storage::PlanPurge(*disk_, options);
  Status status = plan.status();
  if (plan.ok()) {
    purged_ += plan->snapshots.size() + plan->logs.size();
    status = storage::Purge(*disk_, options, *plan);
  }
  if (disk_->dead()) {
    Die("crash at a disk call of the purge");
  } else if (!status.ok()) {
    host_->OnInvariant("purge", status.message());
  }
}

}  // namespace zk::sim
