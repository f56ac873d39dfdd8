// SPDX-License-Identifier: Apache-2.0
// Guard, inbox and baton on real threads, for ThreadSanitizer: the data they protect is plain
// memory.
//   bazel test --config=tsan //tests/io:stress_test
#include <gtest/gtest.h>

#include <atomic>
#include <memory>
#include <thread>
#include <vector>

#include "common/inbox.h"
#include "common/mutex.h"
#include "server/io/baton.h"
#include "server/io/thread_sync.h"
#include "server/io/tree_guard.h"

namespace zk::io {
namespace {

constexpr int kPublishes = 3000;
constexpr int kStop = -1;

// A parked thread, in place of a poll.
class Parking {
 public:
  void Wait() {
    MutexLock lock(mutex_);
    while (!rung_) condition_.Wait(mutex_);
    rung_ = false;
  }
  void Ring() {
    {
      MutexLock lock(mutex_);
      rung_ = true;
    }
    condition_.NotifyOne();
  }

 private:
  Mutex mutex_;
  CondVar condition_;
  bool rung_ ZK_GUARDED_BY(mutex_) = false;
};

struct Program {
  static constexpr size_t kShards = 3;

  void Push(size_t shard, int value) {
    if (boxes[shard]->Push(value) == Inbox<int>::Pushed::kWakeOwner) parked[shard].Ring();
  }

  void Core() {
    for (int v = 1; v <= kPublishes; ++v) {
      guard.LockExclusive();
      version = v;
      for (size_t i = 0; i < kShards; ++i) Push(i, v);
      guard.UnlockExclusive();
    }
    for (size_t i = 0; i < kShards; ++i) Push(i, kStop);
  }

  void Shard(size_t shard) {
    std::vector<int> taken;
    int told = 0;
    bool stop = false;
    const auto process = [&] {
      for (const int v : taken) {
        if (v == kStop) {
          stop = true;
        } else {
          wrong += v != told + 1;
          told = v;
        }
      }
      taken.clear();
    };
    while (!stop) {
      DrainThenRead(
          guard, shard, [&] { return boxes[shard]->TakeAll(taken); }, process,
          [&] { wrong += version != told; });
      if (!stop && boxes[shard]->Park()) parked[shard].Wait();
    }
    wrong += told != kPublishes;
  }

  TreeGuard<ThreadSync> guard{kShards};
  std::vector<std::unique_ptr<Inbox<int>>> boxes;
  Parking parked[kShards];
  int version = 0;  // the tree
  std::atomic<int> wrong{0};
};

TEST(Stress, ReadersSeeWhatTheyWereTold) {
  Program program;
  for (size_t i = 0; i < Program::kShards; ++i) {
    program.boxes.push_back(std::make_unique<Inbox<int>>(2 * kPublishes));
  }
  std::vector<std::thread> threads;
  for (size_t i = 0; i < Program::kShards; ++i) {
    threads.emplace_back([&program, i] { program.Shard(i); });
  }
  program.Core();
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(program.wrong, 0);
}

TEST(Stress, TheBatonKeepsTheLoopToOneThread) {
  Baton<ThreadSync> baton;
  int state = 0;  // the loop's
  std::atomic<int> stood_in{0};
  std::atomic<bool> done{false};
  Parking rung;
  std::thread stand_in([&] {
    uint64_t look = 0;
    while (!done) {
      if (!baton.TryTakeUp(look)) {
        std::this_thread::yield();
        continue;
      }
      ++stood_in;
      while (!baton.OwnerIsBack()) {
        ++state;
        if (!baton.OwnerIsBack()) rung.Wait();
      }
      baton.GiveBack();
    }
  });
  baton.Take();
  for (int i = 0; i < 2000; ++i) {
    ++state;
    const int before = stood_in;
    const bool hangs = i % 10 == 0;
    // A call that hangs until the stand-in took over.
    baton.PutDownFor(
        [&] {
          while (hangs && stood_in == before) std::this_thread::yield();
        },
        [&] { rung.Ring(); });
  }
  baton.Leave();
  done = true;
  stand_in.join();
  EXPECT_GE(stood_in, 200);
  EXPECT_GE(state, 2200);
}

}  // namespace
}  // namespace zk::io
