// SPDX-License-Identifier: Apache-2.0
#include "server/storage/purge.h"

#include <gtest/gtest.h>

#include "tests/storage/mem_disk.h"

namespace zk::storage {
namespace {

using Names = std::vector<std::string>;

const std::string kWhole = "1234567890" + std::string("\0\0\0\1/", 5);

struct Case {
  std::string what;
  Names snapshots;  // "!" in front: an unfinished one
  Names logs;
  int keep;
  Names gone_snapshots;
  Names gone_logs;
};

class PurgeTest : public testing::TestWithParam<Case> {};

MemDisk DiskOf(const Case& c) {
  MemDisk disk;
  (void)disk.MakeDirs("/s");
  (void)disk.MakeDirs("/l");
  for (const std::string& name : c.snapshots) {
    if (name[0] == '!') {
      disk.Put("/s/" + name.substr(1), "unfinished");
    } else {
      disk.Put("/s/" + name, name.ends_with(".gz") ? "\x1f\x8b" : kWhole);
    }
  }
  for (const std::string& name : c.logs) disk.Put("/l/" + name, "");
  return disk;
}

TEST_P(PurgeTest, Plan) {
  const Case& c = GetParam();
  MemDisk disk = DiskOf(c);
  const auto before = disk.Snapshot();
  const PurgeOptions options{.snapshot_dir = "/s", .log_dir = "/l", .keep = c.keep, .pinned = {}};
  const auto plan = PlanPurge(disk, options);
  ASSERT_TRUE(plan.ok());
  EXPECT_EQ(plan->snapshots, c.gone_snapshots);
  EXPECT_EQ(plan->logs, c.gone_logs);
  EXPECT_EQ(disk.Snapshot(), before);
  ASSERT_TRUE(Purge(disk, options, *plan).ok());
  EXPECT_EQ(disk.Snapshot().size(), before.size() - c.gone_snapshots.size() - c.gone_logs.size());
  EXPECT_TRUE(PlanPurge(disk, options)->snapshots.empty());
}

INSTANTIATE_TEST_SUITE_P(
    All, PurgeTest,
    testing::Values(
        Case{"few", {"snapshot.0", "snapshot.5"}, {"log.1", "log.6"}, 3, {}, {}},
        Case{"usual",
             {"snapshot.0", "snapshot.5", "snapshot.9", "snapshot.c"},
             {"log.1", "log.6", "log.a", "log.d"},
             3,
             {"snapshot.0"},
             {}},
        Case{"more logs",
             {"snapshot.0", "snapshot.5", "snapshot.9", "snapshot.c"},
             {"log.1", "log.6", "log.a", "log.d"},
             2,
             {"snapshot.0", "snapshot.5"},
             {"log.1"}},
        Case{"one log spans several",
             {"snapshot.0", "snapshot.5", "snapshot.9", "snapshot.c"},
             {"log.1"},
             1,
             {"snapshot.0", "snapshot.5", "snapshot.9"},
             {}},
        Case{"rolled right at the snapshot: Java keeps the log before",
             {"snapshot.5", "snapshot.9"},
             {"log.1", "log.6", "log.a"},
             1,
             {"snapshot.5"},
             {"log.1"}},
        Case{"unfinished ones do not count, old ones go",
             {"!snapshot.1", "snapshot.5", "snapshot.9", "!snapshot.c"},
             {"log.1", "log.6", "log.a"},
             2,
             {"snapshot.1"},
             {}},
        Case{"compressed",
             {"snapshot.5", "snapshot.9.gz"},
             {"log.1", "log.6"},
             1,
             {"snapshot.5"},
             {"log.1"}},
        Case{"strangers stay",
             {"snapshot.5", "snapshot.9", "snapshot.1.bak", "bad-snapshot.2", "acceptedEpoch"},
             {"log.1", "log.6", "durable.mark", "log.1.bak"},
             1,
             {"snapshot.5"},
             {"log.1"}},
        Case{"no log", {"snapshot.5", "snapshot.9"}, {}, 1, {"snapshot.5"}, {}},
        Case{"logs only", {}, {"log.1", "log.6"}, 1, {}, {}},
        Case{"keep 0 is 1", {"snapshot.5", "snapshot.9"}, {"log.1"}, 0, {"snapshot.5"}, {}}),
    [](const auto& info) { return "Case" + std::to_string(info.index); });

TEST(PurgeFilesTest, PinnedFilesStay) {
  const Case c{"", {"snapshot.1", "snapshot.5", "snapshot.9"}, {"log.1", "log.2", "log.6"}, 1, {},
               {}};
  MemDisk disk = DiskOf(c);
  const PurgeOptions options{
      .snapshot_dir = "/s", .log_dir = "/l", .keep = 1, .pinned = {"snapshot.5", "log.1"}};
  const auto plan = PlanPurge(disk, options);
  EXPECT_EQ(plan->snapshots, Names{"snapshot.1"});
  EXPECT_EQ(plan->logs, Names{"log.2"});
}

TEST(PurgeFilesTest, AnErrorStopsBeforeLogsGo) {
  const Case c{"", {"snapshot.5", "snapshot.9"}, {"log.1", "log.6"}, 1, {}, {}};
  MemDisk disk = DiskOf(c);
  const PurgeOptions options{.snapshot_dir = "/s", .log_dir = "/l", .keep = 1, .pinned = {}};
  const auto plan = PlanPurge(disk, options);
  disk.FailAt("remove", 1, Status::Io("broken"));
  EXPECT_EQ(Purge(disk, options, *plan).message(), "broken");
  EXPECT_TRUE(disk.Exists("/l/log.1"));
}

}  // namespace
}  // namespace zk::storage
