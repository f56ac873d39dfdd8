// SPDX-License-Identifier: Apache-2.0
#include "common/mutex.h"

#include <gtest/gtest.h>

#include <thread>

namespace zk {
namespace {

struct Counter {
  Mutex mutex;
  CondVar changed;
  int value ZK_GUARDED_BY(mutex) = 0;
};

TEST(Mutex, OneAtATime) {
  Counter counter;
  const auto add = [&counter] {
    for (int i = 0; i < 10'000; i++) {
      MutexLock lock(counter.mutex);
      counter.value++;
    }
  };
  std::thread a(add), b(add);
  a.join();
  b.join();
  MutexLock lock(counter.mutex);
  EXPECT_EQ(counter.value, 20'000);
}

TEST(Mutex, TryLockFailsWhileHeld) {
  Mutex mutex;
  const auto take = [&mutex] {
    const bool taken = mutex.TryLock();
    if (taken) mutex.Unlock();
    return taken;
  };
  bool taken = true;
  {
    MutexLock lock(mutex);
    std::thread([&] { taken = take(); }).join();
  }
  EXPECT_FALSE(taken);
  EXPECT_TRUE(take());
}

TEST(CondVar, WakesWhoWaits) {
  Counter counter;
  std::thread other([&counter] {
    MutexLock lock(counter.mutex);
    counter.value = 1;
    counter.changed.NotifyAll();
  });
  {
    MutexLock lock(counter.mutex);
    while (counter.value == 0) counter.changed.Wait(counter.mutex);
    EXPECT_EQ(counter.value, 1);
  }
  other.join();
}

TEST(CondVar, WaitForGivesUp) {
  Counter counter;
  MutexLock lock(counter.mutex);
  EXPECT_FALSE(counter.changed.WaitFor(counter.mutex, 0));
}

}  // namespace
}  // namespace zk
