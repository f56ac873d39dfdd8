// SPDX-License-Identifier: Apache-2.0
#include "server/core/shard/input_buffer.h"

#include <cstring>
#include <string>

#include "common/random.h"
#include "gtest/gtest.h"

namespace zk {
namespace {

void Fill(InputBuffer& buffer, size_t need, size_t chunk, std::string_view bytes) {
  const std::span<char> space = buffer.Space(need, chunk);
  ASSERT_GE(space.size(), bytes.size());
  std::memcpy(space.data(), bytes.data(), bytes.size());
  buffer.Filled(bytes.size());
}

TEST(InputBuffer, GrowsWithWhatCameNotWithWhatIsClaimed) {
  InputBuffer buffer;
  Fill(buffer, 4, 65536, std::string(4, 'x'));
  const size_t claimed = 1'000'000;
  EXPECT_LE(buffer.Space(claimed, 65536).size(), 4096u);
  buffer.Filled(0);
  size_t pending = 4;
  while (pending < claimed) {
    const std::span<char> space = buffer.Space(claimed, 65536);
    ASSERT_FALSE(space.empty());
    buffer.Filled(space.size());
    pending += space.size();
    ASSERT_LE(buffer.capacity(), 2 * pending + 1024);
    ASSERT_LE(buffer.capacity(), claimed);
  }
  EXPECT_EQ(pending, claimed);
  EXPECT_TRUE(buffer.Space(claimed, 65536).empty());
}

TEST(InputBuffer, StopsAtAChunkOfWholeFrames) {
  InputBuffer buffer;
  size_t pending = 0;
  for (;;) {
    const std::span<char> space = buffer.Space(10, 4096);
    if (space.empty()) break;
    buffer.Filled(space.size());
    pending += space.size();
  }
  EXPECT_EQ(pending, 4096u);
  EXPECT_FALSE(buffer.HasSpace(10, 4096));
  buffer.Consume(10);  // not worth moving 4 KiB for
  EXPECT_FALSE(buffer.HasSpace(10, 4096));
  buffer.Consume(2048);
  EXPECT_TRUE(buffer.HasSpace(10, 4096));
  EXPECT_FALSE(buffer.Space(10, 4096).empty());
}

TEST(InputBuffer, ShrinksAfterALargeFrame) {
  InputBuffer buffer;
  for (size_t pending = 0; pending < 100'000;) {
    const size_t size = buffer.Space(100'000, 4096).size();
    buffer.Filled(size);
    pending += size;
  }
  EXPECT_EQ(buffer.capacity(), 100'000u);
  buffer.Consume(100'000);
  EXPECT_FALSE(buffer.Space(4, 4096).empty());
  EXPECT_EQ(buffer.capacity(), 4096u);
}

TEST(InputBuffer, TrimSparesPendingAndLentBytes) {
  InputBuffer buffer;
  Fill(buffer, 4, 4096, "abc");
  buffer.Trim();
  EXPECT_EQ(buffer.Pending(), "abc");
  buffer.Consume(3);
  buffer.Space(4, 4096);
  buffer.Trim();
  EXPECT_GT(buffer.capacity(), 0u);
  buffer.Filled(0);
  buffer.Trim();
  EXPECT_EQ(buffer.capacity(), 0u);
}

TEST(InputBuffer, KeepsEveryByteInOrder) {
  for (uint64_t seed = 1; seed <= 50; seed++) {
    Random random(seed);
    InputBuffer buffer;
    std::string expected;
    char next = 0;
    for (int step = 0; step < 500; step++) {
      const size_t need = 1 + random.Uniform(3000);
      const bool has_space = buffer.HasSpace(need, 2048);
      const std::span<char> space = buffer.Space(need, 2048);
      ASSERT_EQ(has_space, !space.empty());
      if (expected.size() < need) {
        ASSERT_FALSE(space.empty()) << "would wait for ever";
      }
      const size_t size = random.Uniform(space.size() + 1);
      for (size_t i = 0; i < size; i++) space[i] = next++;
      for (size_t i = 0; i < size; i++) expected += space[i];
      buffer.Filled(size);
      ASSERT_EQ(buffer.Pending(), expected);
      const size_t gone = random.Uniform(expected.size() + 1);
      buffer.Consume(gone);
      expected.erase(0, gone);
      if (random.OneIn(10)) buffer.Trim();
    }
  }
}

}  // namespace
}  // namespace zk
