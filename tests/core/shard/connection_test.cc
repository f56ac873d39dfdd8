// SPDX-License-Identifier: Apache-2.0
//
// A Connection and its smaller parts: output, arrival marks.
#include "server/core/shard/connection.h"

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
