// SPDX-License-Identifier: Apache-2.0
#include "server/core/replica.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "tests/core/replica_fixture.h"

namespace zk {
namespace {

using test::CreateBody;
using test::MultiBody;
using test::ReplicaFixture;
using test::SetDataBody;
using test::ToHex;
using test::VersionBody;

constexpr auto kTxn = BatchItem::Kind::kTxn;
constexpr auto kReply = BatchItem::Kind::kReply;
constexpr auto kClose = BatchItem::Kind::kClose;

class ReplicaTest : public ReplicaFixture {
 protected:
  ReplicaTest() { session_ = Open(conn_); }

  int32_t Write(OpCode op, std::string_view body) {
    return ReplicaFixture::Write(conn_, session_, op, body);
  }
  BatchItem Do(OpCode op, std::string_view body) {
    return ReplicaFixture::Do(conn_, session_, op, body);
  }
  static std::vector<int32_t> Xids(const Batch& batch) {
    std::vector<int32_t> xids;
    for (const BatchItem& item : batch.items) xids.push_back(item.xid);
    return xids;
  }
  Zxid last() { return replica().db().last_processed; }

  const Origin conn_ = Conn(1);
  SessionId session_ = 0;
};

TEST_F(ReplicaTest, NothingIsVisibleBeforeItIsDurable) {
  const int32_t xid = Write(OpCode::kCreate, CreateBody("/a", "x"));
  EXPECT_FALSE(replica().HasPublishable());
  EXPECT_TRUE(Publish().empty());
  EXPECT_EQ(replica().db().tree.Find("/a"), nullptr);
  const std::vector<DiskOp> disk = TakeDisk();
  ASSERT_EQ(disk.size(), 1u);
  EXPECT_EQ(disk[0].kind, DiskOp::Kind::kAppend);
  EXPECT_EQ(disk[0].zxid, Zxid(2));
  Durable();
  EXPECT_TRUE(replica().HasPublishable());
  const Batch batch = Publish();
  ASSERT_EQ(batch.items.size(), 1u);
  const BatchItem& item = batch.items[0];
  EXPECT_EQ(item.kind, kTxn);
  EXPECT_EQ(item.origin, conn_);
  EXPECT_EQ(item.xid, xid);
  EXPECT_EQ(item.op, OpCode::kCreate);
  EXPECT_EQ(item.error, ErrorCode::kOk);
  EXPECT_EQ(item.zxid, Zxid(2));
  EXPECT_EQ(ToHex(batch.BodyOf(item)), "000000022f61");
  ASSERT_EQ(batch.changes.size(), 1u);
  EXPECT_EQ(batch.PathOf(batch.changes[0]), "/a");
  EXPECT_FALSE(replica().HasPublishable());
}

TEST_F(ReplicaTest, RepliesComeInOrderAsFarAsTheDiskIs) {
  std::vector<int32_t> xids;
  for (const char* path : {"/a", "/a/b", "/a/b/c", "/a/b/c/d"}) {
    xids.push_back(Write(OpCode::kCreate, CreateBody(path)));
  }
  const std::vector<DiskOp> disk = TakeDisk();
  DurableUpTo(disk[1].seq);
  const Batch first = Publish();
  EXPECT_EQ(Xids(first), (std::vector<int32_t>{xids[0], xids[1]}));
  EXPECT_EQ(first.items[0].zxid, Zxid(2));
  EXPECT_EQ(first.items[1].zxid, Zxid(3));
  DurableUpTo(disk[0].seq);  // late news of less
  EXPECT_FALSE(replica().HasPublishable());
  DurableUpTo(disk[3].seq);
  EXPECT_EQ(Xids(Publish()), (std::vector<int32_t>{xids[2], xids[3]}));
}

TEST_F(ReplicaTest, PublishAppliesAtMostWhatItMay) {
  for (int i = 0; i < 5; i++) Write(OpCode::kCreate, CreateBody("/s-", "", 2));
  Durable();
  EXPECT_EQ(Publish(2).items.size(), 2u);
  EXPECT_TRUE(replica().HasPublishable());
  EXPECT_EQ(Publish(2).items.size(), 2u);
  EXPECT_EQ(Publish(2).items.size(), 1u);
  EXPECT_FALSE(replica().HasPublishable());
}

TEST_F(ReplicaTest, EveryFailureTakesAZxid) {
  const Zxid before = last();
  struct Row {
    OpCode op;
    std::string body;
    ErrorCode error;
  };
  int n = 0;
  for (const Row& row : {
           Row{OpCode::kCreate, CreateBody("/zookeeper"), ErrorCode::kNodeExists},
           Row{OpCode::kCreate, "", ErrorCode::kMarshallingError},
           Row{OpCode::kDelete, VersionBody("/none"), ErrorCode::kNoNode},
           Row{OpCode::kSetData, SetDataBody("x", ""), ErrorCode::kBadArguments},
           Row{OpCode::kSetAcl, "", ErrorCode::kMarshallingError},
           Row{OpCode::kMulti, "", ErrorCode::kMarshallingError},
           Row{OpCode::kReconfig, jute::Encoded(proto::ReconfigRequest()),
               ErrorCode::kReconfigDisabled},
       }) {
    const BatchItem item = Do(row.op, row.body);
    n++;
    EXPECT_EQ(item.error, row.error) << n;
    EXPECT_EQ(item.zxid, Zxid(before.value + n));
    EXPECT_EQ(item.body_size, 0u);
    EXPECT_FALSE(item.close_after);
  }
}

TEST_F(ReplicaTest, ReconfigThatDoesNotDecodeTakesNone) {
  const Zxid before = last();
  const BatchItem item = Do(OpCode::kReconfig, "x");
  EXPECT_EQ(item.kind, kReply);
  EXPECT_EQ(item.error, ErrorCode::kMarshallingError);
  EXPECT_EQ(item.zxid, before);
  EXPECT_EQ(last(), before);
}

TEST_F(ReplicaTest, WhatClientsMayNotAskForIsRefused) {
  const Zxid before = last();
  for (const OpCode op : {OpCode::kCheck, OpCode::kDeleteContainer, OpCode::kCreateSession,
                          OpCode::kGetData, OpCode::kError, static_cast<OpCode>(99)}) {
    const BatchItem item = Do(op, VersionBody("/a"));
    EXPECT_EQ(item.kind, kReply);
    EXPECT_EQ(item.error, ErrorCode::kUnimplemented);
    EXPECT_EQ(item.zxid, Zxid(-1));
    EXPECT_TRUE(item.close_after);
  }
  EXPECT_EQ(last(), before);
  EXPECT_TRUE(TakeDisk().empty());
}

TEST_F(ReplicaTest, SyncWaitsForEarlierWritesOnly) {
  const int32_t write = Write(OpCode::kCreate, CreateBody("/a"));
  const int32_t sync = Write(OpCode::kSync, test::FromHex("00000002 2f61 ffff"));
  const int32_t later = Write(OpCode::kCreate, CreateBody("/b"));
  const std::vector<DiskOp> disk = TakeDisk();
  ASSERT_EQ(disk.size(), 2u);
  EXPECT_FALSE(replica().HasPublishable());
  DurableUpTo(disk[0].seq);
  const Batch batch = Publish();
  EXPECT_EQ(Xids(batch), (std::vector<int32_t>{write, sync}));
  EXPECT_EQ(batch.items[1].kind, kReply);
  EXPECT_EQ(batch.items[1].zxid, disk[0].zxid);
  EXPECT_EQ(ToHex(batch.BodyOf(batch.items[1])), "000000022f61");
  Durable();
  EXPECT_EQ(Xids(Publish()), (std::vector<int32_t>{later}));
}

TEST_F(ReplicaTest, SyncWithNothingInFlightIsAnsweredAtOnce) {
  const int32_t xid = Write(OpCode::kSync, test::FromHex("ffffffff"));
  EXPECT_TRUE(replica().HasPublishable());
  const Batch batch = Publish();
  EXPECT_EQ(Xids(batch), (std::vector<int32_t>{xid}));
  EXPECT_EQ(ToHex(batch.BodyOf(batch.items[0])), "ffffffff");
  const BatchItem bad = Do(OpCode::kSync, "abc");
  EXPECT_EQ(bad.error, ErrorCode::kMarshallingError);
  EXPECT_EQ(bad.zxid, last());
}

TEST_F(ReplicaTest, WritesOfAnotherConnectionAreNotTaken) {
  for (const Origin other : {Conn(2), Origin{0, 1, 2}, Origin{1, 1, 1}}) {
    ReplicaFixture::Write(other, session_, OpCode::kCreate, CreateBody("/a"));
    EXPECT_TRUE(TakeDisk().empty());
    const Batch batch = Publish();
    ASSERT_EQ(batch.items.size(), 1u);
    EXPECT_EQ(batch.items[0].kind, kClose);
    EXPECT_EQ(batch.items[0].origin, other);
  }
}

TEST_F(ReplicaTest, WritesOfUnknownSessionsCloseTheConnection) {
  ReplicaFixture::Write(conn_, session_ + 1, OpCode::kSync, VersionBody("/a"));
  const Batch batch = Publish();
  ASSERT_EQ(batch.items.size(), 1u);
  EXPECT_EQ(batch.items[0].kind, kClose);
}

TEST_F(ReplicaTest, EagerCheckAnswersWithZxidZeroInItsTurn) {
  config_.eager_acl_check = true;
  const int32_t write = Write(OpCode::kCreate, CreateBody("/a"));
  const int32_t refused = Write(OpCode::kSetData, SetDataBody("/zookeeper/config", ""));
  EXPECT_EQ(TakeDisk().size(), 1u);
  EXPECT_FALSE(replica().HasPublishable());
  Durable();
  const Batch batch = Publish();
  EXPECT_EQ(Xids(batch), (std::vector<int32_t>{write, refused}));
  EXPECT_EQ(batch.items[1].error, ErrorCode::kNoAuth);
  EXPECT_EQ(batch.items[1].zxid, Zxid(0));
  EXPECT_FALSE(batch.items[1].close_after);
}

TEST_F(ReplicaTest, ChangesAreLeftOutWhenNobodyWatches) {
  replica().set_build_changes(false);
  EXPECT_EQ(ToHex((Do(OpCode::kCreate, CreateBody("/a")), BodyOf(batch_.items[0]))),
            "000000022f61");
  EXPECT_TRUE(batch_.changes.empty());
  replica().set_build_changes(true);
  Do(OpCode::kSetData, SetDataBody("/a", ""));
  EXPECT_EQ(batch_.changes.size(), 1u);
}

TEST_F(ReplicaTest, MultiIsOneItemWithAllChanges) {
  const BatchItem item = Do(OpCode::kMulti, MultiBody({{OpCode::kCreate, CreateBody("/m")},
                                                       {OpCode::kSetData, SetDataBody("/m", "1")},
                                                       {OpCode::kDelete, VersionBody("/m")}}));
  EXPECT_EQ(item.error, ErrorCode::kOk);
  EXPECT_EQ(item.changes_end - item.changes_begin, 3u);
  EXPECT_EQ(batch_.changes[0].kind, Change::Kind::kCreated);
  EXPECT_EQ(batch_.changes[1].kind, Change::Kind::kDataChanged);
  EXPECT_EQ(batch_.changes[2].kind, Change::Kind::kDeleted);
}

TEST_F(ReplicaTest, ItemsOfSeveralTransactionsKeepTheirOwnChanges) {
  Write(OpCode::kCreate, CreateBody("/a"));
  Write(OpCode::kCreate, CreateBody("/a"));
  Write(OpCode::kSync, test::FromHex("00000000"));
  Write(OpCode::kDelete, VersionBody("/a"));
  Durable();
  const Batch batch = Publish();
  ASSERT_EQ(batch.items.size(), 4u);
  std::vector<uint32_t> counts;
  for (const BatchItem& item : batch.items) counts.push_back(item.changes_end - item.changes_begin);
  EXPECT_EQ(counts, (std::vector<uint32_t>{1, 0, 0, 1}));
}

TEST_F(ReplicaTest, SnapshotComesRightBehindTheRoll) {
  config_.limits.snap_count = 8;
  Start();
  session_ = Open(conn_);
  for (int i = 0; i < 12; i++) Write(OpCode::kCreate, CreateBody("/s-", "", 2));
  const std::vector<DiskOp> disk = TakeDisk();
  std::vector<size_t> rolls;
  for (size_t i = 0; i < disk.size(); i++) {
    if (disk[i].kind == DiskOp::Kind::kRoll) rolls.push_back(i);
  }
  ASSERT_GE(rolls.size(), 1u);
  // Above 4 + random(4) transactions; one was the session's.
  EXPECT_GE(rolls[0], 4u);
  EXPECT_LE(rolls[0], 8u);
  Durable();
  EXPECT_FALSE(effects_.start_snapshot);
  Publish();
  EXPECT_TRUE(effects_.start_snapshot);
  EXPECT_EQ(last(), disk[rolls[0]].zxid);  // not a transaction further
  EXPECT_EQ(disk[rolls[0] - 1].zxid, disk[rolls[0]].zxid);
  EXPECT_TRUE(replica().HasPublishable());
  effects_.start_snapshot = false;
  while (replica().HasPublishable()) Publish();
  EXPECT_FALSE(effects_.start_snapshot) << "a second one while the first runs";
  replica().OnSnapshotDone(true, disk[rolls[0]].zxid);
  for (int i = 0; i < 9; i++) Do(OpCode::kCreate, CreateBody("/s-", "", 2));
  EXPECT_TRUE(effects_.start_snapshot);
}

TEST_F(ReplicaTest, SnapshotComesByBytesToo) {
  config_.limits.snap_size_bytes = 4000;
  Start();
  session_ = Open(conn_);
  int writes = 0;
  while (!effects_.start_snapshot && writes < 100) {
    Do(OpCode::kCreate, CreateBody("/s-", std::string(300, 'x'), 2));
    writes++;
  }
  EXPECT_GE(writes, 4);
  EXPECT_LE(writes, 10);
}

TEST_F(ReplicaTest, ZxidCounterRunsOverIntoTheEpoch) {
  auto db = std::make_unique<Database>(TreeOptions{.extended_types = true});
  db->last_processed = Zxid(3, 0xfffffffe);
  Start(std::move(db));
  session_ = Open(conn_);
  EXPECT_EQ(last(), Zxid(3, 0xffffffff));
  EXPECT_EQ(Do(OpCode::kCreate, CreateBody("/a")).zxid, Zxid(4, 0));
}

TEST_F(ReplicaTest, LogGivesTheSameTree) {
  for (int i = 0; i < 300; i++) {
    const std::string path = "/" + std::to_string(i % 7);
    switch (i % 5) {
      case 0:
      case 1:
        Write(OpCode::kCreate, CreateBody(path, "x", i % 3));
        break;
      case 2:
        Write(OpCode::kMulti, MultiBody({{OpCode::kSetData, SetDataBody(path, "y")},
                                         {OpCode::kCreate, CreateBody(path + "/s-", "", 2)}}));
        break;
      case 3:
        Write(OpCode::kDelete, VersionBody(path));
        break;
      default:
        Write(OpCode::kSetAcl, test::SetAclBody(path, test::OpenAcls()));
    }
    if (i % 11 == 0) {
      Durable();
      Publish(3);
    }
  }
  Durable();
  Publish();
  const std::unique_ptr<Database> again = Replay();
  EXPECT_EQ(again->tree.digest(), replica().db().tree.digest());
  EXPECT_EQ(again->tree.node_count(), replica().db().tree.node_count());
  EXPECT_EQ(again->last_processed, last());
  EXPECT_EQ(again->sessions, replica().db().sessions);
}

TEST_F(ReplicaTest, DigestHistoryHasEvery128th) {
  for (int i = 0; i < 300; i++) Write(OpCode::kCreate, CreateBody("/s-", "", 2));
  Durable();
  Publish();
  const ReplicaStats stats = replica().Stats();
  ASSERT_EQ(stats.digest_history.size(), 2u);
  EXPECT_EQ(stats.digest_history[0].first, Zxid(128));
  EXPECT_EQ(stats.digest_history[1].first, Zxid(256));
  EXPECT_NE(stats.digest_history[0].second, stats.digest_history[1].second);
}

TEST_F(ReplicaTest, Statistics) {
  Do(OpCode::kCreate, CreateBody("/e", "123", 1));
  Write(OpCode::kCreate, CreateBody("/f"));
  Write(OpCode::kSync, test::FromHex("00000000"));
  const ReplicaStats stats = replica().Stats();
  EXPECT_EQ(stats.mode, "standalone");
  EXPECT_EQ(stats.last_processed, Zxid(2));
  EXPECT_EQ(stats.last_proposed, Zxid(3));
  EXPECT_EQ(stats.outstanding, 2u);
  EXPECT_EQ(stats.commits, 2);
  EXPECT_EQ(stats.proposals, 3);
  EXPECT_EQ(stats.global_sessions, 1u);
  EXPECT_EQ(stats.ephemerals_count, 1u);
  EXPECT_EQ(stats.digest, replica().db().tree.digest());
  EXPECT_EQ(stats.digest_mismatches, 0);
  ASSERT_EQ(stats.ephemerals.size(), 1u);
  EXPECT_EQ(stats.ephemerals[0].second, (std::vector<std::string>{"/e"}));
  ASSERT_EQ(stats.session_buckets.size(), 1u);
  // Opened at 1,000,000 with 30 s on ticks of 1 s; the wall clock is ahead by a fixed span.
  EXPECT_EQ(stats.session_buckets[0].first.ms, 1'031'000 + 1'700'000'000'000 - 1'000'000);
}

TEST_F(ReplicaTest, MismatchIsCountedAndStopsAStrictReplicaOnly) {
  Write(OpCode::kCreate, CreateBody("/a"));
  Durable();
  // Somebody else's hand in the tree: what was foreseen no longer comes true.
  replica().mutable_db().tree.SetData("/zookeeper", "x", 1, Zxid(1), 1);
  Batch batch;
  replica().Publish(1, now_, effects_, batch);
  EXPECT_EQ(replica().Stats().digest_mismatches, 1);
  EXPECT_NE(effects_.halt, "");
}

using ReplicaDeathTest = ReplicaTest;

TEST_F(ReplicaDeathTest, DiskCannotBeDoneWithWhatItWasNotGiven) {
  EXPECT_DEATH(replica().OnDiskDone(100), "never issued");
}

}  // namespace
}  // namespace zk
