// SPDX-License-Identifier: Apache-2.0
//
// The chain of log files: order, gaps, torn ends in between, and the durable mark's say.

#include "server/storage/replay.h"

#include <gtest/gtest.h>

#include "server/storage/log_format.h"
#include "tests/storage/log_util.h"

namespace zk::storage {
namespace {

class ReplayTest : public testing::Test {
 protected:
  ReplayTest() { (void)disk_.MakeDirs(kDir); }

  // What one server writes, start after start: the mark follows.
  void WriteRange(int64_t first, int64_t last) { WriteLog(disk_, Zxid(first), Zxid(last)); }
  // What Java writes: no mark.
  void WriteJava(Zxid first, Zxid last) {
    MemDisk java;
    WriteLog(java, first, last);
    disk_.Put(LogPath(first), java.bytes(LogPath(first)));
  }
  Status Run(int64_t after = 0, bool repair = true) {
    seen_.clear();
    messages_.clear();
    LogReplay replay(disk_, kDir, limits_, Zxid(after));
    Status status = replay.Run([&](const LogRecord& record) {
      seen_.push_back(record.zxid.value);
      return Status::Ok();
    });
    last_ = replay.last().value;
    messages_ = replay.messages();
    return status.ok() && repair ? replay.Repair() : status;
  }
  std::string Error(int64_t after = 0) {
    const auto before = disk_.Snapshot();
    const Status status = Run(after);
    EXPECT_EQ(status.code(), StatusCode::kCorruption);
    EXPECT_EQ(disk_.Snapshot(), before);
    return status.message();
  }
  std::string& Log(int64_t first) { return disk_.bytes(LogPath(Zxid(first))); }
  std::vector<LogRecord> Records(int64_t first) {
    return ReadLog(disk_, LogPath(Zxid(first))).records;
  }
  // Cuts the last record of the file in its middle.
  void Tear(int64_t first) {
    const LogRecord last = Records(first).back();
    std::string& bytes = Log(first);
    for (uint64_t at = last.offset + 20; at < bytes.size(); at++) bytes[at] = 0;
  }
  void RemoveMark() { (void)disk_.Remove(kDir + "/durable.mark"); }
  std::vector<int64_t> Range(int64_t first, int64_t last) {
    std::vector<int64_t> range;
    for (int64_t z = first; z <= last; z++) range.push_back(z);
    return range;
  }

