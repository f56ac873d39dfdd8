// SPDX-License-Identifier: Apache-2.0
#include "tests/sim/world.h"

#include <algorithm>
#include <utility>

#include "common/proto/txn.h"
#include "server/storage/recovery.h"

namespace zk::sim {

World::World(WorldOptions options)
    : options_(options),
      random_(options.seed),
      net_random_(random_.Fork()),
      fault_random_(random_.Fork()),
      trace_(options.print_trace),
      events_(random_.Fork()),
      disk_(random_.Fork()),
      oracle_(&model_, [this](const auto& i, const auto& t) { Violate(i, t); }) {
  DrawOptions();
  const Fail fail = [this](const auto& i, const auto& t) { Violate(i, t); };
  const auto count = static_cast<int>(random_.Between(1, 6));
  for (int id = 0; id < count; id++) {
    ClientOptions client;
    client.timeout_ms = static_cast<int32_t>(random_.Between(1000, 8000));
    client.pipeline = random_.OneIn(3) ? 1 : static_cast<size_t>(random_.Between(2, 40));
    client.authenticate = random_.OneIn(2);
    client.hangup = random_.OneIn(2) ? 0.005 : 0;
    client.close_session = random_.OneIn(2) ? 0.002 : 0;
    clients_.push_back(std::make_unique<SimClient>(id, client, WorkloadMix::Draw(random_),
                                                   random_.Fork(), this, &model_, &oracle_, fail));
  }
}

World::~World() = default;

// Swarm: each seed turns on a part of what can be turned on, and shrinks the limits, so that rare
// paths become common.
void World::DrawOptions() {
  config_.data_dir = "/data";
  config_.data_log_dir = random_.OneIn(3) ? "/log" : "/data";
  config_.tick_time_ms = random_.Between(200, 1000);
  config_.min_session_timeout_ms = 2 * config_.tick_time_ms;
  config_.max_session_timeout_ms = 20 * config_.tick_time_ms;
  config_.extended_types = true;
  config_.digest_enabled = !random_.OneIn(8);
  config_.container_check_interval_ms = random_.Between(200, 2000);
  config_.container_max_per_minute = 60'000;
  config_.snapshot_compression = static_cast<Compression>(random_.Uniform(3));
  Limits& limits = config_.limits;
  limits.max_connections_per_address = 0;
  limits.snap_count = random_.OneIn(3) ? 100'000 : random_.Between(2, 60);
  limits.preallocate_bytes = static_cast<size_t>(random_.Between(0, 3)) * 4096;
  limits.log_size_limit_bytes = random_.OneIn(4) ? random_.Between(2000, 20'000) : -1;
  limits.global_outstanding = static_cast<size_t>(random_.Between(1, 50));
  limits.section_reads = static_cast<size_t>(random_.Between(1, 64));
  limits.publish_txns = static_cast<size_t>(random_.Between(1, 64));
  limits.sync_txns = static_cast<size_t>(random_.Between(1, 100));
  limits.read_chunk = static_cast<size_t>(random_.Between(64, 8192));
  limits.output_soft = static_cast<size_t>(random_.Between(200, 20'000));

  node_options_.shards = static_cast<uint16_t>(random_.Between(1, 3));
  node_options_.several_loops = random_.OneIn(2);
  node_options_.threaded_sync = random_.OneIn(2);
  node_options_.section_max = static_cast<size_t>(random_.Between(1, 64));
  node_options_.publish_max = static_cast<size_t>(random_.Between(1, 64));
  node_options_.drain_delay_us = random_.Between(0, 20'000);
  node_options_.sync_us_max = random_.OneIn(4) ? 100'000 : 2000;
  node_options_.partial_send = random_.OneIn(2) ? 0.2 : 0;

  const auto mean = [&](int64_t low, int64_t high) {
    return random_.OneIn(3) ? 0 : random_.Between(low, high);
  };
  faults_.crash_every_ms = mean(500, 10'000);
  faults_.cut_every_ms = mean(100, 5000);
  faults_.pause_every_ms = mean(1000, 10'000);
  faults_.clock_every_ms = mean(1000, 10'000);
  faults_.disk_call_crash = random_.OneIn(2);
  faults_.delay_us_max = random_.OneIn(4) ? 50'000 : 1000;
  DiskFaults disk;
  disk.sync_error = random_.OneIn(5) ? 0.002 : 0;
  disk.no_space = random_.OneIn(5) ? 0.002 : 0;
  disk_.set_faults(disk);
  config_.autopurge_snap_retain_count = static_cast<int>(random_.Between(1, 3));
  node_options_.purge = random_.OneIn(2) ? 0.5 : 0;
}

Outcome World::Run() {
  StartNode();
  for (size_t i = 0; i < clients_.size(); i++) StepClient(i);
  Every(faults_.crash_every_ms, [this] {
    if (faults_.disk_call_crash) {
      ArmDiskCrash();
    } else {
      KillNode("killed", Power::kMaybeCut);
    }
  });
  Every(faults_.cut_every_ms, [this] { CutSomeConnection(); });
  Every(faults_.pause_every_ms, [this] {
    if (node_ == nullptr) return;
    outcome_.pauses++;
    TraceNode("paused");
    node_->Pause(fault_random_.Between(1, 8000) * 1000);
  });
  Every(faults_.clock_every_ms, [this] {
    if (node_ != nullptr) node_->JumpWallClock(fault_random_.Between(-100'000, 100'000));
  });
  Every(3000, [this] { CompareDurableCopy(); });
  const int64_t end_us = options_.run_ms * 1000;
  while (outcome_.violation.empty() && events_.RunOne(end_us)) graves_.clear();
  if (outcome_.violation.empty()) Liveness();
  outcome_.hash = trace_.Hash();
  outcome_.events = events_.count();
  outcome_.lines = trace_.lines();
  outcome_.transactions = static_cast<uint64_t>(model_.last().value);
  outcome_.writes_checked = oracle_.writes_checked();
  outcome_.reads_checked = oracle_.reads_checked();
  for (const auto& client : clients_) {
    outcome_.watch_events += client->events_checked();
    outcome_.unknown += client->unknown_outcomes();
  }
  outcome_.crashes = disk_.counts().crashes;
  outcome_.torn_writes = disk_.counts().torn_writes;
  outcome_.lost_writes = disk_.counts().lost_writes;
  outcome_.lost_names = disk_.counts().lost_names;
  outcome_.virtual_ms = events_.now_us() / 1000;
  return outcome_;
}

// Faults stop; within the time that reconnects and expiry need, nothing may be left without an end.
void World::Liveness() {
  quiet_ = true;
  disk_.set_faults({});
  disk_.CrashAtCall(0);
  for (auto& client : clients_) client->Quiesce();
  TraceNode("faults stop");
  const int64_t end_us = events_.now_us() + 60'000'000;
  const auto settled = [this] {
    return std::all_of(clients_.begin(), clients_.end(),
                       [](const auto& client) { return client->Settled(); });
  };
  while (outcome_.violation.empty() && !settled() && events_.RunOne(end_us)) graves_.clear();
  if (!outcome_.violation.empty()) return;
  for (const auto& client : clients_) {
    if (!client->Settled()) Violate("liveness", client->Describe());
  }
  if (node_ != nullptr && node_->alive()) CompareState(node_->db(), "at the end");
  KillNode("stopped at the end", Power::kCut);
  graves_.clear();
  StartNode();
}

void World::Violate(const std::string& invariant, const std::string& text) {
  TraceNode("VIOLATION " + invariant + ": " + text);
  if (outcome_.violation.empty()) outcome_.violation = invariant + ": " + text;
}

// --- the server's life
// ----------------------------------------------------------------------------

void World::StartNode() {
  incarnation_++;
  expiry_.ServerStarted(events_.now_us());
  TraceNode("starts");
  node_ =
      std::make_unique<SimNode>(this, &events_, &disk_, &config_, node_options_, random_.Fork());
  node_->Start();
}

// Every connection breaks. With the power goes what was not synced, at the disk's mercy; where only
// the process ends, the next one reads what was written and must make it durable itself.
void World::KillNode(const std::string& reason, Power power) {
  if (node_ == nullptr) return;
  TraceNode(reason);
  outcome_.restarts++;
  outcome_.snapshots += node_->snapshots();
  outcome_.purged += node_->purged();
  graves_.push_back(std::move(node_));
  if (power == Power::kCut || fault_random_.OneIn(2)) {
    disk_.Crash();
  } else {
    disk_.EndProcess();
  }
  for (auto& [conn, link] : links_) {
    if (!link.open) continue;
    link.open = false;
    events_.After(Delay(), [this, conn = conn, client = link.client] {
      clients_[static_cast<size_t>(client)]->OnClosed(conn);
    });
  }
  const int64_t down_us = quiet_ ? 1000 : fault_random_.Between(1, 3000) * 1000;
  events_.After(down_us, [this] {
    if (node_ == nullptr) StartNode();
  });
}

void World::ArmDiskCrash() { disk_.CrashAtCall(1 + fault_random_.Uniform(30)); }

void World::OnDied(const std::string& reason) {
  const bool expected = reason.starts_with("crash") || disk_.dead() || disk_.counts().errors > 0;
  if (!expected) Violate("I9", "the server ended by itself: " + reason);
  // Its frames are still on the stack: it is buried when this event is over.
  events_.After(0, [this, reason, incarnation = incarnation_] {
    if (incarnation == incarnation_) KillNode("died: " + reason, Power::kMaybeCut);
  });
}

void World::OnRecovered(const Database& db) {
  const Zxid zxid = db.last_processed;
  TraceNode("recovered " + Hex(zxid));
  if (zxid < model_.last()) {
    Violate("I9", "recovered " + Hex(zxid) + " but " + Hex(model_.last()) + " was published");
    return;
  }
  ApplyUpTo(zxid);
  CompareState(db, "after recovery");
  outcome_.recoveries_checked++;
  CompareDurableCopy();  // it may be served at once, so it must be there to stay
}

void World::OnAppended(const DiskOp& op) {
  if (op.kind != DiskOp::Kind::kAppend) return;
  appended_[op.zxid] = std::string(op.bytes.view());
  CheckExpiry(op);
}

void World::CheckExpiry(const DiskOp& op) {
  proto::TxnHeader header;
  if (!jute::Decode(op.bytes.view(), header)) return;
  if (header.type != static_cast<int32_t>(OpCode::kCloseSession) || header.cxid != 0) return;
  outcome_.expired++;
  const std::string wrong = expiry_.Expired(header.clientId, events_.now_us());
  if (!wrong.empty()) Violate("I17", wrong);
}

void World::OnPublished(Zxid zxid) { ApplyUpTo(zxid); }

void World::ApplyUpTo(Zxid zxid) {
  while (model_.last() < zxid) {
    const Zxid next = model_.last().Next();
    auto found = appended_.find(next);
    if (found == appended_.end()) {
      Violate("I2", Hex(next) + " was applied but never handed to the disk");
      return;
    }
    const std::string wrong = model_.Apply(found->second);
    proto::TxnHeader header;
    jute::Decode(found->second, header);
    trace_.Add(events_.now_us(), "log", Hex(next) + " type " + std::to_string(header.type));
    if (!wrong.empty()) Violate("I3", Hex(next) + ": " + wrong);
    appended_.erase(found);
  }
}

void World::OnInvariant(const std::string& invariant, const std::string& text) {
  Violate(invariant, text);
}

void World::TraceNode(const std::string& what) { trace_.Add(events_.now_us(), "server", what); }

// --- state against model
// --------------------------------------------------------------------------

void World::CompareState(const Database& db, const std::string& where) {
  const Zxid z = db.last_processed;
  const auto differs = [&](const std::string& path) {
    Violate("I14", path + " differs from T(" + Hex(z) + ") " + where);
  };
  std::vector<const Node*> stack{db.tree.root()};
  size_t nodes = 0;
  while (!stack.empty()) {
    const Node* node = stack.back();
    stack.pop_back();
    nodes++;
    const std::string path = node->path().empty() ? "/" : std::string(node->path());
    const ModelNode* model = model_.At(path, z);
    const NodeStat& s = node->stat();
    if (model == nullptr || node->data().is_null() == model->data.has_value() ||
        node->data().view() != model->data.value_or("") || s.czxid != model->czxid ||
        s.mzxid != model->mzxid || s.pzxid != model->pzxid || s.ctime != model->ctime ||
        s.mtime != model->mtime || s.version != model->version || s.cversion != model->creates ||
        s.aversion != model->aversion || s.ephemeral_owner != model->owner ||
        node->child_count() != static_cast<uint32_t>(model->children)) {
      differs(path);
      return;
    }
    std::vector<ModelAcl> acl;
    for (const AclEntry& e : *db.tree.AclOf(*node)) {
      acl.push_back({e.perms, e.id.scheme, e.id.id});
    }
    if (acl != model->acl) differs("the ACL of " + path);
    for (const Node* child : node->children()) stack.push_back(child);
  }
  if (nodes != model_.PathsAt(z).size()) differs("the number of nodes");
  size_t open = 0;
  for (const auto& [id, session] : model_.sessions()) {
    if (!model_.SessionOpenAt(id, z)) continue;
    open++;
    auto found = db.sessions.find(id);
    if (found == db.sessions.end() || found->second != session.timeout_ms) {
      differs("session " + Hex(id));
    }
  }
  if (open != db.sessions.size()) differs("the number of sessions");
}

// What would be found if the power failed now and the disk lost all it may lose.
void World::CompareDurableCopy() {
  if (node_ == nullptr || disk_.dead()) return;
  const std::unique_ptr<SimDisk> copy = disk_.DurableCopy();
  Result<storage::Recovered> recovered =
      storage::Recover(*copy, config_, {.repair = true, .strict = node_options_.strict_replay});
  if (!recovered.ok()) {
    Violate("I15", "the durable files do not open: " + recovered.status().message());
    return;
  }
  const Zxid zxid = recovered->db->last_processed;
  if (zxid < model_.last()) {
    Violate("I9", "durable up to " + Hex(zxid) + ", published up to " + Hex(model_.last()));
    return;
  }
  outcome_.recoveries_checked++;
  if (zxid == model_.last()) CompareState(*recovered->db, "in the durable files");
}

// --- network
// --------------------------------------------------------------------------------------

int64_t World::Delay() { return net_random_.Between(0, quiet_ ? 1000 : faults_.delay_us_max); }

uint64_t World::Dial(int client) {
  if (node_ == nullptr || !node_->alive() || disk_.dead()) return 0;
  const uint64_t conn = next_conn_++;
  links_[conn] = {client, incarnation_, true, 0, 0, 0};
  node_->Accept(conn);
  return conn;
}

void World::Send(uint64_t conn, std::string bytes) {
  Link& link = links_[conn];
  if (!link.open) return;
  link.to_server_us = std::max(link.to_server_us + 1, events_.now_us() + Delay());
  events_.After(link.to_server_us - events_.now_us(), [this, conn, bytes = std::move(bytes)] {
    Link& to = links_[conn];
    if (!to.open || to.incarnation != incarnation_ || node_ == nullptr) return;
    const int64_t session = clients_[static_cast<size_t>(to.client)]->session();
    const bool established = clients_[static_cast<size_t>(to.client)]->established();
    if (session != 0 && established) {
      expiry_.Heard(session, events_.now_us());
      to.session = session;
    }
    node_->Deliver(conn, bytes);
  });
}

void World::ToClient(uint64_t conn, std::string bytes) {
  Link& link = links_[conn];
  if (!link.open) return;
  link.to_client_us = std::max(link.to_client_us + 1, events_.now_us() + Delay());
  events_.After(link.to_client_us - events_.now_us(), [this, conn, bytes = std::move(bytes)] {
    if (!links_[conn].open) return;
    SimClient& client = *clients_[static_cast<size_t>(links_[conn].client)];
    client.OnBytes(conn, bytes);
    if (client.established()) expiry_.Negotiated(client.session(), client.timeout_ms());
  });
}

void World::Hangup(uint64_t conn) {
  Link& link = links_[conn];
  if (!link.open) return;
  link.open = false;
  events_.After(Delay(), [this, conn, incarnation = link.incarnation] {
    if (node_ != nullptr && incarnation == incarnation_) node_->PeerClosed(conn);
  });
}

// The server closed: the client reads what is on its way, then the end.
void World::CloseConnection(uint64_t conn) {
  Link& link = links_[conn];
  if (!link.open) return;
  link.to_client_us = std::max(link.to_client_us + 1, events_.now_us() + Delay());
  events_.After(link.to_client_us - events_.now_us(), [this, conn] {
    if (!links_[conn].open) return;
    links_[conn].open = false;
    clients_[static_cast<size_t>(links_[conn].client)]->OnClosed(conn);
  });
}

// The server could not know of them: when it heard the session last is uncertain now.
void World::OnBytesLost(uint64_t conn) { expiry_.Lost(links_[conn].session); }

void World::CutSomeConnection() {
  std::vector<uint64_t> open;
  for (const auto& [conn, link] : links_) {
    if (link.open) open.push_back(conn);
  }
  if (open.empty()) return;
  const uint64_t conn = open[fault_random_.Uniform(open.size())];
  outcome_.cuts++;
  TraceNode("connection " + std::to_string(conn) + " is cut");
  const int client = links_[conn].client;
  Hangup(conn);
  events_.After(Delay(),
                [this, conn, client] { clients_[static_cast<size_t>(client)]->OnClosed(conn); });
}

// --- clients
// --------------------------------------------------------------------------------------

void World::StepClient(size_t index) {
  clients_[index]->Step();
  const int64_t next_ms = quiet_ ? 50 : net_random_.Between(1, 60);
  events_.After(next_ms * 1000, [this, index] { StepClient(index); });
}

void World::TraceClient(int client, const std::string& what) {
  trace_.Add(events_.now_us(), "client" + std::to_string(client), what);
}

void World::OnSessionLost(int client, int64_t session) {
  (void)client;
  if (model_.SessionOpenAt(session, model_.last())) {
    Violate("I18", "session " + Hex(session) + " is refused though it is open");
  }
}

void World::Every(int64_t mean_ms, std::function<void()> action) {
  if (mean_ms == 0) return;
  events_.After(fault_random_.Between(1, 2 * mean_ms) * 1000, [this, mean_ms, action] {
    if (quiet_) return;
    action();
    Every(mean_ms, action);
  });
}

}  // namespace zk::sim
