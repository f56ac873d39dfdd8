// SPDX-License-Identifier: Apache-2.0
//
// The simulated disk itself: what was synced stays, what was not may go, names live apart from
// data.
#include "tests/sim/sim_disk.h"

#include <gtest/gtest.h>

#include <algorithm>

namespace zk::sim {
namespace {

using storage::OpenMode;

std::unique_ptr<storage::File> Create(SimDisk& disk, const std::string& path) {
  return std::move(*disk.Open(path, OpenMode::kCreate));
}

std::string ReadAll(SimDisk& disk, const std::string& path) {
  auto file = disk.Open(path, OpenMode::kRead);
  std::string out;
  if (!file.ok() || !(*file)->Read(0, 1 << 20, out).ok()) return "(none)";
  return out;
}

TEST(SimDisk, SyncedDataWithASyncedNameSurvivesEveryCrash) {
  for (uint64_t seed = 0; seed < 50; seed++) {
    SimDisk disk{Random(seed)};
    ASSERT_TRUE(disk.MakeDirs("/d").ok());
    auto file = Create(disk, "/d/f");
    ASSERT_TRUE(file->Write(0, std::string(3000, 'a')).ok());
    ASSERT_TRUE(file->Sync().ok());
    ASSERT_TRUE(disk.SyncDir("/d").ok());
    ASSERT_TRUE(file->Write(3000, "b").ok());
    disk.Crash();
    EXPECT_EQ(ReadAll(disk, "/d/f").substr(0, 3000), std::string(3000, 'a'));
  }
}

TEST(SimDisk, UnsyncedWritesAreKeptLostAndTorn) {
  int kept = 0, lost = 0, torn = 0;
  for (uint64_t seed = 0; seed < 200; seed++) {
    SimDisk disk{Random(seed)};
    ASSERT_TRUE(disk.MakeDirs("/d").ok());
    auto file = Create(disk, "/d/f");
    ASSERT_TRUE(file->Write(0, std::string(2048, '.')).ok());
    ASSERT_TRUE(file->Sync().ok());
    ASSERT_TRUE(disk.SyncDir("/d").ok());
    ASSERT_TRUE(file->Write(0, std::string(2048, 'x')).ok());
    disk.Crash();
    const std::string now = ReadAll(disk, "/d/f");
    ASSERT_EQ(now.size(), 2048U);
    const size_t written = static_cast<size_t>(std::count(now.begin(), now.end(), 'x'));
    ASSERT_EQ(written % 512, 0U) << "a sector is never torn";
    (written == 2048 ? kept : written == 0 ? lost : torn)++;
  }
  EXPECT_GT(kept, 20);
  EXPECT_GT(lost, 20);
  EXPECT_GT(torn, 20);
}

TEST(SimDisk, ANameWithoutSyncDirMayVanishThoughItsDataWasSynced) {
  int vanished = 0;
  for (uint64_t seed = 0; seed < 100; seed++) {
    SimDisk disk{Random(seed)};
    ASSERT_TRUE(disk.MakeDirs("/d").ok());
    auto file = Create(disk, "/d/f");
    ASSERT_TRUE(file->Write(0, "data").ok());
    ASSERT_TRUE(file->Sync().ok());
    disk.Crash();
    vanished += disk.Exists("/d/f") ? 0 : 1;
  }
  EXPECT_GT(vanished, 20);
  EXPECT_LT(vanished, 80);
}

TEST(SimDisk, RenameIsWholeOrNotAtAll) {
  for (uint64_t seed = 0; seed < 100; seed++) {
    SimDisk disk{Random(seed)};
    ASSERT_TRUE(disk.MakeDirs("/d").ok());
    for (const char* name : {"/d/old", "/d/new"}) {
      auto file = Create(disk, name);
      ASSERT_TRUE(file->Write(0, name).ok());
      ASSERT_TRUE(file->Sync().ok());
    }
    ASSERT_TRUE(disk.SyncDir("/d").ok());
    ASSERT_TRUE(disk.Rename("/d/new", "/d/old").ok());
    disk.Crash();
    const std::string now = ReadAll(disk, "/d/old");
    EXPECT_TRUE(now == "/d/old" || now == "/d/new") << now;
    EXPECT_EQ(disk.Exists("/d/new"), now == "/d/old");
  }
}

TEST(SimDisk, DiesAtTheCallItWasTold) {
  SimDisk disk{Random(1)};
  ASSERT_TRUE(disk.MakeDirs("/d").ok());
  auto file = Create(disk, "/d/f");
  disk.CrashAtCall(2);
  EXPECT_TRUE(file->Write(0, "a").ok());
  EXPECT_FALSE(disk.dead());
  EXPECT_FALSE(file->Sync().ok());
  EXPECT_TRUE(disk.dead());
  EXPECT_FALSE(disk.List("/d").ok());
  disk.Crash();
  EXPECT_TRUE(disk.List("/d").ok());
  std::string out;
  EXPECT_FALSE(file->Read(0, 1, out).ok()) << "a file of the dead process is unusable";
}

TEST(SimDisk, WhatAFailedSyncLostNoLaterSyncBringsBack) {
  SimDisk disk{Random(1)};
  ASSERT_TRUE(disk.MakeDirs("/d").ok());
  auto file = Create(disk, "/d/f");
  ASSERT_TRUE(disk.SyncDir("/d").ok());
  for (uint64_t i = 0; i < 50; i++) {
    ASSERT_TRUE(file->Write(i * 512, std::string(512, 'x')).ok());
    disk.set_faults({.sync_error = 1});
    ASSERT_FALSE(file->Sync().ok());
    disk.set_faults({});
    ASSERT_TRUE(file->Sync().ok()) << "the retry that must not be trusted";
  }
  EXPECT_EQ(ReadAll(disk, "/d/f"), std::string(50 * 512, 'x')) << "the cache shows it all";
  const std::string durable = ReadAll(*disk.DurableCopy(), "/d/f");
  EXPECT_NE(durable, std::string(50 * 512, 'x')) << "the platter does not";
}

TEST(SimDisk, TheDurableCopyHoldsOnlyWhatWasSynced) {
  SimDisk disk{Random(1)};
  ASSERT_TRUE(disk.MakeDirs("/d").ok());
  auto file = Create(disk, "/d/f");
  ASSERT_TRUE(file->Write(0, "synced").ok());
  ASSERT_TRUE(file->Sync().ok());
  ASSERT_TRUE(disk.SyncDir("/d").ok());
  ASSERT_TRUE(file->Write(6, " not").ok());
  ASSERT_NE(Create(disk, "/d/g"), nullptr);
  EXPECT_EQ(ReadAll(*disk.DurableCopy(), "/d/f"), "synced");
  EXPECT_FALSE(disk.DurableCopy()->Exists("/d/g"));
}

}  // namespace
}  // namespace zk::sim