  MemDisk disk_;
  Limits limits_;
  std::vector<int64_t> seen_;
  std::vector<std::string> messages_;
  int64_t last_ = 0;
};

TEST_F(ReplayTest, ManyFilesFromAnyPoint) {
  WriteRange(1, 4);
  WriteRange(5, 9);
  WriteRange(10, 12);
  for (int64_t after = 0; after <= 12; after++) {
    ASSERT_TRUE(Run(after).ok());
    EXPECT_EQ(seen_, Range(after + 1, 12)) << after;
    EXPECT_EQ(last_, 12);
    EXPECT_TRUE(messages_.empty());
  }
  ASSERT_TRUE(Run(20).ok());
  EXPECT_EQ(last_, 20);
}

TEST_F(ReplayTest, NoLogsAtAll) {
  ASSERT_TRUE(Run(7).ok());
  EXPECT_EQ(last_, 7);
  EXPECT_EQ(*DurableMark(disk_, kDir).Read(), (Mark{.file = Zxid(), .offset = 0, .last = Zxid(7)}));
}

TEST_F(ReplayTest, Gaps) {
  WriteJava(Zxid(1), Zxid(4));
  WriteJava(Zxid(6), Zxid(9));
  EXPECT_NE(Error().find("log.6 at byte 16: transaction 0x6 follows 0x4: 0x5 is missing"),
            std::string::npos);
  EXPECT_TRUE(Run(5).ok());  // the snapshot has it
  EXPECT_FALSE(Run(3).ok());
  disk_ = MemDisk();
  WriteJava(Zxid(6), Zxid(9));
  EXPECT_FALSE(Run(3).ok());  // between snapshot and log
  EXPECT_TRUE(Run(5).ok());
}

TEST_F(ReplayTest, EpochsStartAtOne) {
  WriteJava(Zxid(1, 1), Zxid(1, 4));
  WriteJava(Zxid(3, 1), Zxid(3, 2));
  ASSERT_TRUE(Run().ok());
  EXPECT_EQ(last_, Zxid(3, 2).value);
  disk_ = MemDisk();
  WriteJava(Zxid(1, 1), Zxid(1, 4));
  WriteJava(Zxid(3, 2), Zxid(3, 3));
  EXPECT_NE(Error().find("or the first of a new epoch is missing"), std::string::npos);
}

TEST_F(ReplayTest, TransactionsThatComeTwice) {
  WriteJava(Zxid(1), Zxid(6));
  WriteJava(Zxid(5), Zxid(9));
  ASSERT_TRUE(Run().ok());
  EXPECT_EQ(seen_, (std::vector<int64_t>{1, 2, 3, 4, 5, 6, 5, 6, 7, 8, 9}));
  EXPECT_EQ(last_, 9);
  ASSERT_EQ(messages_.size(), 1u);
  EXPECT_NE(messages_[0].find("2 transactions are there twice"), std::string::npos);
}

TEST_F(ReplayTest, ATornEndIsCutAndSaid) {
  WriteJava(Zxid(1), Zxid(6));
  const uint64_t end = Records(1)[4].end;
  Tear(1);
  ASSERT_TRUE(Run(0, false).ok());
  EXPECT_EQ(last_, 5);
  ASSERT_EQ(messages_.size(), 1u);
  EXPECT_NE(messages_[0].find("log.1: cut at byte " + std::to_string(end)), std::string::npos);
  ASSERT_TRUE(Run().ok());
  EXPECT_EQ(Log(1).size(), end);
  EXPECT_EQ(disk_.DurableCopy()->bytes(LogPath(Zxid(1))).size(), end);
  ASSERT_TRUE(Run().ok());
  EXPECT_TRUE(messages_.empty());
}

TEST_F(ReplayTest, ATornEndBeforeAnotherFile) {
  WriteJava(Zxid(1), Zxid(6));
  Tear(1);
  WriteJava(Zxid(6), Zxid(8));
  ASSERT_TRUE(Run().ok());  // 6 was written again
  EXPECT_EQ(seen_, Range(1, 8));

  disk_ = MemDisk();
  WriteJava(Zxid(1, 1), Zxid(1, 6));
  Tear(Zxid(1, 1).value);
  WriteJava(Zxid(2, 1), Zxid(2, 3));
  ASSERT_TRUE(Run().ok());  // 6 was never committed
  EXPECT_EQ(last_, Zxid(2, 3).value);
  EXPECT_EQ(messages_.size(), 1u);

  disk_ = MemDisk();
  WriteJava(Zxid(1), Zxid(6));
  Tear(1);
  WriteJava(Zxid(7), Zxid(8));
  const std::string error = Error();  // 6 was there
  EXPECT_NE(error.find("0x7 follows 0x5: 0x6 is missing"), std::string::npos);
  EXPECT_NE(error.find("log.1 cannot be read from byte"), std::string::npos);
}

TEST_F(ReplayTest, EmptyFiles) {
  WriteJava(Zxid(1), Zxid(3));
  disk_.Put(LogPath(Zxid(4)), "");
  ASSERT_TRUE(Run().ok());
  EXPECT_FALSE(disk_.Exists(LogPath(Zxid(4))));
  disk_.Put(LogPath(Zxid(4)), Log(1).substr(0, kLogHeaderSize));
  ASSERT_TRUE(Run().ok());
  EXPECT_TRUE(disk_.Exists(LogPath(Zxid(4))));
  // The mark names what is left, so the next start finds nothing strange.
  ASSERT_TRUE(Run().ok());
  EXPECT_TRUE(messages_.empty());
  EXPECT_EQ((*DurableMark(disk_, kDir).Read())->file, Zxid(4));
}

TEST_F(ReplayTest, RemovingTheOnlyFileReadLeavesAMarkOfTheOneBefore) {
  WriteJava(Zxid(1), Zxid(3));
  disk_.Put(LogPath(Zxid(4)), "");
  ASSERT_TRUE(Run(3).ok());
  EXPECT_EQ(*DurableMark(disk_, kDir).Read(),
            (Mark{.file = Zxid(1), .offset = 16, .last = Zxid(3)}));
  ASSERT_TRUE(Run(3).ok());
  EXPECT_TRUE(messages_.empty());
}

TEST_F(ReplayTest, AboveTheMarkALastRecordMayBeBroken) {
  WriteRange(1, 6);
  const std::vector<LogRecord> records = Records(1);
  const std::string good = Log(1);
  // As if the last sync had not been marked.
  DurableMark mark(disk_, kDir);
  ASSERT_TRUE(mark.Update({.file = Zxid(1), .offset = records[4].end, .last = Zxid(5)}).ok());
  const auto marked = disk_.Copy();
  for (uint64_t at = records[5].offset; at < records[5].end; at++) {
    disk_.Put(kDir + "/durable.mark", marked->bytes(kDir + "/durable.mark"));
    disk_.Put(LogPath(Zxid(1)), good);
    Log(1)[at] ^= 0x11;
    ASSERT_TRUE(Run().ok()) << at;
    EXPECT_EQ(last_, 5);
    EXPECT_EQ(messages_.size(), 1u);
  }
}

TEST_F(ReplayTest, BelowTheMarkItIsDamage) {
  WriteRange(1, 6);
  const std::vector<LogRecord> records = Records(1);
  const std::string good = Log(1);
  for (uint64_t at = records[5].offset; at < records[5].end; at++) {
    Log(1) = good;
    Log(1)[at] ^= 0x11;
    EXPECT_NE(Error().find("was once durable"), std::string::npos) << at;
  }
  // Also when nothing at all is left of it.
  for (const uint64_t size : {records[5].offset, records[2].end, records[2].end + 3}) {
    Log(1) = good.substr(0, size);
    EXPECT_NE(Error().find("was once durable"), std::string::npos) << size;
    Log(1).resize(good.size());
    EXPECT_NE(Error().find("was once durable"), std::string::npos) << size;
  }
  (void)disk_.Remove(LogPath(Zxid(1)));
  EXPECT_NE(Error().find("remove durable.mark"), std::string::npos);
  EXPECT_TRUE(Run(6).ok());  // a snapshot has it all
}

TEST_F(ReplayTest, FilesBeforeTheMarkedOneMissNothing) {
  WriteRange(1, 4);
  WriteRange(5, 6);
  Tear(1);
  EXPECT_NE(Error().find("0x4 is missing"), std::string::npos);
}

TEST_F(ReplayTest, OnceJavaHasWrittenTheMarkIsVoid) {
  WriteRange(1, 6);
  WriteJava(Zxid(7), Zxid(9));
  Tear(7);
  ASSERT_TRUE(Run().ok());
  EXPECT_EQ(last_, 8);
  ASSERT_EQ(messages_.size(), 2u);
  EXPECT_NE(messages_[0].find("another program has written log.7"), std::string::npos);
  // And is good again from then on.
  ASSERT_TRUE(Run().ok());
  EXPECT_TRUE(messages_.empty());
  Tear(7);
  EXPECT_NE(Error().find("was once durable"), std::string::npos);
}

TEST_F(ReplayTest, AnAnnouncedFileNeedNotExist) {
  WriteRange(1, 6);
  DurableMark mark(disk_, kDir);
  ASSERT_TRUE(mark.Update({.file = Zxid(7), .offset = 16, .last = Zxid(6)}).ok());
  ASSERT_TRUE(Run().ok());
  EXPECT_EQ(last_, 6);
  EXPECT_TRUE(messages_.empty());
}

TEST_F(ReplayTest, DamageInTheMiddle) {
  WriteRange(1, 6);
  const std::vector<LogRecord> records = Records(1);
  Log(1)[records[2].offset + 30] ^= 1;
  const std::string at = "log.1 at byte " + std::to_string(records[2].offset);
  EXPECT_NE(Error().find(at), std::string::npos);
  RemoveMark();
  EXPECT_NE(Error().find(at + ": record with a wrong checksum, with readable transactions behind"),
            std::string::npos);
  EXPECT_NE(Error().find("Restore the file from a backup"), std::string::npos);
}

TEST_F(ReplayTest, AppliersRefusalIsDamage) {
  WriteRange(1, 6);
  LogReplay replay(disk_, kDir, limits_, Zxid(0));
  const Status status = replay.Run([&](const LogRecord& record) {
    return record.zxid == Zxid(3) ? Status::Corruption("nonsense") : Status::Ok();
  });
  EXPECT_NE(status.message().find("log.1 at byte"), std::string::npos);
  EXPECT_NE(status.message().find("nonsense"), std::string::npos);
}

TEST_F(ReplayTest, PagesOfAFailedSyncAreWrittenAgain) {
  WriteRange(1, 3);
  // Readable, but the system believes that it is on the disk already: only a write helps.
  TxnLog log(disk_, LogOptions(), Zxid(3));
  ASSERT_TRUE(AppendRange(log, Zxid(4), Zxid(5)).ok());
  const int writes = disk_.calls("write");
  ASSERT_TRUE(Run().ok());
  EXPECT_EQ(last_, 5);
  EXPECT_EQ(disk_.calls("write") - writes, 2);  // the records, the mark
  EXPECT_EQ(ReadLog(*disk_.DurableCopy(), LogPath(Zxid(4))).records.size(), 2u);
}

}  // namespace
}  // namespace zk::storage
