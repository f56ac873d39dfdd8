// SPDX-License-Identifier: Apache-2.0
//
// Replica: everything one server decides: sessions, request -> transaction, durable -> applied.
//
// Place: one per server, on the core loop; its rim is server/io or the simulator.
// Threads: none of its own; every call comes from the core loop (or from who holds its baton).
// Invariants:
//   1. A transaction is applied, and its reply made, only after OnDiskDone of its seq.
//   2. Replies and changes leave in zxid order, through Publish() only.
//   3. A write counts only from the current origin of its session.
//   4. It reads no clock: every input carries the time.
// Standalone role so far; election and Zab join as roles of this class.
#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "common/acl.h"
#include "common/proto/opcode.h"
#include "common/random.h"
#include "common/server_config.h"
#include "common/types.h"
#include "server/core/batch.h"
#include "server/core/effects.h"
#include "server/core/replica_stats.h"
#include "server/core/tree/database.h"

namespace zk {

// A request that goes through the pipeline: writes, sync, closeSession.
struct ClientRequest {
  Origin origin;
  SessionId session = 0;
  int32_t xid = 0;
  OpCode op = OpCode::kError;
  std::string_view body;  // behind the request header; valid during the call
  AuthRef auth;           // never null
};

struct SessionRequest {
  enum class Kind : uint8_t { kOpen, kReattach };
  Kind kind = Kind::kOpen;
  Origin origin;
  SessionId session = 0;           // kReattach
  int32_t timeout_ms = 0;          // negotiated
  std::string_view password = {};  // kReattach: what the client sent
};

// A session was heard of on a shard.
struct Touch {
  SessionId session = 0;
  int32_t timeout_ms = 0;  // the connection's negotiated one
  Instant heard;
};

class Replica {
 public:
  struct Options {
    const ServerConfig* config = nullptr;
    uint16_t shards = 1;
    // Session ids grow from here (client-server protocol, "Session id and password").
    SessionId first_session_id = 0;
    bool strict = false;  // simulator: needing Java's tolerance is a failure
  };
  // `db` is what recovery found. `random` only spaces snapshots.
  Replica(Options options, std::unique_ptr<Database> db, Random random, Now now);
  ~Replica();

  void OnClientRequest(const ClientRequest& request, Now now, Effects& out);
  void OnSession(const SessionRequest& request, Now now, Effects& out);
  // The connection is gone; its session lives on until it expires.
  void OnOriginClosed(Origin origin);
  // `flushed_at`: the shard had passed over all its readable sockets at that time.
  void OnTouches(uint16_t shard, std::span<const Touch> touches, Instant flushed_at);
  void OnTick(Now now, Effects& out);
  // Everything up to and with `seq` is durable.
  void OnDiskDone(uint64_t seq);
  void OnSnapshotDone(bool ok, Zxid zxid);

  // True if Publish() would produce something.
  bool HasPublishable() const;
  // Applies at most `max_txns` durable transactions and appends their items to `out` (and what else
  // the shards must hear). The rim calls it inside an exclusive section of the tree.
  void Publish(size_t max_txns, Now now, Effects& effects, Batch& out);
  // False: no shard holds a watch, changes need not be built.
  void set_build_changes(bool build);

  const Database& db() const;
  Database& mutable_db();  // for the snapshot view's hooks, inside an exclusive section
  ReplicaStats Stats() const;
  // Aborts with a message when an internal invariant does not hold (simulator, tests).
  void CheckInvariants() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace zk
