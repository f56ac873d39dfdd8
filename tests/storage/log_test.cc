// SPDX-License-Identifier: Apache-2.0
//
// How a log file may end, and what the reader makes of it.

#include <gtest/gtest.h>

#include "jute/encoder.h"
#include "server/storage/log_format.h"
#include "server/storage/log_reader.h"
#include "tests/storage/log_util.h"

namespace zk::storage {
namespace {

TEST(LogFormatTest, Adler32) {
  EXPECT_EQ(Adler32(""), 1u);
  EXPECT_EQ(Adler32("abc"), 0x024d0127u);
  EXPECT_EQ(Adler32("c", Adler32("ab")), 0x024d0127u);
}

class LogTest : public testing::Test {
 protected:
  // Transactions 1..n in one file.
  void Write(int64_t n, size_t size = 10) {
    WriteLog(disk_, Zxid(1), Zxid(n), size);
    good_ = disk_.bytes(path_);
    records_ = ReadLog(disk_, path_).records;
    ASSERT_EQ(records_.size(), static_cast<size_t>(n));
  }
  std::string& bytes() { return disk_.bytes(path_); }
  ReadResult Read() { return ReadLog(disk_, path_); }
  void Zero(uint64_t from, uint64_t to) {
    for (uint64_t i = from; i < to; i++) bytes()[i] = 0;
  }

