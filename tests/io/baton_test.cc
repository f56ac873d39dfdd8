// SPDX-License-Identifier: Apache-2.0
// The baton in every order of an owner that puts it down three times and a stand-in that looks.
#include "server/io/baton.h"

#include <gtest/gtest.h>

#include <memory>

#include "tests/io/coop.h"

namespace zk::io {
namespace {

using coop::Scheduler;

struct Program {
  Baton<coop::Sync> baton;
  bool with_ring = true;
  bool rung = false;
  int inside = 0;
  int stood_in = 0;
  bool owner_done = false;

  void Touch() {
    Scheduler& s = Scheduler::Current();
    s.Expect(++inside == 1, "two threads run the loop");
    s.Point();
    --inside;
  }

  void Owner() {
    Scheduler& s = Scheduler::Current();
    baton.Take();
    for (int i = 0; i < 3; ++i) {
      Touch();
      baton.PutDownFor([&] { s.Point(); }, [&] { rung = with_ring; });
    }
    Touch();
    baton.Leave();
    owner_done = true;
  }

  void StandIn() {
    Scheduler& s = Scheduler::Current();
    uint64_t look = 0;
    for (int looks = 0; looks < 6 && !owner_done; ++looks) {
      if (!baton.TryTakeUp(look)) {
        s.Yield();
        continue;
      }
      ++stood_in;
      while (!baton.OwnerIsBack()) {
        Touch();
        if (baton.OwnerIsBack()) break;
        // The loop sleeps in its poll: only the ring ends it.
        s.WaitUntil([&] { return rung; });
        rung = false;
      }
      baton.GiveBack();
    }
  }
};

Scheduler::Outcome Explore(bool with_ring, int& stood_in) {
  return Scheduler::Explore({.preemptions = 3}, [&, with_ring](Scheduler& s) {
    auto program = std::make_shared<Program>();
    program->with_ring = with_ring;
    s.Spawn([program] { program->Owner(); });
    s.Spawn([program] { program->StandIn(); });
    return [program, &stood_in] { stood_in += program->stood_in; };
  });
}

TEST(Baton, OneRunsTheLoopAndTheStandInSeesTheReturn) {
  int stood_in = 0;
  const Scheduler::Outcome outcome = Explore(true, stood_in);
  EXPECT_EQ(outcome.failure, "");
  EXPECT_TRUE(outcome.complete);
  EXPECT_GT(stood_in, 100) << "the take-over must be part of the search";
}

TEST(Baton, WithoutTheRingTheStandInSleepsOn) {
  int stood_in = 0;
  EXPECT_NE(Explore(false, stood_in).failure, "");
}

TEST(Baton, AShortCallIsNotTakenOver) {
  // Two looks within one call are needed; here each look sees another call.
  const auto outcome = Scheduler::Explore({.preemptions = 0}, [](Scheduler& s) {
    auto baton = std::make_shared<Baton<coop::Sync>>();
    s.Spawn([baton, &s] {
      uint64_t look = 0;
      baton->Take();
      for (int i = 0; i < 3; ++i) {
        baton->PutDownFor([&] { s.Expect(!baton->TryTakeUp(look), "taken at first sight"); },
                          [] {});
      }
      baton->Leave();
      s.Expect(!baton->TryTakeUp(look), "taken while the owner has it");
    });
    return std::function<void()>();
  });
  EXPECT_EQ(outcome.failure, "");
}

}  // namespace
}  // namespace zk::io
