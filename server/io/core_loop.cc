// SPDX-License-Identifier: Apache-2.0
#include "server/io/core_loop.h"

#include <algorithm>
#include <cstdlib>
#include <utility>

#include "common/log.h"
#include "server/io/log_prefix.h"

namespace zk::io {
namespace {

constexpr size_t kInboxCapacity = 1 << 20;
// Sections of shard 0 in a pass: then the disk and the others have their turn.
constexpr int kSectionsPerPass = 64;
// A shard that nothing calls for still drains before so many batches wait.
constexpr size_t kBatchesUnwoken = 256;

Acceptor::Options AcceptorOptions(const ServerConfig& config) {
  Acceptor::Options options;
  options.address = config.client_port_address;
  options.port = config.client_port;
  options.backlog = config.listen_backlog;
  options.keep_alive = config.tcp_keep_alive;
  options.max_per_address = config.limits.max_connections_per_address;
  options.max_total = config.limits.max_connections;
  return options;
}

void Add(LatencyStats& stats, int64_t ms) {
  stats.min_ms = stats.count == 0 ? ms : std::min(stats.min_ms, ms);
  stats.max_ms = std::max(stats.max_ms, ms);
  stats.sum_ms += ms;
  ++stats.count;
}

}  // namespace

CoreLoop::CoreLoop(Options options)
    : config_(*options.config),
      guard_(*options.guard),
      start_snapshot_(std::move(options.start_snapshot)),
      loop_(TickSpacing(config_), [this] { tick_due_ = true; }),
      inbox_(kInboxCapacity),
      replica_({&config_, options.shards, options.first_session_id, false}, std::move(options.db),
               options.random, ReadClocks()),
      host_(loop_, {&config_, 0, options.shards},
            [this](std::span<const ShardEffects::ToCore> messages) {
              for (const auto& message : messages) Submit(message);
            }),
      answered_(options.shards, 0),
      acceptor_(loop_, AcceptorOptions(config_),
                [this](AcceptedSocket socket) { HandOn(std::move(socket)); }),
      desk_(DeskOptions()),
      started_(ReadClocks().mono) {
  DiskQueue::Options disk;
  disk.executor = options.executor;
  disk.fsync_warning_ms = config_.fsync_warning_ms;
  disk.on_done = [this](uint64_t seq) { Send(DiskDone{seq}); };
  disk.stand_in = [this] { RunWhileOwnerIsAway(); };
  disk.wake = [this] { loop_.Wake(); };
  disk_ = std::make_unique<DiskQueue>(std::move(disk), baton_);
}

CoreLoop::~CoreLoop() {
  disk_.reset();
  acceptor_.Stop();
  loop_.StopTicking();
  // Handlers that are due refer to parts that go before the loop does.
  loop_.Poll(false, EventLoop::Extent::kDrain, host_.poll_max());
}

Status CoreLoop::Listen() {
  Status status = acceptor_.Listen();
  if (status.ok()) LOG(INFO) << "binding to port " << acceptor_.Name();
  return status;
}

void CoreLoop::Run() {
  baton_.Take();
  while (!stopping_ || !disk_->idle() || replica_.HasPublishable()) Pass();
  CloseDown();
  baton_.Leave();
}

void CoreLoop::RunWhileOwnerIsAway() {
  while (!baton_.OwnerIsBack()) Pass();
}

void CoreLoop::Send(ToCoreLoop message) {
  const auto pushed = inbox_.Push(std::move(message));
  CHECK(pushed != Inbox<ToCoreLoop>::Pushed::kFull) << "the core's inbox is full";
  if (pushed == Inbox<ToCoreLoop>::Pushed::kWakeOwner) loop_.Wake();
}

void CoreLoop::Pass() {
  const bool block = !busy_ && inbox_.Park();
  const auto extent = tick_due_ ? EventLoop::Extent::kDrain : EventLoop::Extent::kSweep;
  const bool drained = loop_.Poll(block, extent, host_.poll_max());
  TakeMail();
  if (tick_due_ && drained) Tick();
  RunReads();
  if (!effects_.disk.empty()) {  // a sync is to cover all that is there
    loop_.PollMore();
    RunReads();
  }
  RunDisk();
  PublishAll();
  RunReads();  // what waited for the writes just answered
  for (FourLetterQuery& query : host_.TakeQueries()) desk_.Ask(std::move(query));
  host_.sockets().Flush();
  for (const std::string& address : host_.sockets().TakeClosed()) acceptor_.OnClosed(address);
  busy_ = tick_due_ || host_.shard().HasRunnable() || replica_.HasPublishable() ||
          !effects_.disk.empty() || disk_->HasWork();
}

void CoreLoop::TakeMail() {
  if (!inbox_.TakeAll(taken_)) return;
  for (ToCoreLoop& message : taken_) Handle(message);
  taken_.clear();
}

void CoreLoop::Handle(ToCoreLoop& message) {
  if (auto* mail = std::get_if<std::unique_ptr<ShardMail>>(&message)) {
    Handle(**mail);
  } else if (const auto* done = std::get_if<DiskDone>(&message)) {
    disk_->OnDone();
    replica_.OnDiskDone(done->seq);
  } else if (auto* snapshot = std::get_if<SnapshotDone>(&message)) {
    OnSnapshotDone(*snapshot);
  } else {
    stopping_ = true;
    acceptor_.Stop();
  }
}

void CoreLoop::Handle(ShardMail& mail) {
  for (const ShardEffects::ToCore& message : mail.to_core()) Submit(message);
  if (mail.flush_touches) replica_.OnTouches(mail.shard(), mail.touches, mail.flushed_at);
  for (FourLetterQuery& query : mail.queries) desk_.Ask(std::move(query));
  for (auto& [ticket, report] : mail.reports) desk_.OnReport(ticket, std::move(report));
  for (const std::string& address : mail.closed) acceptor_.OnClosed(address);
}

void CoreLoop::Submit(const ShardEffects::ToCore& message) {
  switch (message.kind) {
    case ShardEffects::ToCore::Kind::kRequest:
      return replica_.OnClientRequest(message.request, loop_.clock().now(), effects_);
    case ShardEffects::ToCore::Kind::kSession:
      return replica_.OnSession(message.session, loop_.clock().now(), effects_);
    case ShardEffects::ToCore::Kind::kOriginClosed:
      return replica_.OnOriginClosed(message.origin);
  }
}

void CoreLoop::Tick() {
  tick_due_ = false;
  host_.OnTick();
  if (host_.TakeTouches(touches_)) {
    replica_.OnTouches(0, touches_, loop_.clock().now().mono);
    touches_.clear();
  }
  replica_.OnTick(loop_.clock().now(), effects_);
  if (!stopping_) acceptor_.OnTick();
}

void CoreLoop::RunReads() {
  if (stopping_) return;
  for (int i = 0; i < kSectionsPerPass; ++i) {
    if (!host_.RunSection(replica_.db(), config_.limits.section_reads)) return;
  }
}

void CoreLoop::RunDisk() {
  CheckHalt();
  if (!effects_.disk.empty()) disk_->Add(effects_.disk);
  if (!disk_->HasWork()) return;
  const uint64_t seq = disk_->Run();
  loop_.clock().Expire();
  if (seq > 0) replica_.OnDiskDone(seq);
}

void CoreLoop::PublishAll() {
  while (replica_.HasPublishable()) PublishOne();
}

void CoreLoop::PublishOne() {
  std::shared_ptr<Batch> shared;
  if (!ports_.empty()) shared = std::make_shared<Batch>();
  Batch& batch = shared != nullptr ? *shared : batch_;
  batch.Clear();
  std::unique_ptr<SnapshotView> view;
  guard_.LockExclusive();
  replica_.set_build_changes(AnyWatches());
  replica_.Publish(config_.limits.publish_txns, loop_.clock().now(), effects_, batch);
  if (effects_.start_snapshot) view = std::make_unique<SnapshotView>(replica_.mutable_db());
  if (shared != nullptr && !batch.empty()) Broadcast(shared);
  guard_.UnlockExclusive();
  for (ShardPort* port : wake_) port->loop.Wake();
  wake_.clear();
  CheckHalt();
  if (view != nullptr) {
    effects_.start_snapshot = false;
    guard_.set_snapshot_active(true);
    start_snapshot_(std::move(view));
  }
  host_.OnBatch(batch);
}

bool CoreLoop::AnyWatches() const {
  return host_.shard().HasWatches() ||
         std::any_of(ports_.begin(), ports_.end(),
                     [](const ShardPort* port) { return port->has_watches.load(); });
}

void CoreLoop::Broadcast(const std::shared_ptr<const Batch>& batch) {
  std::fill(answered_.begin(), answered_.end(), 0);
  for (const BatchItem& item : batch->items) {
    if (item.origin.valid()) answered_[item.origin.shard] = 1;
  }
  for (size_t shard = 1; shard <= ports_.size(); ++shard) {
    ShardPort& port = *ports_[shard - 1];
    using Box = Inbox<CoreMail>;
    const auto wake = MustWake(shard, *batch) ? Box::Wake::kIfParked : Box::Wake::kNever;
    const auto pushed = port.inbox.Push(CoreMail(batch), wake);
    CHECK(pushed != Box::Pushed::kFull) << "the inbox of shard " << shard << " is full";
    if (pushed == Box::Pushed::kWakeOwner) wake_.push_back(&port);
  }
}

bool CoreLoop::MustWake(size_t shard, const Batch& batch) const {
  const ShardPort& port = *ports_[shard - 1];
  return answered_[shard] != 0 || (!batch.changes.empty() && port.has_watches.load()) ||
         port.inbox.size() >= kBatchesUnwoken;
}

void CoreLoop::Post(size_t shard, CoreMail mail) {
  ShardPort& port = *ports_[shard - 1];
  const auto pushed = port.inbox.Push(std::move(mail));
  CHECK(pushed != Inbox<CoreMail>::Pushed::kFull) << "the inbox of shard " << shard << " is full";
  if (pushed == Inbox<CoreMail>::Pushed::kWakeOwner) port.loop.Wake();
}

void CoreLoop::OnSnapshotDone(SnapshotDone& done) {
  guard_.LockExclusive();
  done.view.reset();
  guard_.UnlockExclusive();
  guard_.set_snapshot_active(false);
  if (done.ok) Add(snapshot_times_, done.took_ms);
  replica_.OnSnapshotDone(done.ok, done.zxid);
}

void CoreLoop::HandOn(AcceptedSocket socket) {
  const size_t shard = next_shard_++ % (ports_.size() + 1);
  if (shard == 0) {
    host_.sockets().Add(std::move(socket));
  } else {
    Post(shard, CoreMail(std::move(socket)));
  }
}

QueryDesk::Options CoreLoop::DeskOptions() {
  QueryDesk::Options desk;
  desk.config = &config_;
  desk.shards = answered_.size();
  desk.replica = [this] { return replica_.Stats(); };
  desk.ask = [this](size_t shard, uint64_t ticket, ReportParts parts) {
    if (shard == 0) return desk_.OnReport(ticket, host_.shard().Report(parts));
    Post(shard, CoreMail(ReportRequest{ticket, parts}));
  };
  desk.reset = [this](size_t shard, bool connections) {
    if (shard > 0) return Post(shard, CoreMail(ResetRequest{connections}));
    if (connections) return host_.shard().ResetConnectionStatistics();
    host_.shard().ResetStatistics();
  };
  desk.answer = [this](Origin origin, std::string text) {
    if (origin.shard == 0) return host_.OnQueryAnswer(origin, text);
    Post(origin.shard, CoreMail(QueryAnswer{origin, std::move(text)}));
  };
  desk.fill = [this](EnvReport& env) {
    env.now = loop_.clock().now();
    env.uptime_ms = (env.now.mono - started_).ms;
    env.client_port = acceptor_.port();
    env.summaries = {{"fsynctime", disk_->sync_times()}, {"snapshottime", snapshot_times_}};
    env.counters = {{"snap_count", snapshot_times_.count},
                    {"fsync_threshold_exceed_count", disk_->slow_syncs()}};
  };
  return desk;
}

// The last words of a clean stop: what was answered is sent, then every socket closes.
void CoreLoop::CloseDown() {
  TakeMail();  // a snapshot that was given up brings its view back
  host_.sockets().Flush();
  loop_.StopTicking();
}

void CoreLoop::CheckHalt() const {
  if (effects_.halt.empty()) return;
  LOG(ERROR) << "Severe unrecoverable error, exiting: " << effects_.halt << " (exit code 1)";
  google::FlushLogFiles(google::GLOG_INFO);
  std::_Exit(1);
}

}  // namespace zk::io
