// SPDX-License-Identifier: Apache-2.0
#include "server/storage/file_names.h"

#include <gtest/gtest.h>

#include "tests/storage/mem_disk.h"

namespace zk::storage {
namespace {

TEST(FileNamesTest, NamesAreLowercaseHexWithoutPadding) {
  EXPECT_EQ(LogName(Zxid(0x1f)), "log.1f");
  EXPECT_EQ(LogName(Zxid(3, 0xAB)), "log.3000000ab");
  EXPECT_EQ(SnapshotName(Zxid(0), Compression::kNone), "snapshot.0");
  EXPECT_EQ(SnapshotName(Zxid(0x57), Compression::kGzip), "snapshot.57.gz");
  EXPECT_EQ(SnapshotName(Zxid(0x57), Compression::kSnappy), "snapshot.57.snappy");
}

TEST(FileNamesTest, Logs) {
  EXPECT_EQ(ParseLogName("log.1f")->first, Zxid(0x1f));
  EXPECT_EQ(ParseLogName("log.100000001")->first, Zxid(1, 1));
  for (const char* name : {"log", "log.", "log.g", "log.1f.bak", "log.-1", "logs.1", "snapshot.1",
                           "log.ffffffffffffffff", "log.11111111111111111", "durable.mark"}) {
    EXPECT_FALSE(ParseLogName(name).has_value()) << name;
  }
}

TEST(FileNamesTest, Snapshots) {
  EXPECT_EQ(ParseSnapshotName("snapshot.0")->zxid, Zxid(0));
  EXPECT_EQ(ParseSnapshotName("snapshot.57.gz")->compression, Compression::kGzip);
  EXPECT_EQ(ParseSnapshotName("snapshot.57.snappy")->compression, Compression::kSnappy);
  for (const char* name : {"snapshot", "snapshot.", "snapshot.57.tmp", "snapshot.57.gz.tmp",
                           "snapshot.57.bak", "snapshot.x", "bad-snapshot.57", "log.1"}) {
    EXPECT_FALSE(ParseSnapshotName(name).has_value()) << name;
  }
}

TEST(FileNamesTest, ListsAreByZxidNotByName) {
  MemDisk disk;
  for (const char* name : {"log.9", "log.10", "log.a", "snapshot.10", "snapshot.2", "myid"}) {
    disk.Put(std::string("/d/") + name, "");
  }
  std::string logs;
  const auto log_list = ListLogs(disk, "/d");
  for (const LogFile& log : *log_list) logs += log.name + " ";
  EXPECT_EQ(logs, "log.9 log.a log.10 ");
  std::string snapshots;
  const auto snapshot_list = ListSnapshots(disk, "/d");
  for (const SnapshotFile& file : *snapshot_list) snapshots += file.name + " ";
  EXPECT_EQ(snapshots, "snapshot.2 snapshot.10 ");
  EXPECT_EQ(ListLogs(disk, "/none").status().code(), StatusCode::kNotFound);
}

TEST(FileNamesTest, LogsAfterASnapshot) {
  const std::vector<LogFile> logs{{Zxid(1), "log.1"}, {Zxid(5), "log.5"}, {Zxid(9), "log.9"}};
  const auto first = [&](int64_t zxid) { return LogsAfter(logs, Zxid(zxid)).front().name; };
  EXPECT_EQ(first(0), "log.1");
  EXPECT_EQ(first(3), "log.1");
  EXPECT_EQ(first(4), "log.5");  // what follows 4 begins exactly there
  EXPECT_EQ(first(7), "log.5");
  EXPECT_EQ(first(8), "log.9");
  EXPECT_EQ(first(100), "log.9");
  EXPECT_EQ(LogsAfter(logs, Zxid(3)).size(), 3u);
  EXPECT_TRUE(LogsAfter({}, Zxid(3)).empty());
  // Everything is later than the snapshot: the gap is the reader's to find.
  EXPECT_EQ(LogsAfter({{Zxid(7), "log.7"}}, Zxid(3)).size(), 1u);
}

}  // namespace
}  // namespace zk::storage
