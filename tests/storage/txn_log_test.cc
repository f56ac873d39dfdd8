// SPDX-License-Identifier: Apache-2.0
#include "server/storage/txn_log.h"

#include <gtest/gtest.h>

#include "server/storage/durable_mark.h"
#include "tests/storage/log_util.h"

namespace zk::storage {
namespace {

class TxnLogTest : public testing::Test {
 protected:
  TxnLogTest() { (void)disk_.MakeDirs(kDir); }
  std::vector<std::string> Logs(MemDisk& disk) {
    std::vector<std::string> names;
    const auto logs = ListLogs(disk, kDir);
    for (const LogFile& file : *logs) names.push_back(file.name);
    return names;
  }

  MemDisk disk_;
};

TEST_F(TxnLogTest, FilesAreMadeByTheFirstAppendAndNamedAfterIt) {
  TxnLog log(disk_, LogOptions(), Zxid(4));
  EXPECT_TRUE(log.Sync().ok());
  EXPECT_TRUE(Logs(disk_).empty());
  ASSERT_TRUE(AppendRange(log, Zxid(5), Zxid(7)).ok());
  ASSERT_TRUE(log.Roll().ok());
  EXPECT_EQ(Logs(disk_), std::vector<std::string>{"log.5"});
  ASSERT_TRUE(AppendRange(log, Zxid(8), Zxid(8)).ok());
  EXPECT_EQ(Logs(disk_), (std::vector<std::string>{"log.5", "log.8"}));
}

TEST_F(TxnLogTest, WhatWasAppendedIsReadBack) {
  TxnLog log(disk_, LogOptions(), Zxid(0));
  ASSERT_TRUE(AppendRange(log, Zxid(1), Zxid(20), 1000).ok());
  ASSERT_TRUE(AppendRange(log, Zxid(21), Zxid(40), 3).ok());
  ASSERT_TRUE(log.Sync().ok());
  const ReadResult read = ReadLog(disk_, LogPath(Zxid(1)));
  ASSERT_EQ(read.records.size(), 40u);
  for (size_t i = 0; i < 40; i++) {
    EXPECT_EQ(read.payloads[i], Payload(Zxid(static_cast<int64_t>(i) + 1), i < 20 ? 1000 : 3));
  }
  EXPECT_EQ(read.end, LogEnd::kZeros);
  EXPECT_EQ(read.verdict, LogVerdict::kClean);
  EXPECT_EQ(read.offset, log.position());
}

TEST_F(TxnLogTest, NothingIsDurableBeforeSyncEverythingAfter) {
  TxnLog log(disk_, LogOptions(), Zxid(0));
  ASSERT_TRUE(AppendRange(log, Zxid(1), Zxid(3)).ok());
  EXPECT_TRUE(Logs(*disk_.DurableCopy()).empty());
  EXPECT_EQ(log.last_durable(), Zxid(0));
  ASSERT_TRUE(log.Sync().ok());
  EXPECT_EQ(log.last_durable(), Zxid(3));
  EXPECT_EQ(ReadLog(*disk_.DurableCopy(), LogPath(Zxid(1))).records.size(), 3u);
}

TEST_F(TxnLogTest, OneGroupIsOneWriteAndOneSync) {
  TxnLog log(disk_, LogOptions(), Zxid(0));
  ASSERT_TRUE(AppendRange(log, Zxid(1), Zxid(1)).ok());
  ASSERT_TRUE(log.Sync().ok());
  const int writes = disk_.calls("write");
  const int syncs = disk_.calls("sync");
  const int dir_syncs = disk_.calls("sync folder");
  ASSERT_TRUE(AppendRange(log, Zxid(2), Zxid(9)).ok());
  ASSERT_TRUE(log.Sync().ok());
  EXPECT_EQ(disk_.calls("write") - writes, 2);  // the records, and the mark
  EXPECT_EQ(disk_.calls("sync") - syncs, 1);
  EXPECT_EQ(disk_.calls("sync folder"), dir_syncs);
}

TEST_F(TxnLogTest, ZerosAreAheadOfTheRecordsAndNothingElse) {
  TxnLog log(disk_, LogOptions(), Zxid(0));
  for (int64_t z = 1; z <= 200; z++) {
    ASSERT_TRUE(AppendRange(log, Zxid(z), Zxid(z), 100).ok());
    ASSERT_TRUE(log.Sync().ok());
    const std::string& bytes = disk_.bytes(LogPath(Zxid(1)));
    ASSERT_GE(bytes.size(), log.position() + 4096) << z;
    ASSERT_LE(bytes.size(), log.position() + 8192 + 4096) << z;
    ASSERT_EQ(bytes.find_first_not_of('\0', log.position()), std::string::npos);
  }
}

TEST_F(TxnLogTest, PreallocationMayBeOff) {
  TxnLog::Options options = LogOptions();
  options.preallocate_bytes = 0;
  TxnLog log(disk_, options, Zxid(0));
  ASSERT_TRUE(AppendRange(log, Zxid(1), Zxid(2)).ok());
  EXPECT_EQ(disk_.bytes(LogPath(Zxid(1))).size(), log.position());
  EXPECT_EQ(ReadLog(disk_, LogPath(Zxid(1))).end, LogEnd::kEndOfFile);
}

TEST_F(TxnLogTest, RollsBySize) {
  TxnLog::Options options = LogOptions();
  options.size_limit_bytes = 2000;
  TxnLog log(disk_, options, Zxid(0));
  for (int64_t z = 1; z <= 5; z++) {
    ASSERT_TRUE(AppendRange(log, Zxid(z), Zxid(z), 1000).ok());
    ASSERT_TRUE(log.Sync().ok());
  }
  EXPECT_EQ(Logs(disk_), (std::vector<std::string>{"log.1", "log.3", "log.5"}));
}

TEST_F(TxnLogTest, TheMarkFollowsTheSyncsAndAnnouncesFiles) {
  TxnLog log(disk_, LogOptions(), Zxid(4));
  ASSERT_TRUE(AppendRange(log, Zxid(5), Zxid(6)).ok());
  DurableMark mark(disk_, kDir);
  EXPECT_EQ(*mark.Read(), (Mark{.file = Zxid(5), .offset = 16, .last = Zxid(4)}));
  ASSERT_TRUE(log.Sync().ok());
  const Mark after{.file = Zxid(5), .offset = log.position(), .last = Zxid(6)};
  EXPECT_EQ(*mark.Read(), after);
  ASSERT_TRUE(log.Roll().ok());
  ASSERT_TRUE(AppendRange(log, Zxid(7), Zxid(7)).ok());
  // Durable before the file exists.
  EXPECT_EQ(*DurableMark(*disk_.DurableCopy(), kDir).Read(),
            (Mark{.file = Zxid(7), .offset = 16, .last = Zxid(6)}));
}

TEST_F(TxnLogTest, WithoutForceSyncNothingIsClaimed) {
  TxnLog::Options options = LogOptions();
  options.force_sync = false;
  TxnLog log(disk_, options, Zxid(0));
  ASSERT_TRUE(AppendRange(log, Zxid(1), Zxid(6)).ok());
  ASSERT_TRUE(log.Sync().ok());
  EXPECT_EQ(disk_.calls("sync"), 0);
  EXPECT_EQ(*DurableMark(disk_, kDir).Read(), std::nullopt);
}

TEST_F(TxnLogTest, AnErrorIsForEver) {
  for (const char* call : {"write", "sync", "sync folder"}) {
    SCOPED_TRACE(call);
    MemDisk disk;
    (void)disk.MakeDirs(kDir);
    // The mark is there already, so that the n-th call below is one of the log.
    (void)DurableMark(disk, kDir).Update({});
    TxnLog log(disk, LogOptions(), Zxid(0));
    disk.FailAt(call, std::string(call) == "sync folder" ? 1 : 2, Status::Io("broken"));
    Status status = AppendRange(log, Zxid(1), Zxid(1));
    if (status.ok()) status = log.Sync();
    EXPECT_EQ(status.message(), "broken");
    disk.ClearFaults();
    EXPECT_EQ(log.Sync().message(), "broken");
    EXPECT_EQ(AppendRange(log, Zxid(2), Zxid(2)).message(), "broken");
    EXPECT_EQ(log.Roll().message(), "broken");
    EXPECT_EQ(log.last_durable(), Zxid(0));
  }
}

TEST_F(TxnLogTest, AFullDiskStopsRecordsButNotTheirZeros) {
  TxnLog log(disk_, LogOptions(), Zxid(0));
  ASSERT_TRUE(AppendRange(log, Zxid(1), Zxid(1), 3000).ok());
  ASSERT_TRUE(log.Sync().ok());
  // The second write of an append that needs zeros is the record's.
  disk_.FailAt("write", 1, Status::NoSpace("full"));
  EXPECT_EQ(AppendRange(log, Zxid(2), Zxid(2), 6000).code(), StatusCode::kNoSpace);
  EXPECT_EQ(log.last_durable(), Zxid(1));
  EXPECT_EQ(ReadLog(disk_, LogPath(Zxid(1))).records.size(), 1u);
}

}  // namespace
}  // namespace zk::storage
