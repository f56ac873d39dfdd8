// SPDX-License-Identifier: Apache-2.0
//
// The parts of a Connection: input, output, arrival marks, pending writes.
#include "server/core/shard/connection.h"

#include <cstring>
#include <deque>
#include <string>

#include "common/random.h"
#include "gtest/gtest.h"
#include "server/core/shard/input_buffer.h"
#include "server/core/shard/pending_writes.h"

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

TEST(ArrivalMarks, EachByteHasItsTime) {
  ArrivalMarks marks;
  marks.Add(10, {1});
  marks.Add(5, {2});
  EXPECT_EQ(marks.Consume(4), Instant{1});
  EXPECT_EQ(marks.Consume(8), Instant{2});  // its last byte came with the second read
  EXPECT_EQ(marks.Consume(3), Instant{2});
  marks.Add(1, {9});
  EXPECT_EQ(marks.Consume(1), Instant{9});
}

TEST(ArrivalMarks, ManyReadsCountAsOlder) {
  ArrivalMarks marks;
  for (int64_t t = 1; t <= 10; t++) marks.Add(1, {t});
  for (int64_t t = 1; t <= 4; t++) EXPECT_EQ(marks.Consume(1), Instant{t});
  EXPECT_EQ(marks.Consume(6), Instant{4});
}

TEST(OutputBuffer, SendsWhatWasAppended) {
  Random random(3);
  OutputBuffer output;
  std::string expected;
  for (int i = 0; i < 3000; i++) {
    const std::string piece(random.Uniform(300), static_cast<char>('a' + i % 26));
    output.Append() += piece;
    expected += piece;
    const size_t sent = random.Uniform(expected.size() + 1);
    output.Sent(sent);
    expected.erase(0, sent);
    ASSERT_EQ(output.Unsent(), expected);
  }
}

TEST(Connection, PeeksAtTheFrontOnly) {
  Connection c;
  EXPECT_EQ(c.PeekFrame(100).kind, Connection::Front::Kind::kPartial);
  Fill(c.input, 4, 100, std::string_view("\0\0\0\5hel", 7));
  EXPECT_EQ(c.PeekFrame(100).kind, Connection::Front::Kind::kPartial);
  EXPECT_EQ(c.PeekFrame(100).need, 9u);
  EXPECT_EQ(c.PeekFrame(4).kind, Connection::Front::Kind::kBad);
  Fill(c.input, 9, 100, "lo");
  EXPECT_EQ(c.PeekFrame(100).payload, "hello");
}

TEST(Connection, ReportsWhatHappened) {
  Connection c;
  c.MarkAnswered(OpCode::kGetData, 7, Zxid(9), {100}, {{130}, {0}});
  c.MarkAnswered(OpCode::kPing, -2, Zxid(10), {100}, {{110}, {0}});
  const ConnectionReport report = c.Report({10'000});
  EXPECT_EQ(report.last_op, "PING");
  EXPECT_EQ(report.last_cxid, 7);
  EXPECT_EQ(report.last_zxid, 10);
  EXPECT_EQ(report.latency.min_ms, 10);
  EXPECT_EQ(report.latency.max_ms, 30);
  EXPECT_EQ(report.latency.count, 2);
  c.ResetFigures();
  EXPECT_EQ(c.Report({0}).last_op, "NA");
  EXPECT_EQ(c.Report({0}).last_cxid, -1);
}

}  // namespace
}  // namespace zk
