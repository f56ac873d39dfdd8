// SPDX-License-Identifier: Apache-2.0
//
// Replica::Impl: the state behind Replica, and who writes which part of it.
//
// Place: included by replica*.cc only. Threads: as Replica.
// Invariants:
//   1. pending_ is in order of seq, and its transactions in order of zxid without a gap.
//   2. What waits in pending_ as a transaction is what the overlay holds.
//   3. Every session of the database is in sessions_; one more is there only while its
//   createSession
//      is pending.
#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "common/random.h"
#include "common/shared_bytes.h"
#include "server/core/pipeline/apply.h"
#include "server/core/pipeline/overlay.h"
#include "server/core/pipeline/prep.h"
#include "server/core/pipeline/ring.h"
#include "server/core/replica.h"
#include "server/core/session/session_table.h"

namespace zk {

struct Replica::Impl {
  // What has been taken in and not been answered. It waits for `seq` to be durable.
  struct Pending {
    enum class Kind : uint8_t {
      kTxn,      // bytes: the payload
      kAnswer,   // no transaction; bytes: the reply's body
      kRefusal,  // of who came back to a session that is closing
    };
    Kind kind = Kind::kTxn;
    OpCode op = OpCode::kError;
    ErrorCode error = ErrorCode::kOk;  // kAnswer
    bool fixed_zxid = false;           // kAnswer: `zxid` is the reply's, else the last processed
    bool close_after = false;
    bool snapshot_after = false;
    int32_t xid = 0;
    uint64_t seq = 0;
    Zxid zxid;
    Origin origin;  // invalid: the server itself asked
    SessionId session = 0;
    SharedBytes bytes;
  };

  Impl(Options options, std::unique_ptr<Database> db, Random random, Now now);

  // replica.cc: requests
  void OnClientRequest(const ClientRequest& request, Now now, Effects& out);
  void OnSync(const ClientRequest& request, bool closing);
  void Answer(const ClientRequest& request, ErrorCode error, jute::Buffer body = {});
  void AnswerAt(Zxid zxid, const ClientRequest& request, ErrorCode error, bool close);
  // Makes the transaction of `request`, which is at the end of pending_ then.
  void Propose(const ClientRequest& request, bool closing, Now now, Effects& out);
  // The same for what the server itself wants: session or 0, no connection.
  void ProposeOwn(OpCode op, SessionId session, std::string_view body, Now now, Effects& out);
  void CountForSnapshot(size_t bytes, Effects& out);
  void DrawSnapshotTrigger();

  // replica_sessions.cc
  void OnSession(const SessionRequest& request, Now now, Effects& out);
  void OpenSession(const SessionRequest& request, Now now, Effects& out);
  void Reattach(const SessionRequest& request, Now now);
  void SessionReply(const SessionRequest& request, bool accepted);
  void CloseNow(Origin origin);
  void OnTouches(uint16_t shard, std::span<const Touch> touches, Instant flushed_at);
  void ExpireSessions(Now now, Effects& out);
  void Reap(Now now, Effects& out);
  bool IsStillReapable(std::string_view path, Now now) const;

  // replica_publish.cc
  bool HasPublishable() const;
  void Publish(size_t max_txns, Effects& effects, Batch& out);
  void PublishImmediate(Batch& out);
  void PublishAnswer(const Pending& entry, Batch& out);
  void PublishTxn(const Pending& entry, Effects& effects, Batch& out);
  void FinishOpen(const Pending& entry, const DecodedTxn& txn, BatchItem& item, Batch& out);
  void FinishClose(const Pending& entry, Batch& out);
  void Judge(const Pending& entry, const ApplyResult& result, Effects& effects);

  // replica_stats.cc
  ReplicaStats Stats() const;
  void CheckInvariants() const;

  const Options options_;
  const ServerConfig& config_;
  std::unique_ptr<Database> db_;
  Random random_;
  Overlay overlay_;
  Prep prep_;
  Now last_now_;

  Zxid last_proposed_;
  uint64_t last_seq_ = 0;
  uint64_t durable_seq_ = 0;
  Ring<Pending> pending_;
  size_t pending_txns_ = 0;
  Batch immediate_;  // items that wait for nothing
  bool build_changes_ = true;

  SessionTable sessions_;
  SessionId next_session_id_;
  std::vector<Instant> flushed_at_;  // by shard
  std::vector<SessionId> expired_;

  std::vector<std::string> to_reap_;  // the last one first
  Instant next_reap_scan_;
  Instant next_reap_;

  int64_t txns_since_roll_ = 0;
  int64_t bytes_since_roll_ = 0;
  int64_t roll_above_txns_ = 0;
  int64_t roll_above_bytes_ = 0;
  bool snapshot_under_way_ = false;  // asked for, or running

  Ring<std::pair<Zxid, uint64_t>> digest_history_;
  int64_t digest_mismatches_ = 0;
  int64_t commits_ = 0;
  int64_t proposals_ = 0;

  const AuthIds nobody_;  // who the server itself is
  std::string payload_;   // kept for its memory
  ApplySink sink_;
};

}  // namespace zk
