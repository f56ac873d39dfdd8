// SPDX-License-Identifier: Apache-2.0
//
// sim: runs seeds of the simulator and prints what they were.
//
//   sim --seed=7 --trace           one seed, every event on a line
//   sim --first=1 --seeds=1000     a range
//   sim --minutes=5                fresh seeds until the time is over
//
// Place: the command behind `./dev sim`. Exit code 1 when a seed fails; it prints how to replay it.
#include <gflags/gflags.h>

#include <chrono>
#include <cstdio>

#include "common/log.h"
#include "tests/sim/world.h"

DEFINE_uint64(seed, 0, "run this one seed");
DEFINE_bool(trace, false, "print every event");
DEFINE_uint64(first, 1, "first seed of a range");
DEFINE_uint64(seeds, 200, "seeds in the range");
DEFINE_double(minutes, 0, "run seeds from --first on until the time is over");
DEFINE_bool(twice, false, "run every seed twice and compare the trace hashes");
DEFINE_bool(stop, false, "stop at the first seed that fails");
DEFINE_int64(run_ms, 20'000, "virtual length of the phase with faults");

namespace {

struct Totals {
  uint64_t seeds = 0;
  zk::sim::Outcome sum;

  void Add(const zk::sim::Outcome& o) {
    seeds++;
    sum.events += o.events;
    sum.restarts += o.restarts;
    sum.transactions += o.transactions;
    sum.writes_checked += o.writes_checked;
    sum.reads_checked += o.reads_checked;
    sum.watch_events += o.watch_events;
    sum.snapshots += o.snapshots;
    sum.expired += o.expired;
    sum.cuts += o.cuts;
    sum.pauses += o.pauses;
    sum.torn_writes += o.torn_writes;
    sum.lost_writes += o.lost_writes;
    sum.lost_names += o.lost_names;
    sum.unknown += o.unknown;
    sum.recoveries_checked += o.recoveries_checked;
    sum.purged += o.purged;
    sum.crashes += o.crashes;
    sum.virtual_ms += o.virtual_ms;
  }

  void Print(double seconds) const {
    const auto n = [](uint64_t v) { return static_cast<unsigned long long>(v); };
    std::printf("%llu seeds, %llu events, %.1f simulated hours, %.0f x real time\n", n(seeds),
                n(sum.events), static_cast<double>(sum.virtual_ms) / 3.6e6,
                static_cast<double>(sum.virtual_ms) / 1000 / seconds);
    std::printf(
        "  faults: %llu restarts (%llu by power), %llu cuts, %llu pauses, %llu torn and %llu lost "
        "writes, "
        "%llu lost names\n",
        n(sum.restarts), n(sum.crashes), n(sum.cuts), n(sum.pauses), n(sum.torn_writes),
        n(sum.lost_writes), n(sum.lost_names));
    std::printf(
        "  checked: %llu transactions, %llu writes, %llu reads, %llu watch events, "
        "%llu recoveries; %llu snapshots, %llu purged files, %llu expired sessions, %llu unknown "
        "outcomes\n",
        n(sum.transactions), n(sum.writes_checked), n(sum.reads_checked), n(sum.watch_events),
        n(sum.recoveries_checked), n(sum.snapshots), n(sum.purged), n(sum.expired), n(sum.unknown));
  }
};

bool RunSeed(uint64_t seed, Totals& totals) {
  zk::sim::WorldOptions options;
  options.seed = seed;
  options.print_trace = FLAGS_trace;
  options.run_ms = FLAGS_run_ms;
  const zk::sim::Outcome outcome = zk::sim::World(options).Run();
  totals.Add(outcome);
  std::string wrong = outcome.violation;
  if (wrong.empty() && FLAGS_twice) {
    options.print_trace = false;
    if (zk::sim::World(options).Run().hash != outcome.hash) wrong = "the second run differs";
  }
  if (wrong.empty()) return true;
  std::printf("SEED=%llu %s\n  replay: ./dev sim --seed=%llu --trace --run_ms=%lld\n",
              static_cast<unsigned long long>(seed), wrong.c_str(),
              static_cast<unsigned long long>(seed), static_cast<long long>(FLAGS_run_ms));
  return false;
}

}  // namespace

int main(int argc, char** argv) {
  gflags::ParseCommandLineFlags(&argc, &argv, true);
  FLAGS_minloglevel = google::GLOG_FATAL;
  google::InitGoogleLogging(argv[0]);
  const auto start = std::chrono::steady_clock::now();
  const auto seconds = [&] {
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  };
  Totals totals;
  uint64_t failed = 0;
  if (FLAGS_seed != 0) {
    failed += RunSeed(FLAGS_seed, totals) ? 0 : 1;
  } else {
    for (uint64_t i = 0; FLAGS_minutes > 0 ? seconds() < FLAGS_minutes * 60 : i < FLAGS_seeds;
         i++) {
      if (FLAGS_stop && failed > 0) break;
      failed += RunSeed(FLAGS_first + i, totals) ? 0 : 1;
    }
  }
  totals.Print(seconds());
  std::printf("%llu of %llu seeds failed\n", static_cast<unsigned long long>(failed),
              static_cast<unsigned long long>(totals.seeds));
  return failed == 0 ? 0 : 1;
}
