// SPDX-License-Identifier: Apache-2.0
#include "server/core/pipeline/ring.h"

#include <gtest/gtest.h>

#include <deque>
#include <memory>

#include "common/random.h"

namespace zk {
namespace {

TEST(Ring, BehavesAsADeque) {
  Ring<int> ring;
  std::deque<int> model;
  Random random(3);
  for (int i = 0; i < 5000; i++) {
    const uint64_t choice = random.Uniform(5);
    if (choice < 3) {
      ring.push_back(i);
      model.push_back(i);
    } else if (!model.empty() && choice == 3) {
      EXPECT_EQ(ring.front(), model.front());
      ring.pop_front();
      model.pop_front();
    } else if (!model.empty()) {
      EXPECT_EQ(ring.back(), model.back());
      ring.pop_back();
      model.pop_back();
    }
    ASSERT_EQ(ring.size(), model.size());
    ASSERT_EQ(ring.empty(), model.empty());
    if (i % 50 == 0) {
      for (size_t k = 0; k < model.size(); k++) ASSERT_EQ(ring[k], model[k]);
    }
  }
}

TEST(Ring, PoppedSlotsHoldNothing) {
  Ring<std::shared_ptr<int>> ring;
  const auto value = std::make_shared<int>(1);
  ring.push_back(value);
  ring.push_back(value);
  EXPECT_EQ(value.use_count(), 3);
  ring.pop_front();
  EXPECT_EQ(value.use_count(), 2);
  ring.pop_back();
  EXPECT_EQ(value.use_count(), 1);
}

}  // namespace
}  // namespace zk
