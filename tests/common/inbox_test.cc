// SPDX-License-Identifier: Apache-2.0
#include "common/inbox.h"

#include <gtest/gtest.h>

#include <memory>
#include <vector>

#include "tests/common/interleave.h"

namespace zk {
namespace {

using Ints = std::vector<int>;
using IntInbox = Inbox<int>;

TEST(Inbox, BatchesComeOutInOrder) {
  IntInbox inbox(10);
  Ints batch = {1, 2};
  EXPECT_EQ(inbox.Push(batch), IntInbox::Pushed::kQueued);
  EXPECT_TRUE(batch.empty());
  EXPECT_EQ(inbox.Push(3), IntInbox::Pushed::kQueued);
  Ints out;
  EXPECT_TRUE(inbox.TakeAll(out));
  EXPECT_EQ(out, (Ints{1, 2, 3}));
  out.clear();
  EXPECT_FALSE(inbox.TakeAll(out));
}

TEST(Inbox, AFullOneRefusesTheWholeBatch) {
  IntInbox inbox(3);
  Ints batch = {1, 2};
  EXPECT_EQ(inbox.Push(batch), IntInbox::Pushed::kQueued);
  batch = {3, 4};
  EXPECT_EQ(inbox.Push(batch), IntInbox::Pushed::kFull);
  EXPECT_EQ(batch, (Ints{3, 4}));
  EXPECT_EQ(inbox.Push(3), IntInbox::Pushed::kQueued);
  EXPECT_EQ(inbox.Push(4), IntInbox::Pushed::kFull);
  EXPECT_EQ(inbox.size(), 3u);
}

TEST(Inbox, OneWakeUpForEachPark) {
  IntInbox inbox(10);
  EXPECT_TRUE(inbox.Park());
  EXPECT_EQ(inbox.Push(1, IntInbox::Wake::kNever), IntInbox::Pushed::kQueued);
  EXPECT_EQ(inbox.Push(2), IntInbox::Pushed::kWakeOwner);
  EXPECT_EQ(inbox.Push(3), IntInbox::Pushed::kQueued);
  EXPECT_FALSE(inbox.Park());  // three items wait
  Ints out;
  EXPECT_TRUE(inbox.TakeAll(out));
  EXPECT_TRUE(inbox.Park());
  out.clear();
  EXPECT_FALSE(inbox.TakeAll(out));
  EXPECT_EQ(inbox.Push(4), IntInbox::Pushed::kQueued);  // taking ended the park
}

TEST(Inbox, TakesWhatCanOnlyBeMoved) {
  Inbox<std::unique_ptr<int>> inbox(2);
  EXPECT_EQ(inbox.Push(std::make_unique<int>(7)), Inbox<std::unique_ptr<int>>::Pushed::kQueued);
  std::vector<std::unique_ptr<int>> out;
  ASSERT_TRUE(inbox.TakeAll(out));
  EXPECT_EQ(*out[0], 7);
}

// Senders push, the owner takes and parks; `signal` stands for the eventfd.
struct World {
  Inbox<int, CoopMutex> inbox{100};
  bool signal = false;
  Ints seen;

  void Send(int first, int count) {
    for (int i = 0; i < count; i++) {
      if (inbox.Push(first + i) == Inbox<int, CoopMutex>::Pushed::kWakeOwner) signal = true;
    }
  }
  void Own(size_t expected) {
    Ints out;
    while (seen.size() < expected) {
      out.clear();
      if (inbox.TakeAll(out)) {
        seen.insert(seen.end(), out.begin(), out.end());
      } else if (inbox.Park()) {
        CoopMutex::scheduler->WaitUntil([this] { return signal; });
        signal = false;
      }
    }
  }
};

TEST(InboxInEveryOrder, NothingIsLostAndNobodySleepsForEver) {
  Interleave explore;
  CoopMutex::scheduler = &explore;
  int schedules = 0;
  while (explore.NextSchedule()) {
    World world;
    explore.Run({[&] { world.Own(3); }, [&] { world.Send(10, 2); }, [&] { world.Send(20, 1); }});
    ASSERT_FALSE(explore.deadlocked()) << explore.Trace();
    ASSERT_EQ(world.seen.size(), 3u);
    Ints tens, twenties;
    for (int item : world.seen) (item < 20 ? tens : twenties).push_back(item);
    ASSERT_EQ(tens, (Ints{10, 11})) << explore.Trace();
    ASSERT_EQ(twenties, (Ints{20})) << explore.Trace();
    schedules++;
  }
  EXPECT_TRUE(explore.complete());
  EXPECT_GT(schedules, 100);
  RecordProperty("schedules", schedules);
}

TEST(InboxInEveryOrder, TheSearchFindsALostWakeUp) {
  Interleave explore;
  CoopMutex::scheduler = &explore;
  bool found = false;
  while (explore.NextSchedule() && !found) {
    World world;
    // The owner looks before it parks and does not believe Park(): the classic mistake.
    explore.Run({[&] {
                   Ints out;
                   if (world.inbox.TakeAll(out)) return;
                   (void)world.inbox.Park();
                   explore.WaitUntil([&] { return world.signal; });
                 },
                 [&] { world.Send(1, 1); }});
    found = explore.deadlocked();
  }
  EXPECT_TRUE(found);
}

}  // namespace
}  // namespace zk
