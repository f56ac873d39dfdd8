// SPDX-License-Identifier: Apache-2.0
#include "server/storage/executor.h"

#include <gtest/gtest.h>

#include "tests/storage/log_util.h"

namespace zk::storage {
namespace {

class ExecutorTest : public testing::Test {
 protected:
  ExecutorTest() : log_(Made(disk_), LogOptions(), Zxid(0)) {}
  static MemDisk& Made(MemDisk& disk) {
    (void)disk.MakeDirs(kDir);
    return disk;
  }
  // Appends of the next `n` transactions.
  void Append(int n, size_t size = 10) {
    for (int i = 0; i < n; i++) {
      zxid_ = zxid_.Next();
      ops_.push_back({.seq = ++seq_,
                      .kind = DiskOp::Kind::kAppend,
                      .zxid = zxid_,
                      .bytes = SharedBytes(Payload(zxid_, size))});
    }
  }
  void Roll() {
    DiskOp op;
    op.seq = ++seq_;
    op.kind = DiskOp::Kind::kRoll;
    ops_.push_back(op);
  }

  MemDisk disk_;
  TxnLog log_;
  Zxid zxid_;
  uint64_t seq_ = 0;
  std::vector<DiskOp> ops_;
  Limits limits_;
};

TEST_F(ExecutorTest, EverythingIsDurableAfterwards) {
  Append(3);
  Roll();
  Append(2);
  Roll();
  DiskExecutor executor(log_, limits_);
  EXPECT_EQ(*executor.Execute(ops_), 7u);
  EXPECT_EQ(*executor.Execute({}), 7u);
  const auto durable = disk_.DurableCopy();
  EXPECT_EQ(ReadLog(*durable, LogPath(Zxid(1))).records.size(), 3u);
  EXPECT_EQ(ReadLog(*durable, LogPath(Zxid(4))).records.size(), 2u);
}

TEST_F(ExecutorTest, Groups) {
  struct Case {
    size_t sync_txns;
    size_t sync_bytes;
    std::vector<size_t> groups;
  };
  const size_t one = Payload(Zxid(1)).size();
  const Case cases[] = {
      {1000, 1 << 20, {5, 1, 4}},
      {2, 1 << 20, {2, 2, 1, 1, 2, 2}},
      {1000, 3 * one, {3, 2, 1, 3, 1}},
      {1000, 1, {1, 1, 1, 1, 1, 1, 1, 1, 1, 1}},  // one at least
  };
  for (const Case& c : cases) {
    MemDisk disk;
    (void)disk.MakeDirs(kDir);
    TxnLog log(disk, LogOptions(), Zxid(0));
    ops_.clear();
    zxid_ = Zxid();
    Append(5);
    Roll();
    Append(4);
    limits_.sync_txns = c.sync_txns;
    limits_.sync_bytes = c.sync_bytes;
    DiskExecutor executor(log, limits_);
    std::vector<size_t> groups;
    for (std::span<const DiskOp> rest = ops_; !rest.empty(); rest = rest.subspan(groups.back())) {
      groups.push_back(*executor.ExecuteGroup(rest));
    }
    EXPECT_EQ(groups, c.groups) << c.sync_txns << " " << c.sync_bytes;
  }
}

TEST_F(ExecutorTest, RollsWithNothingToRollAreFine) {
  Roll();
  Roll();
  Append(1);
  DiskExecutor executor(log_, limits_);
  EXPECT_EQ(*executor.Execute(ops_), 3u);
}

TEST_F(ExecutorTest, AnErrorIsFinal) {
  Append(3);
  DiskExecutor executor(log_, limits_);
  disk_.FailAt("sync folder", 2, Status::Io("broken"));  // the first is the mark's
  EXPECT_EQ(executor.Execute(ops_).status().message(), "broken");
  disk_.ClearFaults();
  EXPECT_EQ(executor.Execute(ops_).status().message(), "broken");
  ops_.clear();
  Roll();
  EXPECT_EQ(executor.Execute(ops_).status().message(), "broken");
}

}  // namespace
}  // namespace zk::storage
