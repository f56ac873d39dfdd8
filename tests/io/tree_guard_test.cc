// SPDX-License-Identifier: Apache-2.0
// Guard and inbox in every order of two shards and a core that publishes three times, up to a bound
// of preemptions; and broken variants of the protocol, which the same search must catch.
#include "server/io/tree_guard.h"

#include <gtest/gtest.h>

#include <memory>
#include <vector>

#include "common/inbox.h"
#include "tests/io/coop.h"

namespace zk::io {
namespace {

using coop::Scheduler;
using Guard = TreeGuard<coop::Sync>;
using Box = Inbox<int, coop::Mutex>;

constexpr int kPublishes = 3;
constexpr int kStop = -1;

enum class Bug {
  kNone,
  kReadBeforeDrain,    // reads although something was published
  kDrainOutsideGuard,  // looks into the inbox before it has the slot
  kPushAfterUnlock,    // publishes to the inbox behind the section
  kSleepWithoutLook,   // parks without asking whether something came
  kNoWriterLock,
};

// The program: what a shard read must be what it was told.
struct Program {
  Program(size_t shards, Bug b) : guard(shards), bug(b), told(shards, 0), rung(shards, false) {
    for (size_t i = 0; i < shards; ++i) boxes.push_back(std::make_unique<Box>(100));
  }

  void Push(size_t shard, int value) {
    if (boxes[shard]->Push(value) == Box::Pushed::kWakeOwner) rung[shard] = true;
  }

  void Core() {
    Scheduler& s = Scheduler::Current();
    for (int v = 1; v <= kPublishes; ++v) {
      if (bug != Bug::kNoWriterLock) guard.LockExclusive();
      s.Expect(readers == 0, "the core writes while a shard reads");
      writing = true;
      s.Point();
      version = v;
      if (bug != Bug::kPushAfterUnlock) {
        for (size_t i = 0; i < boxes.size(); ++i) Push(i, v);
      }
      writing = false;
      ++publishes;
      if (bug != Bug::kNoWriterLock) guard.UnlockExclusive();
      if (bug == Bug::kPushAfterUnlock) {
        for (size_t i = 0; i < boxes.size(); ++i) Push(i, v);
      }
    }
    for (size_t i = 0; i < boxes.size(); ++i) Push(i, kStop);
  }

  void Section(size_t shard, bool& stop) {
    Scheduler& s = Scheduler::Current();
    std::vector<int> taken;
    const auto process = [&] {
      for (const int v : taken) {
        if (v == kStop) {
          stop = true;
        } else {
          s.Expect(v == told[shard] + 1, "a batch was lost or came twice");
          told[shard] = v;
        }
      }
      taken.clear();
    };
    const auto read = [&] {
      ++readers;
      s.Expect(!writing, "a shard reads while the core writes");
      s.Point();
      s.Expect(version == told[shard], "a read between a publish and its drain");
      --readers;
    };
    if (bug == Bug::kDrainOutsideGuard) {
      boxes[shard]->TakeAll(taken);
      process();
      guard.LockShared(shard);
      read();
      guard.UnlockShared(shard, true);
      return;
    }
    DrainThenRead(
        guard, shard, [&] { return bug != Bug::kReadBeforeDrain && boxes[shard]->TakeAll(taken); },
        process, read);
    if (bug == Bug::kReadBeforeDrain && boxes[shard]->TakeAll(taken)) process();
  }

  void ShardLoop(size_t shard) {
    bool stop = false;
    while (!stop) {
      Section(shard, stop);
      if (stop) break;
      if (boxes[shard]->Park() || bug == Bug::kSleepWithoutLook) {
        Scheduler::Current().WaitUntil([&] { return rung[shard]; });
        rung[shard] = false;
      }
    }
    Scheduler::Current().Expect(told[shard] == kPublishes, "a shard missed a batch");
  }

