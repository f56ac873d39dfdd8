// SPDX-License-Identifier: Apache-2.0
//
// Recovery: every combination of missing, empty and damaged snapshots and logs (the class of
// ZOOKEEPER-2325, 3056 and 3644), folders, sessions without an owner.

#include "server/storage/recovery.h"

#include <gtest/gtest.h>

#include "server/storage/durable_mark.h"
#include "server/storage/snapshot_loader.h"
#include "server/storage/snapshot_writer.h"
#include "tests/storage/log_util.h"

namespace zk::storage {
namespace {

class RecoveryTest : public testing::Test {
 protected:
  RecoveryTest() {
    config_.data_dir = "/data";
    config_.data_log_dir = "/data";
  }
  Result<Recovered> Run() { return Run(disk_); }
  Result<Recovered> Run(MemDisk& disk) { return Recover(disk, config_, options_); }
  std::string Error() {
    const auto before = disk_.Snapshot();
    const auto recovered = Run();
    EXPECT_FALSE(recovered.ok());
    EXPECT_EQ(disk_.Snapshot(), before) << "a refused directory is left as it was";
    return recovered.ok() ? "" : recovered.status().message();
  }
  // A snapshot at `zxid` of what transactions 1..zxid make.
  void PutSnapshot(int64_t zxid) {
    (void)disk_.MakeDirs(kDir);
    Database db;
    for (int64_t z = 1; z <= zxid; z++) {
      DecodedTxn txn;
      const std::string payload = Payload(Zxid(z));
      ASSERT_EQ(DecodeTxn(payload, txn), TxnDecode::kOk);
      CreateArgs args;
      const std::string path = "/n" + std::to_string(z);
      args.path = path;
      args.acl = OpenAcl();
      args.zxid = Zxid(z);
      ASSERT_EQ(db.tree.Create(args), ErrorCode::kOk);
    }
    db.last_processed = Zxid(zxid);
    SnapshotWriter::Options options;
    options.dir = kDir;
    ASSERT_TRUE(WriteSnapshot(disk_, options, db).ok());
  }
  static std::string SnapshotPath(int64_t zxid) {
    return kDir + "/" + SnapshotName(Zxid(zxid), Compression::kNone);
  }
  static bool Said(const Recovered& r, const std::string& what) {
    for (const std::string& line : r.messages) {
      if (line.find(what) != std::string::npos) return true;
    }
    return false;
  }
  // All of /n1../n<last> and no more.
  static void ExpectNodes(const Recovered& r, int64_t last) {
    EXPECT_EQ(r.db->last_processed, Zxid(last));
    for (int64_t z = 1; z <= last + 1; z++) {
      EXPECT_EQ(r.db->tree.Find("/n" + std::to_string(z)) != nullptr, z <= last) << z;
    }
  }

