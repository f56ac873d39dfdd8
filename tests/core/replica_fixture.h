// SPDX-License-Identifier: Apache-2.0
//
// ReplicaFixture: a standalone Replica with verbs for its rim: clients that write, a disk that says
// when, a clock that stands still until it is moved.
//
// Place: tests of Replica. Threads: one.
// Invariants: Publish() checks the replica's own invariants and the order of what comes out; the
// replica is strict, so a transaction that meets a tree that it was not made for fails the test.
#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "common/server_config.h"
#include "server/core/pipeline/apply.h"
#include "server/core/pipeline/txn_codec.h"
#include "server/core/replica.h"
#include "tests/core/pipeline/requests.h"

namespace zk::test {

class ReplicaFixture : public ::testing::Test {
 protected:
  static constexpr SessionId kFirstSession = 0x0100001000000000;

  ReplicaFixture() {
    config_.tick_time_ms = 1000;
    config_.extended_types = true;
    auth_ = std::make_shared<const AuthIds>(AuthIds{{"ip", "127.0.0.1"}});
  }

  // A server over `db`, or over an empty one. Everything not durable before is forgotten.
  void Start(std::unique_ptr<Database> db = nullptr, uint16_t shards = 1) {
    if (db == nullptr) {
      db = std::make_unique<Database>(
          TreeOptions{.extended_types = config_.extended_types, .digest = config_.digest_enabled});
    }
    Replica::Options options;
    options.config = &config_;
    options.shards = shards;
    options.first_session_id = first_session_;
    options.strict = true;
    effects_.Clear();
    issued_ = durable_ = 0;
    replica_ = std::make_unique<Replica>(options, std::move(db), Random(42), now_);
  }
  Replica& replica() {
    if (replica_ == nullptr) Start();
    return *replica_;
  }

  static Origin Conn(uint32_t conn) { return {0, conn, 1}; }

  // --- clients ---
  void RequestOpen(Origin origin, int32_t timeout_ms = 30000) {
    SessionRequest request;
    request.origin = origin;
    request.timeout_ms = timeout_ms;
    replica().OnSession(request, now_, effects_);
  }
  // A session with its transaction done.
  SessionId Open(Origin origin, int32_t timeout_ms = 30000) {
    RequestOpen(origin, timeout_ms);
    Durable();
    const Batch batch = Publish();
    EXPECT_FALSE(batch.items.empty());
    return batch.items.empty() ? 0 : batch.items.back().session;
  }
  void Reattach(Origin origin, SessionId session, std::string_view password,
                int32_t timeout_ms = 30000) {
    SessionRequest request;
    request.kind = SessionRequest::Kind::kReattach;
    request.origin = origin;
    request.session = session;
    request.timeout_ms = timeout_ms;
    request.password = password;
    replica().OnSession(request, now_, effects_);
  }
  // Sends a request; its xid is returned.
  int32_t Write(Origin origin, SessionId session, OpCode op, std::string_view body) {
    ClientRequest request;
    request.origin = origin;
    request.session = session;
    request.xid = ++xid_;
    request.op = op;
    request.body = body;
    request.auth = auth_;
    replica().OnClientRequest(request, now_, effects_);
    return xid_;
  }
  void Touched(SessionId session, int32_t timeout_ms = 30000) {
    const Touch touch{session, timeout_ms, now_.mono};
    replica().OnTouches(0, std::span(&touch, 1), now_.mono);
  }
  void Flushed(uint16_t shard = 0) { replica().OnTouches(shard, {}, now_.mono); }

  // --- disk and time ---
  // Takes the disk operations issued so far; they are not durable yet.
  std::vector<DiskOp> TakeDisk() {
    std::vector<DiskOp> ops = std::move(effects_.disk);
    effects_.disk.clear();
    for (const DiskOp& op : ops) {
      EXPECT_EQ(op.seq, issued_ + 1);
      issued_ = op.seq;
      log_.push_back(op);
    }
    return ops;
  }
  // Everything issued is on disk.
  void Durable() {
    TakeDisk();
    durable_ = issued_;
    replica().OnDiskDone(durable_);
  }
  void DurableUpTo(uint64_t seq) {
    TakeDisk();
    durable_ = seq;
    replica().OnDiskDone(seq);
  }
  void Pass(int64_t ms) {
    now_.mono.ms += ms;
    now_.wall.ms += ms;
  }
  void Tick() { replica().OnTick(now_, effects_); }

  // One section.
  Batch Publish(size_t max_txns = 1000) {
    Batch batch;
    replica().Publish(max_txns, now_, effects_, batch);
    EXPECT_EQ(effects_.halt, "");
    EXPECT_EQ(batch.last_processed, replica().db().last_processed);
    uint32_t changes = 0;
    for (const BatchItem& item : batch.items) {
      EXPECT_LE(item.zxid, batch.last_processed);
      EXPECT_LE(item.changes_begin, item.changes_end);
      EXPECT_EQ(item.changes_begin, changes) << "changes of no item, or of two";
      changes = item.changes_end;
    }
    EXPECT_EQ(changes, batch.changes.size());
    replica().CheckInvariants();
    return batch;
  }
  // Sends, makes durable, publishes: the item that answers.
  BatchItem Do(Origin origin, SessionId session, OpCode op, std::string_view body) {
    const int32_t xid = Write(origin, session, op, body);
    Durable();
    batch_ = Publish();
    for (const BatchItem& item : batch_.items) {
      if (item.xid == xid) return item;
    }
    ADD_FAILURE() << "no answer";
    return {};
  }
  std::string_view BodyOf(const BatchItem& item) const { return batch_.BodyOf(item); }

  // What recovery would find: the log so far, replayed over an empty tree.
  std::unique_ptr<Database> Replay(uint64_t up_to_seq = UINT64_MAX) {
    TakeDisk();
    auto db = std::make_unique<Database>(
        TreeOptions{.extended_types = config_.extended_types, .digest = config_.digest_enabled});
    for (const DiskOp& op : log_) {
      if (op.kind != DiskOp::Kind::kAppend || op.seq > up_to_seq) continue;
      DecodedTxn txn;
      EXPECT_EQ(DecodeTxn(op.bytes.view(), txn), TxnDecode::kOk);
      const ApplyResult result = ApplyTxn(*db, txn, nullptr);
      EXPECT_NE(result.digest, DigestCheck::kMismatch);
    }
    return db;
  }

  ServerConfig config_;
  AuthRef auth_;
  SessionId first_session_ = kFirstSession;
  Now now_{{1'000'000}, {1'700'000'000'000}};
  Effects effects_;
  Batch batch_;
  std::vector<DiskOp> log_;  // all operations of all servers, in order
  int32_t xid_ = 0;
  uint64_t issued_ = 0;
  uint64_t durable_ = 0;

 private:
  std::unique_ptr<Replica> replica_;
};

}  // namespace zk::test
