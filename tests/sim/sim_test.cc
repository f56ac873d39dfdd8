// SPDX-License-Identifier: Apache-2.0
//
// Seeds of the simulator as test cases: a fixed range, a part of it twice with equal trace hashes,
// and a check that every kind of fault and check happens. SERVAL_SEEDS sets the range (soak).
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <string>

#include "common/log.h"
#include "tests/sim/world.h"

namespace zk::sim {
namespace {

constexpr int kCases = 40;
constexpr uint64_t kSeeds = 800;  // over all cases, unless SERVAL_SEEDS says otherwise

Outcome RunSeed(uint64_t seed) {
  WorldOptions options;
  options.seed = seed;
  return World(options).Run();
}

uint64_t SeedsPerCase() {
  const char* text = std::getenv("SERVAL_SEEDS");
  const uint64_t seeds = text == nullptr ? kSeeds : std::strtoull(text, nullptr, 10);
  return std::max<uint64_t>(1, seeds / kCases);
}

class SimTest : public ::testing::TestWithParam<int> {};

TEST_P(SimTest, SeedsHoldEveryInvariant) {
  const uint64_t per_case = SeedsPerCase();
  const uint64_t twice = 1 + per_case / 7;
  const uint64_t first = 1 + static_cast<uint64_t>(GetParam()) * per_case;
  for (uint64_t seed = first; seed < first + per_case; seed++) {
    const Outcome outcome = RunSeed(seed);
    EXPECT_EQ(outcome.violation, "") << "replay: ./dev sim --seed=" << seed << " --trace";
    if (seed < first + twice) {
      EXPECT_EQ(RunSeed(seed).hash, outcome.hash) << "seed " << seed << " runs differently twice";
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Seeds, SimTest, ::testing::Range(0, kCases));

// A run that checks nothing proves nothing: over some seeds every kind of check must have happened.
TEST(SimCoverage, EveryKindOfFaultAndCheckHappens) {
  Outcome sum;
  for (uint64_t seed = 5000; seed < 5030; seed++) {
    const Outcome o = RunSeed(seed);
    EXPECT_EQ(o.violation, "") << "seed " << seed;
    sum.restarts += o.restarts;
    sum.cuts += o.cuts;
    sum.pauses += o.pauses;
    sum.torn_writes += o.torn_writes;
    sum.lost_writes += o.lost_writes;
    sum.lost_names += o.lost_names;
    sum.writes_checked += o.writes_checked;
    sum.reads_checked += o.reads_checked;
    sum.watch_events += o.watch_events;
    sum.snapshots += o.snapshots;
    sum.expired += o.expired;
    sum.recoveries_checked += o.recoveries_checked;
    sum.purged += o.purged;
    sum.crashes += o.crashes;
  }
  EXPECT_GT(sum.crashes, 10U);
  EXPECT_GT(sum.restarts, sum.crashes + 10U);  // some with the kernel alive
  EXPECT_GT(sum.cuts, 10U);
  EXPECT_GT(sum.pauses, 10U);
  EXPECT_GT(sum.torn_writes, 5U);
  EXPECT_GT(sum.lost_writes, 5U);
  EXPECT_GT(sum.lost_names, 5U);
  EXPECT_GT(sum.writes_checked, 1000U);
  EXPECT_GT(sum.reads_checked, 1000U);
  EXPECT_GT(sum.watch_events, 100U);
  EXPECT_GT(sum.snapshots, 20U);
  EXPECT_GT(sum.purged, 20U);
  EXPECT_GT(sum.expired, 5U);
  EXPECT_GT(sum.recoveries_checked, 50U);
}

}  // namespace
}  // namespace zk::sim

int main(int argc, char** argv) {
  ::testing::InitGoogleTest(&argc, argv);
  FLAGS_minloglevel = google::GLOG_FATAL;
  google::InitGoogleLogging(argv[0]);
  return RUN_ALL_TESTS();
}
