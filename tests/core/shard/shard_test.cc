// SPDX-License-Identifier: Apache-2.0
//
// Shard as a whole: order of requests, credits, caps, deadlines, touches.
#include "server/core/shard/shard.h"

#include <algorithm>
#include <string>
#include <vector>

#include "common/random.h"
#include "gtest/gtest.h"
#include "jute/encoder.h"
#include "tests/core/shard/shard_fixture.h"

namespace zk {
namespace {

std::string Get(int32_t xid, std::string_view path, bool watch = false) {
  return Request(xid, OpCode::kGetData, proto::GetDataRequest{path, watch});
}
std::string Set(int32_t xid, std::string_view path, std::string_view data) {
  return Request(xid, OpCode::kSetData, proto::SetDataRequest{path, data, -1});
}
std::string Ping() { return Request(kPingXid, OpCode::kPing); }
std::string Auth(int32_t xid, std::string_view scheme, std::string_view auth) {
  return Request(xid, OpCode::kAuth, proto::AuthPacket{0, scheme, auth});
}
std::string DataOf(const ReplyFrameView& reply) {
  proto::GetDataResponse response;
  return jute::Decode(reply.body, response) ? std::string(response.data.bytes()) : "?";
}

TEST(Order, AReadWaitsForTheWritesBeforeIt) {
  ShardFixture f;
  f.Create("/a", "old");
  const ConnIndex c = f.Open();
  f.Send(c, Get(1, "/a") + Set(2, "/a", "new") + Set(3, "/a", "newer") + Get(4, "/a") + Ping() +
                Set(5, "/a", "last"));
  EXPECT_EQ(Summary(f.Take(c)), "1:0");
  ASSERT_EQ(f.writes.size(), 2u);  // 5 stays behind the reads
  f.AnswerOne();
  f.Run();
  EXPECT_EQ(Summary(f.Take(c)), "2:0");
  EXPECT_EQ(f.writes.size(), 1u);
  f.AnswerOne();
  f.Run();
  const std::string out = f.Take(c);
  EXPECT_EQ(Summary(out), "3:0 4:0 -2:0");
  EXPECT_EQ(DataOf(ParseReplies(out)[1]), "newer");
  ASSERT_EQ(f.writes.size(), 1u);
  EXPECT_EQ(f.writes[0].xid, 5);
}

TEST(Order, OtherConnectionsDoNotWait) {
  ShardFixture f;
  f.Create("/a");
  const ConnIndex c = f.Open();
  const ConnIndex d = f.Open();
  f.Send(c, Set(1, "/a", "x"));
  f.Send(d, Get(1, "/a"));
  EXPECT_EQ(Summary(f.Take(d)), "1:0");
}

TEST(Order, SyncIsOrderedLikeAWrite) {
  ShardFixture f;
  f.Create("/a");
  const ConnIndex c = f.Open();
  f.Send(c, Request(1, OpCode::kSync, proto::SyncRequest{"no path"}) + Get(2, "/a"));
  EXPECT_EQ(f.Take(c), "");
  ASSERT_EQ(f.writes.size(), 1u);
  EXPECT_EQ(f.writes[0].op, OpCode::kSync);
  f.AnswerAll();
  EXPECT_EQ(Summary(f.Take(c)), "1:0 2:0");
}

TEST(Order, WritesCarryWhatTheCoreNeeds) {
  ShardFixture f;
  const ConnIndex c = f.Open(30000, "10.0.0.7");
  const std::string body = jute::Encoded(proto::SetDataRequest{"/a", "x", 3});
  f.Send(c, Auth(kAuthXid, "digest", "u:p") + Request(9, OpCode::kSetData, body));
  ASSERT_EQ(f.writes.size(), 1u);
  EXPECT_EQ(f.writes[0].session, f.next_session - 1);
  EXPECT_EQ(f.writes[0].xid, 9);
  EXPECT_EQ(f.writes[0].body, body);
  EXPECT_EQ(f.writes[0].origin.conn, c);
  ASSERT_EQ(f.writes[0].auth->size(), 2u);
  EXPECT_EQ((*f.writes[0].auth)[0], (AuthId{"ip", "10.0.0.7"}));
}

TEST(Order, CloseSessionRepliesThenCloses) {
  ShardFixture f;
  const ConnIndex c = f.Open();
  f.Send(c, Request(1, OpCode::kCloseSession) + Get(2, "/") + Request(3, OpCode::kCloseSession));
  EXPECT_EQ(f.writes.size(), 1u);  // nothing behind it runs
  f.AnswerAll();
  EXPECT_TRUE(f.shard.WantsClose(c));
  EXPECT_FALSE(f.Closed(c));
  EXPECT_EQ(Summary(f.Take(c)), "1:0");
  EXPECT_TRUE(f.Closed(c));
}

TEST(Order, TheCoreMayCloseAConnection) {
  ShardFixture f;
  const ConnIndex c = f.Open();
  f.Send(c, Get(1, "/none") + Set(2, "/none", "x"));
  Batch batch;
  batch.items.push_back({});
  batch.items[0].kind = BatchItem::Kind::kClose;
  batch.items[0].origin = f.writes[0].origin;
  f.Publish(batch);
  EXPECT_TRUE(f.shard.WantsClose(c));
  f.AnswerAll();  // comes too late
  EXPECT_EQ(Summary(f.Take(c)), "1:-101");
  f.CloseSocket(c);
  EXPECT_EQ(f.shard.connections(), 0u);
}

TEST(Order, ReplyZxidsAreThoseOfTheTree) {
  ShardFixture f;
  f.Create("/a");
  const ConnIndex c = f.Open();
  const auto replies =
      ParseReplies(f.Ask(c, Get(1, "/a") + Ping() + Set(2, "/a", "x") + Auth(-4, "ip", "") +
                                Request(3, static_cast<OpCode>(99))));
  ASSERT_EQ(replies.size(), 5u);
  EXPECT_EQ(replies[0].zxid, 1);
  EXPECT_EQ(replies[1].zxid, 1);
  EXPECT_EQ(replies[2].zxid, 2);
  EXPECT_EQ(replies[3].zxid, 0);
  EXPECT_EQ(replies[4].zxid, -1);
}

TEST(Requests, PingAnswersWithItsReservedXid) {
  ShardFixture f;
  const ConnIndex c = f.Open();
  EXPECT_EQ(f.Ask(c, Ping()), f.Ask(c, Request(77, OpCode::kPing)));
  EXPECT_EQ(Summary(f.Ask(c, Ping())), "-2:0");
}

TEST(Requests, AuthFailureClosesAfterTheReply) {
  for (const char* scheme : {"nosuch", "world", "sasl"}) {
    ShardFixture f;
    const ConnIndex c = f.Open();
    EXPECT_EQ(Summary(f.Ask(c, Auth(kAuthXid, scheme, "x") + Ping())), "-4:-115") << scheme;
    EXPECT_TRUE(f.Closed(c));
    EXPECT_EQ(f.shard.Report().auth_failed, 1);
  }
  ShardFixture f;
  const ConnIndex c = f.Open();
  EXPECT_EQ(Summary(f.Ask(c, Auth(12, "ip", ""))), "12:0");  // other xids are echoed
}

TEST(Requests, SaslAsAServerWithoutIt) {
  ShardFixture f;
  const ConnIndex c = f.Open();
  const std::string reply =
      f.Ask(c, Request(5, OpCode::kSasl, proto::GetSASLRequest{jute::Buffer("")}));
  EXPECT_EQ(reply,
            std::string("\0\0\0\x14\0\0\0\5", 8) + std::string(12, '\0') + std::string(4, '\xff'));
}

TEST(Requests, RefusedOnesAreAnsweredThenClosed) {
  for (const int32_t op : {0, -1, 10, 13, 20, -10, 99, 999, 23, 108}) {
    ShardFixture f;
    const ConnIndex c = f.Open();
    EXPECT_EQ(Summary(f.Ask(c, Request(5, static_cast<OpCode>(op)) + Ping())), "5:-6") << op;
    EXPECT_TRUE(f.Closed(c)) << op;
  }
}

// Closed without a byte.
TEST(Requests, MalformedFramesEndTheConnection) {
  const std::pair<const char*, std::string> rows[] = {
      {"length -1", std::string(4, '\xff')},
      {"length over the limit", std::string("\0\x10\0\0", 4)},
      {"length 0", std::string(4, '\0')},
      {"shorter than a header", Frame("1234567")},
      {"xid -1", Request(-1, OpCode::kGetData, "")},
      {"xid -2 with a write", Request(-2, OpCode::kCreate, "")},
      {"xid -4 with a read", Request(-4, OpCode::kExists, "")},
      {"xid -8 with a ping", Request(-8, OpCode::kPing, "")},
      {"auth packet cut", Request(-4, OpCode::kAuth, std::string("\0\0\0\0\0\0\0\6dig", 11))},
      {"sasl without a token", Request(3, OpCode::kSasl, std::string(4, '\xff'))},
  };
  for (const auto& [name, bytes] : rows) {
    ShardFixture f;
    const ConnIndex c = f.Open();
    f.Send(c, bytes);
    EXPECT_TRUE(f.Closed(c)) << name;
    EXPECT_TRUE(f.writes.empty()) << name;
  }
}

TEST(Requests, LargestFrameIsTaken) {
  ShardFixture f;
  const ConnIndex c = f.Open();
  const std::string body(f.config.limits.jute_max_buffer - 8, 'x');
  EXPECT_EQ(f.Feed(c, Request(1, OpCode::kCreate, body)), body.size() + 12);
  f.Run();
  ASSERT_EQ(f.writes.size(), 1u);
  EXPECT_EQ(f.writes[0].body, body);
}

// A conversation, cut into two reads at each of its bytes, and byte by byte, answers alike.
TEST(Requests, SplitAtEveryByte) {
  const std::string bytes =
      ConnectBytes() + Get(1, "/a") + Set(2, "/a", "x") + Get(3, "/a", true) + Ping() +
      Auth(-4, "digest", "u:p") + Request(6, OpCode::kWhoAmI) +
      Request(4, OpCode::kSetWatches, proto::SetWatches{0, {"/a"}, {"/b"}, {"/"}}) +
      Request(5, OpCode::kCloseSession);
  const auto play = [&](const std::vector<size_t>& cuts) {
    ShardFixture f;
    f.Create("/a", "old");
    const ConnIndex c = f.Accept();
    size_t at = 0;
    for (size_t cut : cuts) {
      f.Send(c, bytes.substr(at, cut - at));
      if (!f.sessions.empty()) {
        f.AnswerSession(f.sessions[0], 6000, 1);
        f.sessions.clear();
        f.Run();
      }
      f.AnswerAll();
      at = cut;
    }
    const std::string out(f.shard.Output(c));
    EXPECT_TRUE(f.shard.WantsClose(c));
    return out;
  };
  const std::string whole = play({bytes.size()});
  EXPECT_EQ(Summary(whole.substr(41)), "1:0 2:0 3:0 -2:0 -4:0 6:0 changed(/a) children(/) 4:0 5:0");
  std::vector<size_t> each;
  for (size_t cut = 1; cut <= bytes.size(); cut++) {
    each.push_back(cut);
    EXPECT_EQ(play({cut, bytes.size()}), whole) << cut;
  }
  EXPECT_EQ(play(each), whole);
}

TEST(Credits, LimitWritesButLeaveEachConnectionOne) {
  ServerConfig config = ShardFixture::TestConfig();
  config.limits.global_outstanding = 3;
  ShardFixture f(config);
  f.Create("/a");
  const ConnIndex c = f.Open();
  const ConnIndex d = f.Open();
  const ConnIndex e = f.Open();
  std::string many;
  for (int32_t i = 1; i <= 10; i++) many += Set(i, "/a", "x");
  f.Send(c, many);
  EXPECT_EQ(f.writes.size(), 3u);
  f.Send(d, many);
  f.Send(e, many);
  EXPECT_EQ(f.writes.size(), 5u);  // one each beyond the limit
  // Who waits gets the next free credit in the order of asking.
  std::vector<uint32_t> order;
  while (!f.writes.empty()) {
    order.push_back(f.writes.front().origin.conn);
    EXPECT_LE(f.writes.size(), 5u);
    f.AnswerOne();
    f.Run();
  }
  EXPECT_EQ(order.size(), 30u);
  for (const ConnIndex conn : {c, d, e}) {
    EXPECT_EQ(std::count(order.begin(), order.end(), conn), 10);
    EXPECT_EQ(Summary(f.Take(conn)), "1:0 2:0 3:0 4:0 5:0 6:0 7:0 8:0 9:0 10:0");
    EXPECT_LT(std::find(order.begin(), order.end(), conn) - order.begin(), 6);
  }
}

TEST(Credits, CountBytesToo) {
  ServerConfig config = ShardFixture::TestConfig();
  config.limits.outstanding_bytes = 5000;
  ShardFixture f(config);
  const ConnIndex c = f.Open();
  const std::string big(3000, 'x');
  f.Send(c, Set(1, "/a", big) + Set(2, "/a", big) + Set(3, "/a", "small"));
  EXPECT_EQ(f.writes.size(), 1u);
  f.AnswerOne();
  f.Run();
  EXPECT_EQ(f.writes.size(), 2u);
}

TEST(Credits, ComeBackFromConnectionsThatGo) {
  ServerConfig config = ShardFixture::TestConfig();
  config.limits.global_outstanding = 2;
  ShardFixture f(config);
  const ConnIndex c = f.Open();
  const ConnIndex d = f.Open();
  f.Send(c, Set(1, "/a", "x") + Set(2, "/a", "x"));
  f.Send(d, Set(1, "/a", "x") + Set(2, "/a", "x"));
  EXPECT_EQ(f.writes.size(), 3u);
  f.CloseSocket(c);
  f.Run();
  EXPECT_EQ(f.writes.size(), 4u);
  f.AnswerAll();  // with answers for nobody among them
  EXPECT_EQ(Summary(f.Take(d)), "1:-101 2:-101");
  EXPECT_EQ(f.shard.Report().outstanding, 0);
}

TEST(Credits, InputStopsAndResumes) {
  ServerConfig config = ShardFixture::TestConfig();
  config.limits.global_outstanding = 1;
  config.limits.read_chunk = 4096;
  ShardFixture f(config);
  const ConnIndex c = f.Open();
  std::string many;
  int32_t sent = 0;
  while (many.size() < 20'000) many += Set(++sent, "/none", "x");
  size_t fed = f.Feed(c, many);
  EXPECT_LE(fed, 4096u + 64);
  std::string out;
  for (int i = 0; i < sent; i++) {
    f.Run();
    ASSERT_LE(f.writes.size(), 1u);
    f.AnswerOne();
    f.Run();
    if (!f.resumed.empty()) {
      f.resumed.clear();
      fed += f.Feed(c, std::string_view(many).substr(fed));
    }
  }
  f.AnswerAll();
  EXPECT_EQ(fed, many.size());
  const auto replies = ParseReplies(f.Take(c));
  ASSERT_EQ(replies.size(), static_cast<size_t>(sent));
  for (int32_t i = 0; i < sent; i++) EXPECT_EQ(replies[static_cast<size_t>(i)].xid, i + 1);
}

TEST(Output, AboveTheSoftCapNothingMoreRuns) {
  ServerConfig config = ShardFixture::TestConfig();
  config.limits.output_soft = 10'000;
  ShardFixture f(config);
  f.Create("/a", std::string(4000, 'x'));
  const ConnIndex c = f.Open();
  std::string many;
  for (int32_t i = 1; i <= 100; i++) many += Get(i, "/a");
  f.Send(c, many);
  EXPECT_EQ(ParseReplies(f.shard.Output(c)).size(), 3u);
  size_t replies = 0;
  for (int i = 0; i < 100 && replies < 100; i++) {
    replies += ParseReplies(f.Take(c)).size();
    f.Run();
  }
  EXPECT_EQ(replies, 100u);
}

TEST(Output, AboveTheHardCapTheConnectionIsCut) {
  ServerConfig config = ShardFixture::TestConfig();
  config.limits.output_soft = 1000;
  config.limits.output_hard = 5000;
  ShardFixture f(config);
  const ConnIndex c = f.Open();
  const ConnIndex other = f.Open();
  f.Ask(c, Request(1, OpCode::kAddWatch, proto::AddWatchRequest{"/", 1}));
  for (int i = 0; i < 200 && !f.shard.WantsClose(c); i++) f.Create("/n" + std::to_string(i));
  EXPECT_TRUE(f.Closed(c));
  EXPECT_FALSE(f.shard.HasWatches());
  EXPECT_TRUE(std::count(f.effects.writable.begin(), f.effects.writable.end(), c) > 0);
  EXPECT_FALSE(f.shard.WantsClose(other));
}

TEST(Output, AReplyTooLargeToSendIsNotBuilt) {
  ServerConfig config = ShardFixture::TestConfig();
  config.limits.output_hard = 5000;
  ShardFixture f(config);
  f.Create("/a");
  for (int i = 0; i < 1000; i++) f.Create("/a/a-child-with-a-name-" + std::to_string(i));
  const ConnIndex c = f.Open();
  f.Send(c, Request(1, OpCode::kGetChildren, proto::GetChildrenRequest{"/a", false}));
  EXPECT_TRUE(f.Closed(c));
}

TEST(Output, WithoutProgressItIsCutAfterAWhile) {
  ShardFixture f;
  const ConnIndex c = f.Open(40000);
  f.Send(c, Ping());
  for (int second = 0; second < 29; second++) {
    f.Advance(1000);
    f.Tick();
  }
  EXPECT_FALSE(f.shard.WantsClose(c));
  f.shard.OnSent(c, 3, f.now, f.effects);  // a little progress counts
  for (int second = 0; second < 20; second++) {
    f.Advance(1000);
    f.Send(c, Ping());
    f.Tick();
  }
  EXPECT_FALSE(f.shard.WantsClose(c));
  for (int second = 0; second < 12; second++) {
    f.Advance(1000);
    f.Tick();
  }
  EXPECT_TRUE(f.Closed(c));
}

TEST(Time, ASilentSessionsConnectionIsClosed) {
  ShardFixture f;
  const ConnIndex c = f.Open(6000);
  for (int i = 0; i < 20; i++) {
    f.Advance(500);
    f.Tick();
    if (i % 8 == 0) f.Ask(c, Ping());
  }
  EXPECT_FALSE(f.shard.WantsClose(c));
  for (int i = 0; i < 13; i++) {
    f.Advance(500);
    f.Tick();
  }
  EXPECT_TRUE(f.Closed(c));
}

TEST(Time, AStallOfTheServerIsNotTheClientsSilence) {
  ShardFixture f;
  const ConnIndex c = f.Open(6000);
  f.Tick();
  f.Advance(20'000);
  f.Tick();
  EXPECT_FALSE(f.shard.WantsClose(c));
  f.Ask(c, Ping());  // what had waited in the socket
  f.Advance(500);
  f.Tick();
  EXPECT_FALSE(f.shard.WantsClose(c));
}

TEST(Time, TouchesAreFlushedEveryQuarterTick) {
  ShardFixture f;
  const ConnIndex c = f.Open(30000);
  f.Tick();
  EXPECT_EQ(f.flushes, 1u);
  ASSERT_EQ(f.touches.size(), 1u);
  EXPECT_EQ(f.touches[0].session, f.next_session - 1);
  EXPECT_EQ(f.touches[0].timeout_ms, 30000);
  f.touches.clear();
  f.Advance(499);
  f.Tick();
  EXPECT_EQ(f.flushes, 1u);
  const Instant heard = f.now.mono;
  f.Send(c, Ping() + Ping());
  f.Advance(1);
  f.Tick();
  EXPECT_EQ(f.flushes, 2u);
  ASSERT_EQ(f.touches.size(), 1u);
  EXPECT_EQ(f.touches[0].heard, heard);
  f.touches.clear();
  f.Advance(500);
  f.Tick();
  EXPECT_EQ(f.flushes, 3u);
  EXPECT_TRUE(f.touches.empty());
  f.Send(c, Ping());
  f.CloseSocket(c);  // its last words count
  f.Advance(500);
  f.Tick();
  EXPECT_EQ(f.touches.size(), 1u);
}

TEST(Report, CountsAndLatencies) {
  ShardFixture f;
  f.Create("/a");
  const ConnIndex c = f.Open();
  f.Feed(c, Get(1, "/a"));
  f.Advance(7);
  f.Run();
  f.Feed(c, Set(2, "/a", "x"));
  f.Run();
  f.Advance(20);
  f.AnswerAll();
  f.Take(c);
  ShardReport report = f.shard.Report();
  EXPECT_EQ(report.packets_received, 3);
  EXPECT_EQ(report.packets_sent, 3);
  EXPECT_EQ(report.read_latency.max_ms, 7);
  EXPECT_EQ(report.update_latency.max_ms, 20);
  EXPECT_EQ(report.update_latency.count, 2);  // and createSession
  EXPECT_EQ(report.latency.count, 3);
  EXPECT_EQ(report.min_response_bytes, 84);
  ASSERT_EQ(report.connections.size(), 1u);
  EXPECT_EQ(report.connections[0].last_op, "SETD");
  EXPECT_EQ(report.connections[0].received, 3);
  f.shard.ResetStatistics();
  f.shard.ResetConnectionStatistics();
  report = f.shard.Report();
  EXPECT_EQ(report.packets_received, 0);
  EXPECT_EQ(report.latency.count, 0);
  EXPECT_EQ(report.connections[0].received, 0);
}

TEST(Fairness, APipeliningClientDoesNotStarveOthers) {
  ShardFixture f;
  const ConnIndex c = f.Open();
  const ConnIndex d = f.Open();
  std::string many;
  for (int32_t i = 1; i <= 500; i++) many += Get(i, "/");
  f.Feed(c, many);
  f.Feed(d, Get(1, "/"));
  EXPECT_TRUE(f.shard.RunSection(f.db, 32, f.now, f.effects));
  EXPECT_EQ(Summary(f.Take(d)), "1:0");
}

struct Client {
  ConnIndex conn = 0;
  std::string unsent;
  std::string received;
  std::vector<int32_t> asked;

  // Does one of the things that happen to a client or to the core.
  void Step(ShardFixture& f, Random& random, int32_t& xid) {
    switch (random.Uniform(6)) {
      case 0:
        asked.push_back(++xid);
        unsent += random.OneIn(2) ? Get(xid, "/a") : Set(xid, "/a", std::to_string(xid));
        return;
      case 1:
        asked.push_back(kPingXid);
        unsent += Ping();
        return;
      case 2:
        unsent.erase(0, f.Feed(conn, unsent.substr(0, random.Uniform(unsent.size() + 1))));
        return;
      case 3:
        f.RunOnce(1 + random.Uniform(5));
        return;
      case 4:
        f.AnswerOne();
        return;
      default: {
        const std::string_view output = f.shard.Output(conn);
        const size_t size = random.Uniform(output.size() + 1);
        received += output.substr(0, size);
        f.shard.OnSent(conn, size, f.now, f.effects);
      }
    }
  }
  // Sends and takes everything; true if there was anything.
  bool Finish(ShardFixture& f) {
    const size_t fed = f.Feed(conn, unsent);
    unsent.erase(0, fed);
    f.Run();
    f.AnswerAll();
    const std::string out = f.Take(conn);
    received += out;
    return fed > 0 || !out.empty() || !unsent.empty() || f.shard.HasRunnable();
  }
  // Everything was answered in order, and no read is older than the own write before it.
  void Check(const ShardFixture& f) const {
    const auto index = [&](int32_t xid) {
      return std::find(f.answered.begin(), f.answered.end(), xid) - f.answered.begin();
    };
    std::vector<int32_t> got;
    ptrdiff_t own_write = -1;
    int64_t zxid = 0;
    for (const ReplyFrameView& reply : ParseReplies(received)) {
      got.push_back(reply.xid);
      EXPECT_EQ(reply.err, 0);
      EXPECT_GE(reply.zxid, zxid);
      zxid = reply.zxid;
      if (reply.body.size() == 68) own_write = index(reply.xid);
      if (reply.body.size() <= 68) continue;
      const std::string value = DataOf(reply);
      EXPECT_GE(value == "initial" ? -1 : index(std::stoi(value)), own_write);
    }
    EXPECT_EQ(got, asked);
  }
};

// Clients that do anything, the core slow at random: order and answers hold for each connection.
TEST(Random, PipelinesKeepTheirOrder) {
  for (uint64_t seed = 1; seed <= 40; seed++) {
    SCOPED_TRACE(seed);
    Random random(seed);
    ServerConfig config = ShardFixture::TestConfig();
    config.limits.global_outstanding = 1 + random.Uniform(6);
    config.limits.read_chunk = 64 + random.Uniform(2000);
    config.limits.output_soft = 200 + random.Uniform(2000);
    ShardFixture f(config);
    f.Create("/a", "initial");
    std::vector<Client> clients(4);
    for (Client& client : clients) client.conn = f.Open();
    int32_t xid = 0;
    for (int step = 0; step < 600; step++) {
      clients[random.Uniform(clients.size())].Step(f, random, xid);
    }
    for (bool more = true; more;) {
      more = false;
      for (Client& client : clients) more |= client.Finish(f);
    }
    for (const Client& client : clients) client.Check(f);
  }
}

}  // namespace
}  // namespace zk
