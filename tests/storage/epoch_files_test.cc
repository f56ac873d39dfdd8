// SPDX-License-Identifier: Apache-2.0
#include "server/storage/epoch_files.h"

#include <gtest/gtest.h>

#include "tests/storage/mem_disk.h"

namespace zk::storage {
namespace {

TEST(EpochFilesTest, WrittenAsJavaDoesAndDurable) {
  MemDisk disk;
  (void)disk.MakeDirs("/d");
  EXPECT_EQ(*ReadEpoch(disk, "/d", EpochFile::kAccepted), std::nullopt);
  ASSERT_TRUE(WriteEpoch(disk, "/d", EpochFile::kAccepted, 7).ok());
  ASSERT_TRUE(WriteEpoch(disk, "/d", EpochFile::kCurrent, 6).ok());
  EXPECT_EQ(disk.bytes("/d/acceptedEpoch"), "7");
  EXPECT_EQ(disk.bytes("/d/currentEpoch"), "6");
  const auto durable = disk.DurableCopy();
  EXPECT_EQ(*ReadEpoch(*durable, "/d", EpochFile::kAccepted), 7);
  EXPECT_EQ(*ReadEpoch(*durable, "/d", EpochFile::kCurrent), 6);
}

TEST(EpochFilesTest, AnErrorAtAnyCallLeavesTheOldNumber) {
  for (const char* call : {"write", "sync", "rename"}) {
    MemDisk disk;
    (void)disk.MakeDirs("/d");
    ASSERT_TRUE(WriteEpoch(disk, "/d", EpochFile::kCurrent, 1).ok());
    disk.FailAt(call, 1, Status::NoSpace("full"));
    EXPECT_EQ(WriteEpoch(disk, "/d", EpochFile::kCurrent, 2).code(), StatusCode::kNoSpace) << call;
    disk.ClearFaults();
    EXPECT_EQ(*ReadEpoch(disk, "/d", EpochFile::kCurrent), 1) << call;
  }
}

TEST(EpochFilesTest, Contents) {
  struct Case {
    const char* text;
    std::optional<int64_t> epoch;  // nothing: refused
  };
  const Case cases[] = {{"1", 1},
                        {"12\n", 12},
                        {"5\r\nrest", 5},
                        {"", std::nullopt},
                        {" 1", std::nullopt},
                        {"1 ", std::nullopt},
                        {"-1", std::nullopt},
                        {"x", std::nullopt},
                        {"99999999999999999999", std::nullopt}};
  for (const Case& c : cases) {
    MemDisk disk;
    disk.Put("/d/acceptedEpoch", c.text);
    const auto epoch = ReadEpoch(disk, "/d", EpochFile::kAccepted);
    if (c.epoch) {
      ASSERT_TRUE(epoch.ok()) << c.text;
      EXPECT_EQ(*epoch, c.epoch);
    } else {
      EXPECT_EQ(epoch.status().code(), StatusCode::kCorruption) << c.text;
    }
  }
}

TEST(EpochFilesTest, MyId) {
  MemDisk disk;
  EXPECT_EQ(ReadMyId(disk, "/d").status().code(), StatusCode::kNotFound);
  disk.Put("/d/myid", "3\n");
  EXPECT_EQ(*ReadMyId(disk, "/d"), 3);
  disk.Put("/d/myid", "-2");
  EXPECT_EQ(*ReadMyId(disk, "/d"), -2);
  for (const char* bad : {"", "1 ", "one", "1.0"}) {
    disk.Put("/d/myid", bad);
    EXPECT_EQ(ReadMyId(disk, "/d").status().code(), StatusCode::kInvalid) << bad;
  }
}

}  // namespace
}  // namespace zk::storage