  MemDisk disk_;
  ServerConfig config_;
  RecoverOptions options_;
};

TEST_F(RecoveryTest, AFreshDirectoryGetsSnapshotZero) {
  const auto recovered = Run();
  ASSERT_TRUE(recovered.ok()) << recovered.status().message();
  ExpectNodes(*recovered, 0);
  EXPECT_FALSE(recovered->uninitialized);
  EXPECT_TRUE(disk_.DurableCopy()->Exists(SnapshotPath(0)));
  // And starts again from it.
  EXPECT_TRUE(Run()->messages.empty());
}

// What stands for a snapshot or a log in the table below.
enum class Have { kNone, kEmpty, kDamaged, kGood };

struct Combination {
  Have newest;  // snapshot.6
  Have older;   // snapshot.3
  Have log;     // log.1 with 1..10
  bool trust_empty;
  int64_t last;  // -1: refused
};

TEST_F(RecoveryTest, EveryCombinationOfSnapshotsAndLogs) {
  using enum Have;
  const Combination table[] = {
      {kNone, kNone, kNone, false, 0},
      {kNone, kNone, kEmpty, false, -1},  // an empty log counts as one
      {kNone, kNone, kEmpty, true, 0},
      {kNone, kNone, kGood, false, -1},
      {kNone, kNone, kGood, true, 10},
      {kNone, kNone, kDamaged, true, -1},
      {kGood, kNone, kNone, false, 6},
      {kGood, kNone, kEmpty, false, 6},
      {kGood, kNone, kGood, false, 10},
      {kGood, kNone, kDamaged, false, -1},
      {kEmpty, kNone, kNone, false, -1},  // silently empty in other servers
      {kEmpty, kNone, kNone, true, -1},
      {kEmpty, kNone, kEmpty, false, -1},
      {kEmpty, kNone, kEmpty, true, -1},
      {kEmpty, kNone, kGood, false, -1},
      {kEmpty, kNone, kGood, true, 10},
      {kDamaged, kNone, kNone, false, -1},
      {kDamaged, kNone, kNone, true, -1},
      {kDamaged, kNone, kGood, false, -1},
      {kDamaged, kNone, kGood, true, -1},  // as Java
      {kEmpty, kGood, kNone, false, -1},   // 4..6 were there once
      {kEmpty, kGood, kEmpty, false, -1},
      {kEmpty, kGood, kGood, false, 10},
      {kDamaged, kGood, kNone, false, -1},
      {kDamaged, kGood, kGood, false, 10},
      {kDamaged, kGood, kDamaged, false, -1},
      {kDamaged, kDamaged, kGood, false, -1},
      {kEmpty, kEmpty, kGood, false, -1},
      {kGood, kDamaged, kGood, false, 10},
      {kGood, kEmpty, kNone, false, 6},
  };
  for (size_t i = 0; i < std::size(table); i++) {
    SCOPED_TRACE("row " + std::to_string(i));
    const Combination& c = table[i];
    disk_ = MemDisk();
    const auto put = [&](Have have, int64_t zxid) {
      if (have == kNone) return;
      PutSnapshot(zxid);
      std::string& bytes = disk_.bytes(SnapshotPath(zxid));
      if (have == kEmpty) bytes.clear();
      if (have == kDamaged) bytes[bytes.size() / 2] ^= 1;
    };
    put(c.older, 3);
    put(c.newest, 6);
    if (c.log != kNone) {
      WriteLog(disk_, Zxid(1), Zxid(10));
      (void)disk_.Remove(kDir + "/durable.mark");
      if (c.log == kEmpty) disk_.bytes(LogPath(Zxid(1))).clear();
      if (c.log == kDamaged) disk_.bytes(LogPath(Zxid(1)))[700] ^= 1;
    }
    config_.snapshot_trust_empty = c.trust_empty;
    const auto before = disk_.Snapshot();
    const auto recovered = Run();
    if (c.last < 0) {
      EXPECT_EQ(recovered.status().code(), StatusCode::kCorruption);
      EXPECT_EQ(disk_.Snapshot(), before);
      continue;
    }
    ASSERT_TRUE(recovered.ok()) << recovered.status().message();
    ExpectNodes(*recovered, c.last);
    // The second start finds the same, on what is durable.
    const auto again = Run(*disk_.DurableCopy());
    ASSERT_TRUE(again.ok()) << again.status().message();
    ExpectNodes(*again, c.last);
  }
}

TEST_F(RecoveryTest, LogsWithoutSnapshotNameTheSetting) {
  WriteLog(disk_, Zxid(1), Zxid(3));
  EXPECT_NE(Error().find("snapshot.trust.empty=true"), std::string::npos);
  config_.snapshot_trust_empty = true;
  const auto recovered = Run();
  ASSERT_TRUE(recovered.ok());
  ExpectNodes(*recovered, 3);
  // From now on there is a snapshot, and the setting is not needed.
  config_.snapshot_trust_empty = false;
  ASSERT_TRUE(Run().ok());
}

TEST_F(RecoveryTest, ABadSnapshotIsPutAside) {
  PutSnapshot(3);
  PutSnapshot(6);
  WriteLog(disk_, Zxid(1), Zxid(10));
  disk_.bytes(SnapshotPath(6))[100] ^= 1;
  const auto recovered = Run();
  ASSERT_TRUE(recovered.ok());
  EXPECT_EQ(recovered->snapshot, Zxid(3));
  EXPECT_TRUE(Said(*recovered, "an older snapshot is tried"));
  EXPECT_TRUE(disk_.Exists(kDir + "/bad-snapshot.6"));
  EXPECT_FALSE(disk_.Exists(SnapshotPath(6)));
  EXPECT_TRUE(Run()->messages.empty());
}

TEST_F(RecoveryTest, RemainsOfADeadWriterAreRemoved) {
  PutSnapshot(3);
  disk_.Put(kDir + "/snapshot.6.tmp", "half");
  disk_.Put(kDir + "/snapshot.6.gz.tmp", "half");
  disk_.Put(kDir + "/currentEpoch.tmp", "3");  // means something to an ensemble
  ASSERT_TRUE(Run().ok());
  EXPECT_FALSE(disk_.Exists(kDir + "/snapshot.6.tmp"));
  EXPECT_FALSE(disk_.Exists(kDir + "/snapshot.6.gz.tmp"));
  EXPECT_TRUE(disk_.Exists(kDir + "/currentEpoch.tmp"));
}

TEST_F(RecoveryTest, FoldersAreMadeOrDemanded) {
  config_.data_dir_autocreate = false;
  EXPECT_EQ(Run().status().code(), StatusCode::kInvalid);
  EXPECT_NE(Error().find("datadir.autocreate"), std::string::npos);
  config_.data_dir_autocreate = true;
  options_.repair = false;
  EXPECT_EQ(Run().status().code(), StatusCode::kInvalid);
  options_.repair = true;
  EXPECT_TRUE(Run().ok());
}

TEST_F(RecoveryTest, TwoFolders) {
  config_.data_log_dir = "/log";
  disk_.Put("/data/version-2/log.1", "");
  EXPECT_EQ(Run().status().code(), StatusCode::kInvalid);
  EXPECT_NE(Error().find("log.1 is a log in the folder of snapshots"), std::string::npos);
  (void)disk_.Remove("/data/version-2/log.1");
  disk_.Put("/log/version-2/snapshot.0", "");
  EXPECT_NE(Error().find("snapshot.0 is a snapshot in the folder of logs"), std::string::npos);
  (void)disk_.Remove("/log/version-2/snapshot.0");
  ASSERT_TRUE(Run().ok());
  EXPECT_TRUE(disk_.Exists("/data/version-2/snapshot.0"));
  EXPECT_TRUE(disk_.Exists("/log/version-2/durable.mark"));
}

TEST_F(RecoveryTest, ALostDiskIsNotANewOneUnlessSomebodySaysSo) {
  config_.db_autocreate = false;
  auto recovered = Run();
  ASSERT_TRUE(recovered.ok());
  EXPECT_TRUE(recovered->uninitialized);
  EXPECT_FALSE(disk_.Exists(SnapshotPath(0)));
  disk_.Put("/data/initialize", "");
  recovered = Run();
  ASSERT_TRUE(recovered.ok());
  EXPECT_FALSE(recovered->uninitialized);
  EXPECT_FALSE(disk_.Exists("/data/initialize"));
  EXPECT_TRUE(disk_.Exists(SnapshotPath(0)));
  EXPECT_FALSE(Run()->uninitialized);
}

TEST_F(RecoveryTest, EphemeralsOfUnknownSessionsGo) {
  (void)disk_.MakeDirs(kDir);
  Database db;
  db.sessions[5] = 4000;
  for (const auto& [path, owner] : {std::pair("/mine", 5), {"/lost1", 6}, {"/lost2", 6}}) {
    CreateArgs args;
    args.path = path;
    args.acl = OpenAcl();
    args.ephemeral_owner = owner;
    args.zxid = db.last_processed = db.last_processed.Next();
    ASSERT_EQ(db.tree.Create(args), ErrorCode::kOk);
  }
  SnapshotWriter::Options snapshot;
  snapshot.dir = kDir;
  ASSERT_TRUE(WriteSnapshot(disk_, snapshot, db).ok());

  options_.repair = false;
  options_.kill_orphans = false;
  EXPECT_NE(Run()->db->tree.Find("/lost1"), nullptr);
  options_ = {};
  const auto recovered = Run();
  ASSERT_TRUE(recovered.ok());
  EXPECT_NE(recovered->db->tree.Find("/mine"), nullptr);
  EXPECT_EQ(recovered->db->tree.Find("/lost1"), nullptr);
  EXPECT_EQ(recovered->db->tree.Find("/lost2"), nullptr);
  EXPECT_TRUE(Said(*recovered, "2 ephemeral nodes of 1 sessions"));
  // The snapshot on disk has it, so that the next start says nothing.
  EXPECT_TRUE(Run()->messages.empty());
}

TEST_F(RecoveryTest, WithoutRepairNothingChanges) {
  PutSnapshot(3);
  WriteLog(disk_, Zxid(4), Zxid(10));
  disk_.bytes(LogPath(Zxid(4))).resize(500);
  (void)disk_.Remove(kDir + "/durable.mark");
  disk_.Put(kDir + "/snapshot.6.tmp", "half");
  options_.repair = false;
  const auto before = disk_.Snapshot();
  const auto recovered = Run();
  ASSERT_TRUE(recovered.ok()) << recovered.status().message();
  EXPECT_TRUE(Said(*recovered, "cut at byte"));
  EXPECT_EQ(disk_.Snapshot(), before);
}

TEST_F(RecoveryTest, WhatWasReadIsDurableBeforeItIsServed) {
  ASSERT_TRUE(Run().ok());
  TxnLog log(disk_, LogOptions(), Zxid(0));
  ASSERT_TRUE(AppendRange(log, Zxid(1), Zxid(5)).ok());
  ASSERT_TRUE(log.Sync().ok());
  ASSERT_TRUE(AppendRange(log, Zxid(6), Zxid(9)).ok());
  // Killed before the sync: the records are only in memory of the system.
  ExpectNodes(*Run(*disk_.DurableCopy()), 5);
  ExpectNodes(*Run(), 9);
  ExpectNodes(*Run(*disk_.DurableCopy()), 9);
}

TEST_F(RecoveryTest, UnreadableTransactionsAreDamage) {
  PutSnapshot(0);
  TxnLog log(disk_, LogOptions(), Zxid(0));
  std::string unknown = Payload(Zxid(1));
  unknown[31] = 99;
  const LogEntry entry{Zxid(1), unknown};
  ASSERT_TRUE(log.Append({&entry, 1}).ok());
  ASSERT_TRUE(log.Sync().ok());
  EXPECT_NE(Error().find("log.1 at byte 16: transaction 0x1 has the unknown type 99"),
            std::string::npos);
}

TEST_F(RecoveryTest, StrictTakesNoTolerance) {
  PutSnapshot(0);
  TxnLog log(disk_, LogOptions(), Zxid(0));
  const std::string orphan = CreatePayload(Zxid(1), "/no/parent", "x");
  const LogEntry entry{Zxid(1), orphan};
  ASSERT_TRUE(log.Append({&entry, 1}).ok());
  ASSERT_TRUE(log.Sync().ok());
  options_.strict = true;
  EXPECT_NE(Error().find("does not fit"), std::string::npos);
  options_.strict = false;
  EXPECT_TRUE(Run().ok());
}

// Each call of each kind fails once: the start is refused or does without, and the next one finds
// everything.
TEST_F(RecoveryTest, AnErrorAtAnyCallLosesNothing) {
  PutSnapshot(3);
  PutSnapshot(5);
  disk_.bytes(SnapshotPath(5))[100] ^= 1;
  WriteLog(disk_, Zxid(4), Zxid(6));
  {
    TxnLog log(disk_, LogOptions(), Zxid(6));
    ASSERT_TRUE(AppendRange(log, Zxid(7), Zxid(9)).ok());
    disk_.bytes(LogPath(Zxid(7))).resize(log.position() - 5);
  }
  for (const char* call :
       {"read", "write", "sync", "sync folder", "rename", "remove", "truncate"}) {
    int refused = 0;
    for (int n = 1; n < 100; n++) {
      SCOPED_TRACE(std::string(call) + " " + std::to_string(n));
      auto disk = disk_.Copy();
      disk->FailAt(call, n, Status::Io("broken"));
      const auto recovered = Run(*disk);
      if (disk->calls(call) < n) break;  // that many there are not
      if (recovered.ok()) {
        ExpectNodes(*recovered, 8);
      } else {
        refused++;
        EXPECT_NE(recovered.status().message().find("broken"), std::string::npos)
            << recovered.status().message();
      }
      disk->ClearFaults();
      const auto again = Run(*disk);
      ASSERT_TRUE(again.ok()) << again.status().message();
      ExpectNodes(*again, 8);
    }
    EXPECT_TRUE(refused > 0 || std::string(call) == "remove") << call;
  }
}

}  // namespace
}  // namespace zk::storage
