// SPDX-License-Identifier: Apache-2.0
//
// Shard::Impl: what shard.cc (inputs of the rim and of the core) and shard_section.cc (running
// requests) share.
//
// Place: private to the shard. Threads: the shard's loop. Invariants, beside those of shard.h:
//   1. A connection is in at most one queue: `runnable` if its front can run now, `credit_waiters`
//   if
//      only a credit is missing, else none. Schedule() restores this after every change.
//   2. in_flight is the sum of pending_writes over all connections.
//   3. Only an open connection has watches.
#pragma once

#include <boost/intrusive/list.hpp>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "common/limits.h"
#include "common/server_config.h"
#include "server/core/shard/connection.h"
#include "server/core/shard/reads.h"
#include "server/core/shard/requests.h"
#include "server/core/shard/shard.h"
#include "server/core/shard/watch_table.h"

namespace zk {

struct Shard::Impl {
  explicit Impl(const Options& options);

  // The front of a connection's input, decoded once.
  struct Next {
    enum class Readiness : uint8_t { kNotNow, kNoCredit, kReady } readiness = Readiness::kNotNow;
    Connection::Front front;
    bool legal = false;  // has a request header, and its xid fits
    int32_t xid = 0;
    OpCode op = OpCode::kError;
    RequestKind kind = RequestKind::kRefused;
  };
  struct Section {
    const Database& db;
    Now now;
    ShardEffects& out;
    size_t reads_left = 0;
    size_t bytes_left = 0;
  };
  struct Slot {
    uint32_t generation = 0;
    std::unique_ptr<Connection> connection;
  };
  using Queue = boost::intrusive::list<Connection, boost::intrusive::constant_time_size<false>>;

  // shard.cc: connections.
  Connection& Get(ConnIndex index);
  const Connection& Get(ConnIndex index) const;
  Connection* Find(Origin origin);
  Origin OriginOf(const Connection& c) const { return {id, c.index, c.generation}; }
  bool TakesInput(const Connection& c) const;
  size_t Need(const Connection& c) const;
  void OnHandshakeBytes(Connection& c, ShardEffects& out);
  void Heard(Connection& c, Instant now);
  void MarkWritable(Connection& c, ShardEffects& out);
  void ResumeInput(Connection& c, ShardEffects& out);
  // `frames` of output were appended behind `unsent_before` bytes.
  void Appended(Connection& c, size_t unsent_before, size_t frames, Now now, ShardEffects& out);
  void CountResponse(size_t frame_size);
  // Nothing more is read or run; what is in the output is still sent.
  void Close(Connection& c, ShardEffects& out);
  // The output is dropped too.
  void Abort(Connection& c, ShardEffects& out);
  void HearPaused(Instant now);
  void FlushTouches(ShardEffects& out);
  void Sweep(Now now, ShardEffects& out);

  // shard.cc: order and credits.
  bool HasCredit(const Connection& c, size_t bytes) const;
  Next Examine(const Connection& c) const;
  void Schedule(Connection& c);
  void Unqueue(Connection& c);
  void ReturnCredits(Connection& c);
  void WakeCreditWaiters();

  // shard.cc: batches.
  void Deliver(const Batch& batch, const Change& change, Now now, ShardEffects& out);
  void Answer(const Batch& batch, const BatchItem& item, Now now, ShardEffects& out);
  void AnswerSession(Connection& c, std::string_view password, const BatchItem& item, Now now,
                     ShardEffects& out);

  // shard_section.cc.
  void RunConnection(Connection& c, Section& section);
  void RunHandshake(Connection& c, const Next& next, Section& section);
  void RunRequest(Connection& c, const Next& next, Section& section);
  void SubmitWrite(Connection& c, const Next& next, Section& section);
  void RunOneRead(Connection& c, const Next& next, Section& section);
  void RunSomeSetWatches(Connection& c, const Next& next, Section& section);
  void RunAuth(Connection& c, const Next& next, Section& section);
  void RunSasl(Connection& c, const Next& next, Section& section);
  ReadContext ContextOf(const Connection& c, const Section& section);
  // A request of this shard was answered; frees its frame.
  void Answered(Connection& c, const Next& next, Zxid zxid, Section& section);

  const ServerConfig& config;
  const Limits& limits;
  const uint16_t id;
  const size_t max_in_flight;
  const size_t max_in_flight_bytes;

  std::vector<Slot> slots;
  std::vector<uint32_t> free_slots;
  Queue runnable;
  Queue credit_waiters;
  size_t in_flight = 0;
  size_t in_flight_bytes = 0;
  size_t connection_count = 0;

  WatchTable watches;
  FiredWatches fired;
  std::string notification;

  uint64_t call = 0;  // counts inputs, so that each names a connection in `writable` once
  std::vector<ConnIndex> heard;
  std::vector<Touch> departed;  // touches of connections that are gone
  Instant last_tick;
  Instant next_flush;
  Instant next_sweep;
  bool was_late = false;

  LatencyStats latency;
  LatencyStats read_latency;
  LatencyStats update_latency;
  int64_t packets_received = 0;
  int64_t packets_sent = 0;
  int64_t bytes_received = 0;
  int64_t rejected = 0;
  int64_t auth_failed = 0;
  int64_t last_response_bytes = -1;
  int64_t min_response_bytes = -1;
  int64_t max_response_bytes = -1;
};

}  // namespace zk