  MemDisk disk_;
  const std::string path_ = LogPath(Zxid(1));
  std::string good_;
  std::vector<LogRecord> records_;
};

TEST_F(LogTest, CleanEnds) {
  Write(5);
  EXPECT_EQ(Read().end, LogEnd::kZeros);
  EXPECT_EQ(Read().verdict, LogVerdict::kClean);
  const uint64_t end = records_[4].end;
  // Cut anywhere in the zeros, also within what would be a record's prefix.
  for (const uint64_t size : {end, end + 1, end + 11, end + 12, end + 13}) {
    bytes() = good_.substr(0, size);
    EXPECT_EQ(Read().records.size(), 5u);
    EXPECT_EQ(Read().verdict, LogVerdict::kClean) << size;
  }
}

TEST_F(LogTest, LastRecordCutAtEveryByteIsTorn) {
  Write(5);
  for (uint64_t size = records_[4].offset + 1; size < records_[4].end; size++) {
    for (const bool zeros : {false, true}) {  // the file ends there, or zeros were ahead
      bytes() = good_.substr(0, size);
      if (zeros) bytes().resize(good_.size());
      const ReadResult read = Read();
      EXPECT_EQ(read.records.size(), 4u) << size;
      EXPECT_EQ(read.offset, records_[4].offset);
      // The first four bytes of a checksum are zero: nothing of the record is there yet.
      const bool nothing = size <= records_[4].offset + 4;
      EXPECT_EQ(read.verdict, nothing ? LogVerdict::kClean : LogVerdict::kTorn) << size;
    }
  }
}

TEST_F(LogTest, AnyFlipInTheLastRecordIsTornForTheReader) {
  Write(5);
  for (uint64_t at = records_[4].offset; at < records_[4].end; at++) {
    bytes() = good_;
    bytes()[at] ^= 0x40;
    EXPECT_EQ(Read().records.size(), 4u) << at;
    EXPECT_EQ(Read().verdict, LogVerdict::kTorn) << at;
  }
}

TEST_F(LogTest, AnyFlipInTheMiddleIsDamage) {
  Write(5);
  for (uint64_t at = records_[2].offset; at < records_[2].end; at++) {
    for (const char mask : {'\x01', '\x80', '\x7f'}) {
      bytes() = good_;
      bytes()[at] ^= mask;
      const ReadResult read = Read();
      EXPECT_EQ(read.records.size(), 2u) << at;
      EXPECT_EQ(read.offset, records_[2].offset) << at;
      EXPECT_EQ(read.verdict, LogVerdict::kDamaged) << at;
    }
  }
}

TEST_F(LogTest, FlipsInRecordsThatCrossSectorsAreDamageToo) {
  Write(40, 100);
  for (size_t i = 1; i + 1 < records_.size(); i++) {
    for (const uint64_t at : {records_[i].offset + 5, records_[i].offset + 11,
                              records_[i].offset + 50, records_[i].end - 1}) {
      bytes() = good_;
      bytes()[at] ^= 0x15;
      EXPECT_EQ(Read().verdict, LogVerdict::kDamaged) << i << " at " << at;
    }
  }
}

// One group of records of which any set of sectors did not arrive: never damage, never a record
// that was not written.
TEST_F(LogTest, AnySectorsMissingFromTheLastWriteIsTorn) {
  Write(4, 100);
  const uint64_t start = records_[3].end;
  {
    TxnLog log(disk_, LogOptions(), Zxid(4));
    std::vector<std::string> payloads;
    std::string group;
    jute::Encoder out(group);
    for (int64_t z = 5; z <= 40; z++) {
      const std::string payload = Payload(Zxid(z), 20 + static_cast<size_t>(z) * 7 % 200);
      out.Long(Adler32(payload));
      out.String(payload);
      out.Byte(kEndOfRecord);
    }
    bytes().replace(start, group.size(), group);
    good_ = bytes();
  }
  const ReadResult whole = Read();
  ASSERT_EQ(whole.records.size(), 40u);
  const uint64_t first = start / kSectorSize;
  const uint64_t sectors = (whole.offset - 1) / kSectorSize + 1 - first;
  ASSERT_GT(sectors, 5u);
  for (uint64_t lost = 1; lost < (uint64_t{1} << std::min<uint64_t>(sectors, 12)); lost++) {
    bytes() = good_;
    for (uint64_t s = 0; s < sectors; s++) {
      if ((lost >> s & 1) == 0) continue;
      Zero(std::max(start, (first + s) * kSectorSize), (first + s + 1) * kSectorSize);
    }
    const ReadResult read = Read();
    ASSERT_NE(read.verdict, LogVerdict::kDamaged) << lost;
    ASSERT_GE(read.records.size(), 4u);
    for (size_t i = 0; i < read.records.size(); i++) ASSERT_EQ(read.payloads[i], whole.payloads[i]);
  }
}

TEST_F(LogTest, AHoleTooLargeForOneWriteIsDamage) {
  Write(40, 400);
  Zero(kSectorSize * 4, kSectorSize * 5);
  LogReader::Options options;
  options.max_torn_bytes = 4000;
  EXPECT_EQ(ReadLog(disk_, path_, options).verdict, LogVerdict::kDamaged);
  options.max_torn_bytes = 1 << 20;
  EXPECT_EQ(ReadLog(disk_, path_, options).verdict, LogVerdict::kTorn);
}

TEST_F(LogTest, CopiesOfOldRecordsInTheDataAreNotTaken) {
  Write(3);
  // A torn record whose data is a whole old record.
  const std::string old = good_.substr(records_[1].offset, records_[1].end - records_[1].offset);
  const std::string payload = CreatePayload(Zxid(4), "/copy", old);
  std::string record;
  jute::Encoder out(record);
  out.Long(Adler32(payload));
  out.String(payload);
  bytes().replace(records_[2].end, record.size(), record);  // without its end mark
  EXPECT_EQ(Read().end, LogEnd::kBadMark);
  EXPECT_EQ(Read().verdict, LogVerdict::kTorn);
}

TEST_F(LogTest, Ends) {
  Write(3);
  const uint64_t at = records_[2].offset;
  const auto set_length = [&](int32_t length) {
    bytes() = good_;
    jute::StoreInt(bytes().data() + at + 8, length);
    return Read().end;
  };
  EXPECT_EQ(set_length(-1), LogEnd::kBadLength);
  EXPECT_EQ(set_length(31), LogEnd::kBadLength);
  EXPECT_EQ(set_length(INT32_MAX), LogEnd::kBadLength);
  EXPECT_EQ(set_length(2'000'000), LogEnd::kCut);
  EXPECT_EQ(set_length(0), LogEnd::kZeros);
  EXPECT_EQ(Read().verdict, LogVerdict::kTorn);
  bytes() = good_;
  bytes()[at + 20] ^= 1;
  EXPECT_EQ(Read().end, LogEnd::kBadChecksum);
  bytes() = good_;
  bytes()[records_[2].end - 1] = 0;
  EXPECT_EQ(Read().end, LogEnd::kBadMark);
  EXPECT_EQ(LogEndText(LogEnd::kBadMark), "record without its end mark");
}

TEST_F(LogTest, Headers) {
  struct Case {
    std::string name;
    std::string bytes;
    LogVerdict verdict;
  };
  Write(3);
  const std::string header = good_.substr(0, kLogHeaderSize);
  std::vector<Case> cases = {
      {"empty", "", LogVerdict::kTorn},
      {"begun", header.substr(0, 7), LogVerdict::kTorn},
      {"zeros", std::string(9000, '\0'), LogVerdict::kTorn},
      {"first sector lost", std::string(512, '\0') + good_.substr(512), LogVerdict::kTorn},
      {"other file", "ZKSN" + good_.substr(4), LogVerdict::kDamaged},
      {"text", "hello", LogVerdict::kDamaged},
  };
  for (const Case& c : cases) {
    bytes() = c.bytes;
    const ReadResult read = Read();
    EXPECT_EQ(read.end, LogEnd::kBadHeader) << c.name;
    EXPECT_EQ(read.offset, 0u) << c.name;
    EXPECT_EQ(read.verdict, c.verdict) << c.name;
  }
  bytes() = header;
  EXPECT_EQ(Read().end, LogEnd::kEndOfFile);
  EXPECT_EQ(Read().verdict, LogVerdict::kClean);
}

TEST_F(LogTest, RecordsOverTheLimitAreNotRead) {
  Write(2, 5000);
  LogReader::Options options;
  options.max_record = 4000;
  const ReadResult read = ReadLog(disk_, path_, options);
  EXPECT_TRUE(read.records.empty());
  EXPECT_EQ(read.end, LogEnd::kBadLength);
}

TEST_F(LogTest, RecordsLargerThanTheWindowAndAcrossIt) {
  Write(3, 700'000);
  const ReadResult read = Read();
  ASSERT_EQ(read.payloads.size(), 3u);
  EXPECT_EQ(read.payloads[2], Payload(Zxid(3), 700'000));
}

TEST_F(LogTest, AReadErrorIsNoEnd) {
  Write(3);
  auto reader = LogReader::Open(disk_, path_);
  ASSERT_TRUE(reader.ok());
  disk_.FailAt("read", 1, Status::Io("unreadable"));
  // Everything so far came with the first window; a new reader has none.
  auto failed = LogReader::Open(disk_, path_);
  EXPECT_EQ(failed.status().message(), "unreadable");
  EXPECT_EQ(LogReader::Open(disk_, "/data/none").status().code(), StatusCode::kNotFound);
}

}  // namespace
}  // namespace zk::storage
