// SPDX-License-Identifier: Apache-2.0
#include "server/core/shard/pending_writes.h"

#include <deque>

#include "common/random.h"
#include "gtest/gtest.h"

namespace zk {
namespace {

TEST(PendingWrites, IsAQueueWithASum) {
  Random random(7);
  PendingWrites writes;
  std::deque<PendingWrite> model;
  size_t bytes = 0;
  for (int i = 0; i < 5000; i++) {
    if (model.empty() || random.Chance(0.55)) {
      const PendingWrite w{{i}, i, static_cast<uint32_t>(random.Uniform(100))};
      writes.Push(w);
      model.push_back(w);
      bytes += w.bytes;
    } else {
      ASSERT_EQ(writes.front().xid, model.front().xid);
      ASSERT_EQ(writes.front().arrived, model.front().arrived);
      bytes -= model.front().bytes;
      writes.Pop();
      model.pop_front();
    }
    ASSERT_EQ(writes.size(), model.size());
    ASSERT_EQ(writes.bytes(), bytes);
  }
}

}  // namespace
}  // namespace zk
