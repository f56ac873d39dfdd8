// SPDX-License-Identifier: Apache-2.0
//
// Sessions of a Replica: open, come back, close, expire.
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "server/core/session/session_id.h"
#include "tests/core/replica_fixture.h"

namespace zk {
namespace {

using test::CreateBody;
using test::ReplicaFixture;
using test::SetDataBody;

constexpr auto kTxn = BatchItem::Kind::kTxn;
constexpr auto kSessionReply = BatchItem::Kind::kSessionReply;
constexpr auto kClose = BatchItem::Kind::kClose;

std::string PasswordText(SessionId id) {
  const SessionPassword password = PasswordOf(id);
  return std::string(password.data(), password.size());
}

class ReplicaSessionsTest : public ReplicaFixture {
 protected:
  // Lets the time pass with ticks and flushes, as the loops do, without a word of any client.
  void Silence(int64_t ms) {
    for (const int64_t end = now_.mono.ms + ms; now_.mono.ms < end;) {
      Pass(250);
      Flushed();
      Tick();
    }
  }
};

TEST_F(ReplicaSessionsTest, OpenIsAnsweredWhenItIsDurable) {
  RequestOpen(Conn(1), 4000);
  EXPECT_FALSE(replica().HasPublishable());
  const std::vector<DiskOp> disk = TakeDisk();
  ASSERT_EQ(disk.size(), 1u);
  EXPECT_EQ(test::ToHex(disk[0].bytes.view()),
            "0100001000000000"
            "00000000"
            "0000000000000001"
            "0000018bcfe56800"
            "fffffff6"
            "00000fa0"
            "00000002"
            "0000000051c6d660");
  Durable();
  const Batch batch = Publish();
  ASSERT_EQ(batch.items.size(), 1u);
  const BatchItem& item = batch.items[0];
  EXPECT_EQ(item.kind, kSessionReply);
  EXPECT_EQ(item.origin, Conn(1));
  EXPECT_EQ(item.session, kFirstSession);
  EXPECT_EQ(item.timeout_ms, 4000);
  EXPECT_EQ(batch.BodyOf(item), PasswordText(kFirstSession));
  EXPECT_FALSE(item.close_after);
  EXPECT_EQ(replica().db().sessions.at(kFirstSession), 4000);
}

TEST_F(ReplicaSessionsTest, IdsGrowAndSkipKnownOnes) {
  EXPECT_EQ(Open(Conn(1)), kFirstSession);
  EXPECT_EQ(Open(Conn(2)), kFirstSession + 1);
  // After a restart within the same clock tick, and beside another server's sessions.
  std::unique_ptr<Database> db = Replay();
  db->sessions[0x02ff000000000000] = 5000;
  db->sessions[kFirstSession + 9] = 5000;
  Start(std::move(db));
  EXPECT_EQ(Open(Conn(3)), kFirstSession + 10);
}

TEST_F(ReplicaSessionsTest, ComingBackReplacesTheConnection) {
  const SessionId session = Open(Conn(1));
  Reattach(Conn(2), session, PasswordText(session), 5000);
  EXPECT_TRUE(TakeDisk().empty());
  Batch batch = Publish();
  ASSERT_EQ(batch.items.size(), 2u);
  EXPECT_EQ(batch.items[0].kind, kClose);
  EXPECT_EQ(batch.items[0].origin, Conn(1));
  EXPECT_EQ(batch.items[1].kind, kSessionReply);
  EXPECT_EQ(batch.items[1].origin, Conn(2));
  EXPECT_EQ(batch.items[1].session, session);
  EXPECT_EQ(batch.items[1].timeout_ms, 5000);
  EXPECT_EQ(batch.BodyOf(batch.items[1]), PasswordText(session));
  EXPECT_EQ(Do(Conn(2), session, OpCode::kCreate, CreateBody("/a")).error, ErrorCode::kOk);
  // The old connection speaks for nobody any more.
  Write(Conn(1), session, OpCode::kCreate, CreateBody("/b"));
  EXPECT_TRUE(TakeDisk().empty());
  batch = Publish();
  ASSERT_EQ(batch.items.size(), 1u);
  EXPECT_EQ(batch.items[0].kind, kClose);
  EXPECT_EQ(batch.items[0].origin, Conn(1));
}

TEST_F(ReplicaSessionsTest, WritesOfTheOldConnectionStillHappen) {
  const SessionId session = Open(Conn(1));
  Write(Conn(1), session, OpCode::kCreate, CreateBody("/a"));
  Reattach(Conn(2), session, PasswordText(session));
  Durable();
  const Batch batch = Publish();
  ASSERT_EQ(batch.items.size(), 3u);
  EXPECT_EQ(batch.items[2].origin, Conn(1));  // falls on a closed connection
  EXPECT_NE(replica().db().tree.Find("/a"), nullptr);
}

TEST_F(ReplicaSessionsTest, WrongPasswordDisturbsNobody) {
  const SessionId session = Open(Conn(1));
  struct Row {
    const char* name;
    SessionId id;
    std::string password;
  };
  for (const Row& row :
       {Row{"wrong", session, PasswordText(session + 1)}, Row{"empty", session, ""},
        Row{"unknown session", session + 1, PasswordText(session + 1)},
        Row{"nobody", 0, PasswordText(0)}}) {
    Reattach(Conn(2), row.id, row.password);
    const Batch batch = Publish();
    ASSERT_EQ(batch.items.size(), 1u) << row.name;
    const BatchItem& item = batch.items[0];
    EXPECT_EQ(item.kind, kSessionReply);
    EXPECT_EQ(item.origin, Conn(2));
    EXPECT_EQ(item.timeout_ms, 0);
    EXPECT_EQ(item.session, 0);
    EXPECT_EQ(batch.BodyOf(item), std::string(16, '\0'));
    EXPECT_TRUE(item.close_after);
  }
  EXPECT_EQ(Do(Conn(1), session, OpCode::kCreate, CreateBody("/a")).error, ErrorCode::kOk);
}

TEST_F(ReplicaSessionsTest, ComingBackAfterARestart) {
  const SessionId session = Open(Conn(1), 4000);
  Do(Conn(1), session, OpCode::kCreate, CreateBody("/e", "", 1));
  Start(Replay());
  // Nobody speaks for it yet.
  Write(Conn(1), session, OpCode::kCreate, CreateBody("/a"));
  EXPECT_EQ(Publish().items[0].kind, kClose);
  Reattach(Conn(5), session, PasswordText(session));
  const Batch batch = Publish();
  ASSERT_EQ(batch.items.size(), 1u);
  EXPECT_EQ(batch.items[0].kind, kSessionReply);
  EXPECT_NE(Do(Conn(5), session, OpCode::kSetData, SetDataBody("/e", "x")).zxid, Zxid());
}

TEST_F(ReplicaSessionsTest, RestartGivesEverySessionItsFullTime) {
  const SessionId session = Open(Conn(1), 4000);
  Silence(3000);
  Start(Replay());
  Silence(4000);
  EXPECT_TRUE(TakeDisk().empty());
  Silence(1250);
  EXPECT_EQ(TakeDisk().size(), 1u);
  EXPECT_TRUE(replica().db().sessions.contains(session));
  Durable();
  Publish();
  EXPECT_TRUE(replica().db().sessions.empty());
}

TEST_F(ReplicaSessionsTest, CloseAnswersThenCloses) {
  const SessionId session = Open(Conn(1));
  Do(Conn(1), session, OpCode::kCreate, CreateBody("/e", "", 1));
  const BatchItem item = Do(Conn(1), session, OpCode::kCloseSession, "");
  EXPECT_EQ(item.kind, kTxn);
  EXPECT_EQ(item.error, ErrorCode::kOk);
  EXPECT_TRUE(item.close_after);
  EXPECT_EQ(item.changes_end - item.changes_begin, 1u);
  ASSERT_EQ(batch_.items.size(), 1u);
  EXPECT_EQ(replica().db().tree.Find("/e"), nullptr);
  EXPECT_TRUE(replica().db().sessions.empty());
  Reattach(Conn(2), session, PasswordText(session));
  EXPECT_EQ(Publish().items[0].timeout_ms, 0);
}

TEST_F(ReplicaSessionsTest, ClosingSessionIsExpired) {
  const SessionId session = Open(Conn(1));
  const int32_t close = Write(Conn(1), session, OpCode::kCloseSession, "");
  const int32_t create = Write(Conn(1), session, OpCode::kCreate, CreateBody("/a"));
  const int32_t sync = Write(Conn(1), session, OpCode::kSync, test::FromHex("00000000"));
  const int32_t again = Write(Conn(1), session, OpCode::kCloseSession, "");
  Reattach(Conn(2), session, PasswordText(session));
  EXPECT_TRUE(Publish().empty());
  Durable();
  const Batch batch = Publish();
  ASSERT_EQ(batch.items.size(), 5u);
  const std::vector<int32_t> xids = {close, create, sync, again};
  const auto gone = ErrorCode::kSessionExpired;
  const std::vector<ErrorCode> errors = {ErrorCode::kOk, gone, gone, ErrorCode::kOk};
  for (size_t i = 0; i < xids.size(); i++) {
    EXPECT_EQ(batch.items[i].xid, xids[i]);
    EXPECT_EQ(batch.items[i].error, errors[i]) << i;
  }
  // That the session is gone is said only when it is so for ever.
  EXPECT_EQ(batch.items[4].kind, kSessionReply);
  EXPECT_EQ(batch.items[4].timeout_ms, 0);
  EXPECT_EQ(replica().db().tree.Find("/a"), nullptr);
}

TEST_F(ReplicaSessionsTest, SilentSessionExpires) {
  const SessionId session = Open(Conn(1), 4000);
  const SessionId other = Open(Conn(2), 30000);
  Do(Conn(1), session, OpCode::kCreate, CreateBody("/e", "", 1));
  Silence(4000);
  EXPECT_TRUE(TakeDisk().empty());  // 4 s of silence; the bucket ends at 5 s
  Silence(1250);
  const std::vector<DiskOp> disk = TakeDisk();
  ASSERT_EQ(disk.size(), 1u);
  Tick();
  EXPECT_TRUE(TakeDisk().empty());  // once
  // Until it is committed its client is told so; it cannot be saved.
  Touched(session, 4000);
  const int32_t late = Write(Conn(1), session, OpCode::kCreate, CreateBody("/a"));
  Durable();
  const Batch batch = Publish();
  ASSERT_EQ(batch.items.size(), 3u);
  EXPECT_EQ(batch.items[0].kind, kTxn);
  EXPECT_FALSE(batch.items[0].origin.valid());
  EXPECT_EQ(batch.PathOf(batch.changes[0]), "/e");
  EXPECT_EQ(batch.items[1].kind, kClose);
  EXPECT_EQ(batch.items[1].origin, Conn(1));
  EXPECT_EQ(batch.items[1].session, session);
  EXPECT_EQ(batch.items[2].xid, late);
  EXPECT_EQ(batch.items[2].error, ErrorCode::kSessionExpired);
  EXPECT_EQ(replica().db().sessions.size(), 1u);
  EXPECT_TRUE(replica().db().sessions.contains(other));
}

TEST_F(ReplicaSessionsTest, ExpiryTransactionIsTheSessionsOwn) {
  const SessionId session = Open(Conn(1), 4000);
  Silence(5250);
  const std::vector<DiskOp> disk = TakeDisk();
  ASSERT_EQ(disk.size(), 1u);
  DecodedTxn txn;
  ASSERT_EQ(DecodeTxn(disk[0].bytes.view(), txn), TxnDecode::kOk);
  EXPECT_EQ(txn.type(), OpCode::kCloseSession);
  EXPECT_EQ(txn.header.clientId, session);
  EXPECT_EQ(txn.header.cxid, 0);
  EXPECT_EQ(test::ToHex(txn.body), "00000000");
}

TEST_F(ReplicaSessionsTest, TouchesKeepASessionAlive) {
  const SessionId session = Open(Conn(1), 4000);
  for (int i = 0; i < 10; i++) {
    Silence(3000);
    Touched(session, 4000);
  }
  EXPECT_TRUE(TakeDisk().empty());
  Silence(5250);
  EXPECT_EQ(TakeDisk().size(), 1u);
}

TEST_F(ReplicaSessionsTest, EveryShardMustHaveLookedAfterTheDeadline) {
  Start(nullptr, /*shards=*/2);
  Open(Conn(1), 4000);
  Pass(60000);  // the whole process stood still
  Tick();
  EXPECT_TRUE(TakeDisk().empty());
  Flushed(0);
  Tick();
  EXPECT_TRUE(TakeDisk().empty());
  Flushed(1);
  Tick();
  EXPECT_EQ(TakeDisk().size(), 1u);
}

TEST_F(ReplicaSessionsTest, TouchThatWasOnItsWaySavesTheSession) {
  const SessionId session = Open(Conn(1), 4000);
  Pass(60000);
  Touched(session, 4000);
  Tick();
  EXPECT_TRUE(TakeDisk().empty());
}

TEST_F(ReplicaSessionsTest, OnlyNewsFromBehindTheDeadlineProvesSilence) {
  Open(Conn(1), 4000);  // bucket ends 5000 later
  Pass(5000);
  Flushed();
  Tick();
  EXPECT_TRUE(TakeDisk().empty());
  Pass(1);
  Tick();
  EXPECT_TRUE(TakeDisk().empty());
  Flushed();
  Tick();
  EXPECT_EQ(TakeDisk().size(), 1u);
}

TEST_F(ReplicaSessionsTest, SessionWhoseClientLeftBeforeTheAnswer) {
  RequestOpen(Conn(1), 4000);
  replica().OnOriginClosed(Conn(1));
  Durable();
  EXPECT_EQ(Publish().items.size(), 1u);  // its shard lets it fall
  Silence(6000);
  Durable();
  Publish();
  EXPECT_TRUE(replica().db().sessions.empty());
}

}  // namespace
}  // namespace zk
