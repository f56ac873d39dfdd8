// SPDX-License-Identifier: Apache-2.0
#include "server/core/shard/handshake.h"

#include <string>

#include "gtest/gtest.h"
#include "tests/core/shard/shard_fixture.h"

namespace zk {
namespace {

using Kind = SessionRequest::Kind;

TEST(Handshake, NewSession) {
  ShardFixture f;
  const ConnIndex c = f.Accept();
  f.Send(c, ConnectBytes(0, 30000, 0));
  ASSERT_EQ(f.sessions.size(), 1u);
  EXPECT_EQ(f.sessions[0].session_kind, Kind::kOpen);
  EXPECT_EQ(f.sessions[0].timeout_ms, 30000);
  EXPECT_EQ(f.Take(c), "");
  f.AnswerSession(f.sessions[0], 30000, 0x1000);
  const std::string reply = f.Take(c);
  ASSERT_EQ(reply.size(), 41u);
  EXPECT_EQ(reply, std::string("\0\0\0\x25\0\0\0\0\0\0\x75\x30\0\0\0\0\0\0\x10\0\0\0\0\x10", 24) +
                       "PASSWORDpassword" + std::string(1, '\0'));
}

TEST(Handshake, OldClientGetsNoReadOnlyByte) {
  ShardFixture f;
  const ConnIndex c = f.Accept();
  std::string bytes = ConnectBytes();
  bytes.pop_back();
  bytes[3] = 44;
  f.Send(c, bytes);
  ASSERT_EQ(f.sessions.size(), 1u);
  f.AnswerSession(f.sessions[0], 6000, 1);
  const std::string reply = f.Take(c);
  ASSERT_EQ(reply.size(), 40u);
  EXPECT_EQ(reply[3], 36);
}

TEST(Handshake, ReattachHandsIdAndPasswordOn) {
  ShardFixture f;
  const ConnIndex c = f.Accept();
  f.Send(c, ConnectBytes(0, 5, 0x77, "short"));
  ASSERT_EQ(f.sessions.size(), 1u);
  EXPECT_EQ(f.sessions[0].session_kind, Kind::kReattach);
  EXPECT_EQ(f.sessions[0].session, 0x77);
  EXPECT_EQ(f.sessions[0].body, "short");
  EXPECT_EQ(f.sessions[0].timeout_ms, 4000);
}

TEST(Handshake, RefusedReattachIsZeroedAndClosed) {
  ShardFixture f;
  const ConnIndex c = f.Accept();
  f.Send(c, ConnectBytes(0, 5000, 0x77));
  f.AnswerSession(f.sessions[0], 0, 0);
  EXPECT_TRUE(f.shard.WantsClose(c));
  const std::string expected = std::string("\0\0\0\x25", 4) + std::string(16, '\0') +
                               std::string("\0\0\0\x10", 4) + std::string(17, '\0');
  EXPECT_EQ(f.Take(c), expected);
  EXPECT_TRUE(f.Closed(c));
}

TEST(Handshake, RefusedNewSessionIsClosedWithoutAByte) {
  ShardFixture f;
  const ConnIndex c = f.Accept();
  f.Send(c, ConnectBytes());
  f.AnswerSession(f.sessions[0], 0, 0);
  EXPECT_TRUE(f.Closed(c));
}

TEST(Handshake, TimeoutsAreClamped) {
  ServerConfig config;
  config.tick_time_ms = 2000;
  EXPECT_EQ(NegotiateTimeout(-5, config), 4000);
  EXPECT_EQ(NegotiateTimeout(INT32_MAX, config), 40000);
  EXPECT_EQ(NegotiateTimeout(12345, config), 12345);
  config.min_session_timeout_ms = 1;
  config.max_session_timeout_ms = 7;
  EXPECT_EQ(NegotiateTimeout(0, config), 1);
  EXPECT_EQ(NegotiateTimeout(8, config), 7);
}

// Closed at once, without a byte, and the core hears nothing.
TEST(Handshake, WhatIsNoConnectRequest) {
  std::string negative = ConnectBytes();
  negative.replace(4 + 24, 4, "\xff\xff\xff\xfe", 4);
  std::string huge = ConnectBytes();
  huge.replace(4 + 24, 4, std::string("\x7f\xff\xff\0", 4));
  const std::pair<const char*, std::string> rows[] = {
      {"length -1", std::string(4, '\xff')},
      {"length 2^31-1", std::string("\x7f\xff\xff\xff", 4)},
      {"length over jute.maxbuffer", std::string("\0\x10\0\0", 4)},
      {"length 0", std::string(4, '\0')},
      {"four bytes", Frame("abcd")},
      {"cut", Frame(std::string(20, '\0'))},
      {"password of length -2", negative},
      {"password of length 2^31", huge},
      {"seen zxid ahead", ConnectBytes(1)},
      {"telnet", "\xff\xf4\xff\xfd\x06"},
      {"unknown word", "abcd"},
      {"word in capitals", "RUOK"},
  };
  for (const auto& [name, bytes] : rows) {
    ShardFixture f;
    const ConnIndex c = f.Accept();
    f.Send(c, bytes);
    EXPECT_TRUE(f.Closed(c)) << name;
    EXPECT_TRUE(f.sessions.empty()) << name;
    EXPECT_TRUE(f.shard.InputSpace(c).empty()) << name;
    f.CloseSocket(c);
    EXPECT_TRUE(f.gone.empty()) << name;
    EXPECT_EQ(f.shard.connections(), 0u);
  }
}

TEST(Handshake, SilenceAndSlowDripEndAtTheSameDeadline) {
  ShardFixture f;
  const ConnIndex silent = f.Accept();
  const ConnIndex drip = f.Accept();
  const std::string bytes = ConnectBytes();
  for (int second = 0; second < 10; second++) {
    f.Tick();
    EXPECT_FALSE(f.shard.WantsClose(silent));
    EXPECT_FALSE(f.shard.WantsClose(drip));
    f.Send(drip, bytes.substr(static_cast<size_t>(second), 1));
    f.Advance(1000);
  }
  f.Tick();
  EXPECT_TRUE(f.Closed(silent));
  EXPECT_TRUE(f.Closed(drip));
}

TEST(Handshake, RequestsBehindTheConnectRequestWaitForTheSession) {
  ShardFixture f;
  const ConnIndex c = f.Accept();
  f.Send(c, ConnectBytes() + Request(-2, OpCode::kPing));
  EXPECT_FALSE(f.shard.HasRunnable());
  f.AnswerSession(f.sessions[0], 6000, 1);
  f.Run();
  const std::string out = f.Take(c);
  EXPECT_EQ(Summary(out.substr(41)), "-2:0");
}

TEST(Handshake, SessionAnswerForAClosedConnectionIsDropped) {
  ShardFixture f;
  const ConnIndex c = f.Accept();
  f.Send(c, ConnectBytes());
  f.CloseSocket(c);
  ASSERT_EQ(f.gone.size(), 1u);
  EXPECT_EQ(f.gone[0], f.sessions[0].origin);
  const ConnIndex other = f.Accept();
  EXPECT_EQ(other, c);  // the slot is used again, the generation is not
  f.AnswerSession(f.sessions[0], 6000, 1);
  EXPECT_EQ(f.Take(other), "");
}

TEST(FourLetterWords, AreFoundInTheFirstFourBytes) {
  EXPECT_EQ(FourLetterLength("ruok"), 4u);
  EXPECT_EQ(FourLetterLength("ruok\n"), 4u);
  EXPECT_EQ(FourLetterLength("stmk"), 12u);
  EXPECT_EQ(FourLetterLength("Ruok"), 0u);
  EXPECT_EQ(FourLetterLength("orst"), 0u);
}

TEST(FourLetterWords, AreAskedOfTheRim) {
  ShardFixture f;
  const ConnIndex c = f.Accept();
  f.Send(c, "ru");
  EXPECT_TRUE(f.queries.empty());
  f.Send(c, "ok\n");
  ASSERT_EQ(f.queries.size(), 1u);
  EXPECT_EQ(f.queries[0].word, "ruok");
  EXPECT_TRUE(f.shard.AwaitsAnswer(c));
  EXPECT_FALSE(f.shard.WantsClose(c));
  f.shard.OnQueryAnswer(f.queries[0].origin, "imok", f.effects);
  EXPECT_EQ(f.Take(c), "imok");
  EXPECT_TRUE(f.Closed(c));
  EXPECT_FALSE(f.shard.AwaitsAnswer(c));
}

TEST(FourLetterWords, StmkWaitsForItsMask) {
  ShardFixture f;
  const ConnIndex c = f.Accept();
  f.Send(c, std::string("stmk\0\0\0", 7));
  EXPECT_TRUE(f.queries.empty());
  f.Send(c, std::string("\0\0\0\0\7", 5));
  ASSERT_EQ(f.queries.size(), 1u);
  EXPECT_EQ(f.queries[0].word, std::string("stmk\0\0\0\0\0\0\0\7", 12));
}

TEST(FourLetterWords, WhitelistRefuses) {
  ServerConfig config = ShardFixture::TestConfig();
  config.four_letter_whitelist = {"ruok"};
  ShardFixture f(config);
  const ConnIndex c = f.Accept();
  f.Send(c, "mntr");
  EXPECT_EQ(f.Take(c), "mntr is not executed because it is not in the whitelist.\n");
  EXPECT_TRUE(f.Closed(c));
  EXPECT_TRUE(f.queries.empty());
  EXPECT_TRUE(FourLetterAllowed("srvr", config));
  EXPECT_TRUE(FourLetterAllowed("ruok", config));
  EXPECT_FALSE(FourLetterAllowed("isro", config));
  config.read_only_mode = true;
  EXPECT_TRUE(FourLetterAllowed("isro", config));
}

TEST(FourLetterWords, AreBytesOfARequestOnceConnected) {
  ShardFixture f;
  const ConnIndex c = f.Open();
  f.Send(c, "ruok");
  EXPECT_TRUE(f.queries.empty());
  EXPECT_TRUE(f.Closed(c));  // a length far over the limit
}

}  // namespace
}  // namespace zk
