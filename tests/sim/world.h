// SPDX-License-Identifier: Apache-2.0
//
// World: one simulated run: a server, its disk, a network, clients and faults, all from one seed.
//
// Place: run by sim_main.cc and sim_test.cc. Threads: single-threaded; two runs of a seed are
// equal. Phases: faults (crashes at disk calls, lost and torn writes, cut connections, pauses,
// clock jumps), then liveness: faults stop and everything must come to an end.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "common/random.h"
#include "common/server_config.h"
#include "tests/sim/event_queue.h"
#include "tests/sim/expiry_oracle.h"
#include "tests/sim/model_tree.h"
#include "tests/sim/oracle.h"
#include "tests/sim/sim_client.h"
#include "tests/sim/sim_disk.h"
#include "tests/sim/sim_node.h"
#include "tests/sim/trace.h"

namespace zk::sim {

struct WorldOptions {
  uint64_t seed = 1;
  bool print_trace = false;
  int64_t run_ms = 20'000;  // length of the phase with faults, virtual
};

// What one run was, for the figures of a report.
struct Outcome {
  std::string violation;  // empty: none. "I23: ..." else
  std::string hash;
  uint64_t events = 0, lines = 0, restarts = 0, crashes = 0, transactions = 0;
  uint64_t writes_checked = 0, reads_checked = 0, watch_events = 0, snapshots = 0, expired = 0;
  uint64_t cuts = 0, pauses = 0, torn_writes = 0, lost_writes = 0, lost_names = 0, unknown = 0;
  uint64_t recoveries_checked = 0, purged = 0;
  int64_t virtual_ms = 0;
};

class World : public NodeHost, public ClientHost {
 public:
  explicit World(WorldOptions options);
  ~World() override;

  Outcome Run();

 private:
  struct Link {  // one connection
    int client = 0;
    uint64_t incarnation = 0;  // of the server
    bool open = true;
    int64_t to_server_us = 0;  // bytes keep their order: none arrives before these times
    int64_t to_client_us = 0;
    int64_t session = 0;  // that bytes of it were counted for as heard
  };
  struct Faults {
    int64_t crash_every_ms = 0;  // means; 0 = never
    int64_t cut_every_ms = 0;
    int64_t pause_every_ms = 0;
    int64_t clock_every_ms = 0;
    bool disk_call_crash = false;
    int64_t delay_us_max = 1000;
  };

  // ClientHost
  int64_t now_us() const override { return events_.now_us(); }
  uint64_t Dial(int client) override;
  void Send(uint64_t conn, std::string bytes) override;
  void Hangup(uint64_t conn) override;
  void TraceClient(int client, const std::string& what) override;
  void OnSessionLost(int client, int64_t session) override;
  // NodeHost
  void ToClient(uint64_t conn, std::string bytes) override;
  void CloseConnection(uint64_t conn) override;
  void OnBytesLost(uint64_t conn) override;
  void OnAppended(const DiskOp& op) override;
  void OnPublished(Zxid zxid) override;
  void OnRecovered(const Database& db) override;
  void OnDied(const std::string& reason) override;
  void TraceNode(const std::string& what) override;
  void OnInvariant(const std::string& invariant, const std::string& text) override;

  void DrawOptions();
  void StartNode();
  enum class Power { kCut, kMaybeCut };
  void KillNode(const std::string& reason, Power power);
  void ArmDiskCrash();
  void Every(int64_t mean_ms, std::function<void()> action);
  void StepClient(size_t index);
  void CutSomeConnection();
  void ApplyUpTo(Zxid zxid);
  void CompareState(const Database& db, const std::string& where);
  void CompareDurableCopy();
  void CheckExpiry(const DiskOp& op);
  void Liveness();
  int64_t Delay();
  void Violate(const std::string& invariant, const std::string& text);

  WorldOptions options_;
  Random random_;
  Random net_random_;
  Random fault_random_;
  Trace trace_;
  EventQueue events_;
  SimDisk disk_;
  ServerConfig config_;
  NodeOptions node_options_;
  Faults faults_;
  std::unique_ptr<SimNode> node_;
  std::vector<std::unique_ptr<SimNode>> graves_;  // freed when no call of theirs is on the stack
  uint64_t incarnation_ = 0;
  bool quiet_ = false;

  ModelTree model_;
  std::map<Zxid, std::string> appended_;  // what was last handed to the disk at each zxid
  Oracle oracle_;
  std::vector<std::unique_ptr<SimClient>> clients_;
  std::map<uint64_t, Link> links_;
  uint64_t next_conn_ = 1;
  ExpiryOracle expiry_;
  Outcome outcome_;
};

}  // namespace zk::sim
