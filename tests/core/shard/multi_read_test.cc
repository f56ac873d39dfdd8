// SPDX-License-Identifier: Apache-2.0
//
// multi_read.cc: independent reads in one request.
#include <memory>
#include <string>

#include "gtest/gtest.h"
#include "jute/encoder.h"
#include "server/core/shard/reads.h"
#include "tests/core/shard/shard_fixture.h"

namespace zk {
namespace {

std::string WatchBody(std::string_view path, bool watch) {
  std::string out;
  jute::Encoder encoder(out);
  encoder.String(path);
  encoder.Bool(watch);
  return out;
}
std::string NullBody() { return std::string(4, '\xff'); }

class MultiReadTest : public ::testing::Test {
 protected:
  MultiReadTest() : c_(f_.Open()) {}
  ReplyFrameView Ask(OpCode op, std::string_view body) {
    const auto replies = ParseReplies(f_.Ask(c_, Request(7, op, body)));
    EXPECT_EQ(replies.size(), 1u);
    return replies.empty() ? ReplyFrameView{0, 0, 0, {}, true} : replies.back();
  }

  ShardFixture f_;
  ConnIndex c_;
};

std::string Sub(int32_t type, std::string_view record) {
  return jute::Encoded(proto::MultiHeader{type, false, -1}) + std::string(record);
}
std::string MultiEnd() { return jute::Encoded(proto::MultiHeader{-1, true, -1}); }

TEST_F(MultiReadTest, AnswersEachOnItsOwn) {
  f_.Create("/a", "x");
  f_.Create("/no", "", std::make_shared<AclList>(AclList{{kPermAll, {"digest", "u:hash"}}}));
  const std::string data = Ask(OpCode::kGetData, WatchBody("/a", false)).body;
  const std::string children = Ask(OpCode::kGetChildren, WatchBody("/", false)).body;
  const ReplyFrameView reply =
      Ask(OpCode::kMultiRead, Sub(4, WatchBody("/a", true)) + Sub(4, WatchBody("/none", false)) +
                                  Sub(8, WatchBody("/", true)) + Sub(8, WatchBody("/no", false)) +
                                  MultiEnd());
  const auto header = [](int32_t type, int32_t err) {
    return jute::Encoded(proto::MultiHeader{type, false, err});
  };
  const auto failed = [&](int32_t err) {
    return header(-1, err) + jute::Encoded(proto::ErrorResponse{err});
  };
  EXPECT_EQ(reply.err, 0);
  EXPECT_EQ(reply.body, header(4, 0) + data + failed(-101) + header(8, 0) + children +
                            failed(-102) + MultiEnd());
  EXPECT_FALSE(f_.shard.HasWatches());
}

TEST_F(MultiReadTest, WhatIsNone) {
  const std::string write = Sub(2, std::string("\0\0\0\2/a", 6) + std::string(4, '\0'));
  const std::string read = Sub(4, WatchBody("/a", false));
  const std::pair<std::string, bool> rows[] = {
      {write + MultiEnd(), true},          // the terminator comes back: quirk Q7
      {read + write + MultiEnd(), false},  // kinds may not be mixed
      {read, false},                       // no end
      {Sub(3, WatchBody("/a", false)) + MultiEnd(), false},
      {Sub(4, NullBody() + '\0') + MultiEnd(), false},
      {"", false},
  };
  for (const auto& [body, kept] : rows) {
    const ReplyFrameView reply = Ask(OpCode::kMultiRead, body);
    EXPECT_EQ(reply.err, static_cast<int32_t>(ErrorCode::kMarshallingError));
    EXPECT_EQ(reply.body, kept ? MultiEnd() : "");
  }
  EXPECT_EQ(Ask(OpCode::kMultiRead, MultiEnd()).body, MultiEnd());
}

TEST_F(MultiReadTest, ManyAreOneReply) {
  std::string many;
  for (int i = 0; i < 20'000; i++) many += Sub(4, WatchBody("/none", false));
  const ReplyFrameView reply = Ask(OpCode::kMultiRead, many + MultiEnd());
  EXPECT_EQ(reply.body.size(), 20'000u * 13 + 9);
}

}  // namespace
}  // namespace zk