  Guard guard;
  Bug bug;
  std::vector<std::unique_ptr<Box>> boxes;
  std::vector<int> told;
  std::vector<char> rung;
  int version = 0;
  int publishes = 0;
  int readers = 0;
  bool writing = false;
};

Scheduler::Outcome Explore(Bug bug, int preemptions) {
  return Scheduler::Explore({.preemptions = preemptions}, [bug](Scheduler& s) {
    auto program = std::make_shared<Program>(2, bug);
    s.Spawn([program] { program->Core(); });
    s.Spawn([program] { program->ShardLoop(0); });
    s.Spawn([program] { program->ShardLoop(1); });
    return std::function<void()>();
  });
}

TEST(TreeGuard, NoReadBetweenPublishAndDrainAndNoLostWakeUp) {
  const Scheduler::Outcome outcome = Explore(Bug::kNone, 2);
  EXPECT_EQ(outcome.failure, "");
  EXPECT_TRUE(outcome.complete);
  EXPECT_GT(outcome.runs, 10'000);
}

TEST(TreeGuard, BrokenVariantsAreFound) {
  for (const Bug bug : {Bug::kReadBeforeDrain, Bug::kDrainOutsideGuard, Bug::kPushAfterUnlock,
                        Bug::kSleepWithoutLook, Bug::kNoWriterLock}) {
    EXPECT_NE(Explore(bug, 2).failure, "") << static_cast<int>(bug);
  }
}

// A shard that is waiting for its section at one publish has had it before the next, if the
// writer's patience does not end.
TEST(TreeGuard, AShardThatWantsIsLetInBeforeTheNextPublish) {
  const auto outcome =
      Scheduler::Explore({.preemptions = 3, .deadline_polls = -1}, [](Scheduler& s) {
        auto guard = std::make_shared<Guard>(1);
        auto sections = std::make_shared<int>(0);
        s.Spawn([=, &s] {
          int wanted_at = -1;  // sections when it was seen waiting
          for (int i = 0; i < 4; ++i) {
            guard->LockExclusive();
            s.Expect(*sections != wanted_at, "a shard was kept out over two publishes");
            wanted_at = guard->wants(0) ? *sections : -1;
            guard->UnlockExclusive();
          }
        });
        s.Spawn([=] {
          for (int i = 0; i < 3; ++i) {
            guard->LockShared(0);
            ++*sections;
            guard->UnlockShared(0, true);
          }
        });
        return std::function<void()>();
      });
  EXPECT_EQ(outcome.failure, "");
  EXPECT_TRUE(outcome.complete);
}

TEST(TreeGuard, WithoutPatienceAShardCanBeKeptOut) {
  const auto outcome =
      Scheduler::Explore({.preemptions = 3, .deadline_polls = 0}, [](Scheduler& s) {
        auto guard = std::make_shared<Guard>(1);
        auto sections = std::make_shared<int>(0);
        s.Spawn([=, &s] {
          int wanted_at = -1;
          for (int i = 0; i < 4; ++i) {
            guard->LockExclusive();
            s.Expect(*sections != wanted_at, "kept out");
            wanted_at = guard->wants(0) ? *sections : -1;
            guard->UnlockExclusive();
          }
        });
        s.Spawn([=] {
          guard->LockShared(0);
          ++*sections;
          guard->UnlockShared(0, true);
        });
        return std::function<void()>();
      });
  EXPECT_NE(outcome.failure, "");
}

// While the writer waits, a shard that had its section does not come again.
TEST(TreeGuard, AServedShardLetsTheWriterGoFirst) {
  const auto outcome =
      Scheduler::Explore({.preemptions = 3, .deadline_polls = -1}, [](Scheduler& s) {
        auto guard = std::make_shared<Guard>(1);
        auto served_while_waiting = std::make_shared<int>(0);
        auto published = std::make_shared<bool>(false);
        s.Spawn([=] {
          guard->LockExclusive();
          *published = true;
          guard->UnlockExclusive();
        });
        s.Spawn([=, &s] {
          for (int i = 0; i < 3; ++i) {
            const bool waiting = guard->writer_waiting() && !*published;
            guard->LockShared(0);
            if (waiting && !*published) ++*served_while_waiting;
            guard->UnlockShared(0, true);
          }
          s.Expect(*served_while_waiting <= 1, "a served shard overtook a waiting writer");
        });
        return std::function<void()>();
      });
  EXPECT_EQ(outcome.failure, "");
  EXPECT_TRUE(outcome.complete);
}

TEST(TreeGuard, OneLoopTakesNoLock) {
  // Outside a scheduler every operation of coop would abort.
  Guard guard(0);
  guard.LockExclusive();
  guard.UnlockExclusive();
}

TEST(TreeGuard, TheSnapshotThreadReadsApartFromTheCore) {
  const auto outcome = Scheduler::Explore({.preemptions = 3}, [](Scheduler& s) {
    auto guard = std::make_shared<Guard>(0);
    auto inside = std::make_shared<int>(0);
    guard->set_snapshot_active(true);
    for (int fiber = 0; fiber < 2; ++fiber) {
      s.Spawn([guard, inside, fiber, &s] {
        for (int i = 0; i < 3; ++i) {
          if (fiber == 0) {
            guard->LockExclusive();
          } else {
            guard->LockShared(guard->snapshot_slot());
          }
          s.Expect(++*inside == 1, "snapshot thread and core are both inside");
          s.Point();
          --*inside;
          if (fiber == 0) {
            guard->UnlockExclusive();
          } else {
            guard->UnlockShared(guard->snapshot_slot(), true);
          }
        }
      });
    }
    return std::function<void()>();
  });
  EXPECT_EQ(outcome.failure, "");
  EXPECT_TRUE(outcome.complete);
}

}  // namespace
}  // namespace zk::io
