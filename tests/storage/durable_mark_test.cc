// SPDX-License-Identifier: Apache-2.0
#include "server/storage/durable_mark.h"

#include <gtest/gtest.h>

#include "tests/storage/mem_disk.h"

namespace zk::storage {
namespace {

constexpr char kPath[] = "/d/durable.mark";

class DurableMarkTest : public testing::Test {
 protected:
  DurableMarkTest() { (void)disk_.MakeDirs("/d"); }
  static Mark MarkAt(int64_t n) {
    return {.file = Zxid(n), .offset = static_cast<uint64_t>(n) * 100, .last = Zxid(n + 5)};
  }
  std::optional<Mark> Read() { return *DurableMark(disk_, "/d").Read(); }

  MemDisk disk_;
};

TEST_F(DurableMarkTest, NothingBeforeTheFirstUpdate) {
  EXPECT_EQ(Read(), std::nullopt);
  EXPECT_FALSE(disk_.Exists(kPath));
}

TEST_F(DurableMarkTest, TheLastUpdateCounts) {
  DurableMark mark(disk_, "/d");
  for (int64_t n = 1; n <= 5; n++) {
    ASSERT_TRUE(mark.Update(MarkAt(n)).ok());
    EXPECT_EQ(Read(), MarkAt(n));
  }
  EXPECT_EQ(disk_.bytes(kPath).size(), 1024u);
}

TEST_F(DurableMarkTest, AnotherIncarnationGoesOnFromTheGeneration) {
  (void)DurableMark(disk_, "/d").Update(MarkAt(7));
  (void)DurableMark(disk_, "/d").Update(MarkAt(3));  // cut back by somebody: newer all the same
  EXPECT_EQ(Read(), MarkAt(3));
}

TEST_F(DurableMarkTest, AFlippedByteLeavesTheOlderSlot) {
  DurableMark mark(disk_, "/d");
  for (int64_t n = 1; n <= 2; n++) ASSERT_TRUE(mark.Update(MarkAt(n)).ok());
  const std::string good = disk_.bytes(kPath);
  for (size_t i = 0; i < 48; i++) {  // the second update is in the first slot
    disk_.bytes(kPath) = good;
    disk_.bytes(kPath)[i] ^= 0x20;
    EXPECT_EQ(Read(), MarkAt(1)) << i;
  }
  disk_.bytes(kPath)[512 + 20] ^= 1;
  EXPECT_EQ(Read(), std::nullopt);
}

TEST_F(DurableMarkTest, OnlySyncMakesItDurable) {
  DurableMark mark(disk_, "/d");
  ASSERT_TRUE(mark.Update(MarkAt(1)).ok());
  EXPECT_EQ(*DurableMark(*disk_.DurableCopy(), "/d").Read(), std::nullopt);
  ASSERT_TRUE(mark.Sync().ok());
  EXPECT_EQ(*DurableMark(*disk_.DurableCopy(), "/d").Read(), MarkAt(1));
}

TEST_F(DurableMarkTest, AfterAnErrorItStaysAsItWas) {
  DurableMark mark(disk_, "/d");
  ASSERT_TRUE(mark.Update(MarkAt(1)).ok());
  disk_.FailAt("write", 1, Status::Io("broken"));
  EXPECT_FALSE(mark.Update(MarkAt(2)).ok());
  disk_.ClearFaults();
  EXPECT_TRUE(mark.Update(MarkAt(3)).ok());  // does nothing
  EXPECT_TRUE(mark.Sync().ok());
  EXPECT_EQ(Read(), MarkAt(1));
}

TEST_F(DurableMarkTest, CutAndEmptyFilesAreNoMark) {
  disk_.Put(kPath, "");
  EXPECT_EQ(Read(), std::nullopt);
  (void)DurableMark(disk_, "/d").Update(MarkAt(1));
  disk_.bytes(kPath).resize(550);
  EXPECT_EQ(Read(), std::nullopt);
}

}  // namespace
}  // namespace zk::storage
