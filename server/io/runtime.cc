// SPDX-License-Identifier: Apache-2.0
#include "server/io/runtime.h"

#include <algorithm>
#include <climits>
#include <random>
#include <string>
#include <utility>

#include "common/log.h"
#include "server/core/session/session_id.h"
#include "server/io/log_prefix.h"
#include "server/io/pass_clock.h"
#include "server/storage/file_names.h"
#include "server/storage/recovery.h"

namespace zk::io {
namespace {

// Placement: up to so many cores, so many loops. Below four a message between two threads costs
// more than the second core wins; above 32 the exclusive sections cost more than a further loop
// wins.
struct Placement {
  unsigned cores;
  unsigned loops;
};
constexpr Placement kPlacements[] = {{3, 1}, {UINT_MAX, 32}};
constexpr unsigned kLoopsMax = 64;  // of what a person may ask for

// Session ids of a standalone server begin with 1, as Java's do.
constexpr Sid kStandaloneSid = 1;

uint64_t DrawSeed() {
  std::random_device device;  // tidy-allow(banned_names): the rim draws the seed of the process
  return (uint64_t{device()} << 32) | device();
}

storage::TxnLog::Options LogOptions(const ServerConfig& config) {
  storage::TxnLog::Options options;
  options.dir = storage::VersionDir(config.data_log_dir);
  options.preallocate_bytes = config.limits.preallocate_bytes;
  options.size_limit_bytes = config.limits.log_size_limit_bytes;
  options.force_sync = config.force_sync;
  return options;
}

}  // namespace

std::vector<LoopPlan> PlanLoops(int asked, unsigned cores) {
  unsigned loops = 1;
  if (asked > 0) {
    loops = std::min(static_cast<unsigned>(asked), kLoopsMax);
  } else {
    for (const Placement& placement : kPlacements) {
      if (cores > placement.cores) continue;
      loops = std::clamp(cores, 1u, placement.loops);
      break;
    }
  }
  std::vector<LoopPlan> plan;
  for (unsigned i = 0; i < loops; ++i) plan.push_back({i == 0, static_cast<uint16_t>(i)});
  return plan;
}

Runtime::Runtime(ServerConfig config, storage::Disk& disk)
    : config_(std::move(config)),
      plan_(PlanLoops(config_.loops, std::thread::hardware_concurrency())),
      disk_(disk) {}

Runtime::~Runtime() { Stop(); }

Status Runtime::Open() {
  storage::RecoverOptions options;
  options.hash_seed = DrawSeed();
  Result<storage::Recovered> recovered = storage::Recover(disk_, config_, options);
  if (!recovered.ok()) return recovered.status();
  for (const std::string& message : recovered->messages) LOG(WARNING) << message;
  if (recovered->uninitialized) {
    return Status::Invalid("the data directory " + config_.data_dir +
                           " is empty, and neither db.autocreate nor a file `initialize` says that "
                           "this is right");
  }
  recovered_ = std::move(recovered->db);
  LOG(INFO) << "Recovered up to " << Hex(recovered_->last_processed) << ": "
            << recovered_->tree.node_count() << " znodes, " << recovered_->sessions.size()
            << " sessions; snapshot " << Hex(recovered->snapshot) << " and " << recovered->replayed
            << " transactions of the log";
  return Status::Ok();
}

void Runtime::MakeLoops() {
  const auto shards = static_cast<uint16_t>(plan_.size());
  const Zxid last = recovered_->last_processed;
  log_ = std::make_unique<storage::TxnLog>(disk_, LogOptions(config_), last);
  executor_ = std::make_unique<storage::DiskExecutor>(*log_, config_.limits);
  guard_ = std::make_unique<Guard>(shards - 1);
  CoreLoop::Options core;
  core.config = &config_;
  core.shards = shards;
  core.db = std::move(recovered_);
  core.executor = executor_.get();
  core.guard = guard_.get();
  core.random = Random(DrawSeed());
  core.first_session_id = FirstSessionId(kStandaloneSid, ReadClocks().mono.ms);
  core.start_snapshot = [this](std::unique_ptr<SnapshotView> view) {
    snapshots_->Start(std::move(view));
  };
  core_ = std::make_unique<CoreLoop>(std::move(core));
  for (const LoopPlan& loop : plan_) {
    if (loop.replica) continue;
    ShardLoop::Options options;
    options.config = &config_;
    options.id = loop.shard;
    options.shards = shards;
    options.db = &core_->db();
    options.guard = guard_.get();
    options.send_to_core = [this](std::unique_ptr<ShardMail> mail) {
      core_->Send(std::move(mail));
    };
    shards_.push_back(std::make_unique<ShardLoop>(std::move(options)));
    core_->AddShard(shards_.back()->port());
  }
}

Status Runtime::Start() {
  MakeLoops();
  if (Status status = core_->Listen(); !status.ok()) return status;
  SnapshotLoop::Options snapshots;
  snapshots.config = &config_;
  snapshots.disk = &disk_;
  snapshots.guard = guard_.get();
  snapshots.on_done = [this](SnapshotDone done) { core_->Send(std::move(done)); };
  snapshots_ = std::make_unique<SnapshotLoop>(std::move(snapshots));
  threads_.emplace_back([this] {
    SetThreadName("core");
    core_->Run();
  });
  for (size_t i = 0; i < shards_.size(); ++i) {
    threads_.emplace_back([this, i] {
      SetThreadName("shard-" + std::to_string(i + 1));
      shards_[i]->Run();
    });
  }
  return Status::Ok();
}

// First what brings work, then what carries it out.
void Runtime::Stop() {
  if (threads_.empty()) return;
  for (auto& shard : shards_) {
    using Pushed = Inbox<CoreMail>::Pushed;
    if (shard->port().inbox.Push(CoreMail(StopRequest{})) == Pushed::kWakeOwner) {
      shard->port().loop.Wake();
    }
  }
  for (size_t i = 1; i < threads_.size(); ++i) threads_[i].join();
  snapshots_->Stop();
  core_->Send(StopRequest{});
  threads_[0].join();
  threads_.clear();
  core_.reset();
  shards_.clear();
}

int Runtime::client_port() const { return core_->client_port(); }

}  // namespace zk::io
