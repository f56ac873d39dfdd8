// SPDX-License-Identifier: Apache-2.0
//
// The simulated client as a judge of its own connection: order of replies, zxids that go back or
// were never durable, sessions that are not what was asked for.
#include "tests/sim/sim_client.h"

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "tests/sim/oracle_fixture.h"

namespace zk::sim {
namespace {

std::string Framed(const std::string& body) {
  std::string out;
  jute::Encoder(out).String(body);
  return out;
}

class SimClientLies : public ::testing::Test, public ClientHost {
 protected:
  SimClientLies() : oracle_(&h_.tree(), verdict_.fail()) {
    h_.Add(Create("/a", 1));
    ClientOptions options;
    options.pipeline = 20;
    options.hangup = options.close_session = options.reattach_fresh = 0;
    WorkloadMix mix;  // writes only, of which the replies' bodies matter little
    mix.reads = mix.multis = mix.watches = mix.ephemerals = mix.containers = mix.syncs = 0;
    client_ = std::make_unique<SimClient>(1, options, mix, Random(1), this, &h_.tree(), &oracle_,
                                          verdict_.fail());
  }

  // ClientHost
  int64_t now_us() const override { return 0; }
  uint64_t Dial(int) override { return ++conn_; }
  void Send(uint64_t, std::string bytes) override { sent_.push_back(bytes.substr(4)); }
  void Hangup(uint64_t) override {}
  void TraceClient(int, const std::string&) override {}
  void OnSessionLost(int, int64_t session) override { lost_ = session; }

  void Connect(int64_t session, int32_t timeout_ms = 6000, size_t password = 16) {
    client_->Step();
    proto::ConnectResponse response;
    const std::string bytes(password, 'p');
    response.timeOut = timeout_ms;
    response.sessionId = session;
    response.passwd = jute::Buffer(bytes);
    client_->OnBytes(conn_, Framed(jute::Encoded(response)));
  }
  void Reply(int32_t xid, int64_t zxid) {
    client_->OnBytes(conn_, Framed(jute::Encoded(proto::ReplyHeader{xid, zxid, 0})));
  }
  // A session whose watches are restored and that has requests in flight.
  void Open() {
    Connect(kMine);
    Reply(1, 2);  // setWatches2
    while (sent_.size() < 6) client_->Step();
    ASSERT_TRUE(verdict_.clean()) << verdict_.text();
  }
  int32_t XidOf(size_t sent) const { return jute::Decoder(sent_[sent]).Int(); }

  History h_;
  Verdict verdict_;
  Oracle oracle_;
  std::unique_ptr<SimClient> client_;
  std::vector<std::string> sent_;
  uint64_t conn_ = 0;
  int64_t lost_ = 0;
};

TEST_F(SimClientLies, RepliesOutOfOrder) {
  Open();
  Reply(XidOf(3), 3);
  EXPECT_TRUE(verdict_.Names("I21")) << verdict_.text();
}

TEST_F(SimClientLies, AReplyToNothing) {
  Open();
  Reply(12345, 3);
  EXPECT_TRUE(verdict_.Names("I21")) << verdict_.text();
}

TEST_F(SimClientLies, AZxidThatGoesBack) {
  Open();
  Reply(XidOf(2), 1);
  EXPECT_TRUE(verdict_.Names("I22")) << verdict_.text();
}

TEST_F(SimClientLies, AZxidThatNobodyMadeDurable) {
  Open();
  Reply(XidOf(2), 4);
  EXPECT_TRUE(verdict_.Names("I9")) << verdict_.text();
}

TEST_F(SimClientLies, AWriteThatAnEarlierReplyHasSeen) {
  Open();
  Reply(XidOf(2), 2);
  EXPECT_TRUE(verdict_.Names("I22")) << verdict_.text();
}

TEST_F(SimClientLies, ASessionThatIsNotOpen) {
  Connect(0x99);
  EXPECT_TRUE(verdict_.Names("I18")) << verdict_.text();
}

TEST_F(SimClientLies, APasswordThatIsTooShort) {
  Connect(kMine, 6000, 8);
  EXPECT_TRUE(verdict_.Names("I18")) << verdict_.text();
}

TEST_F(SimClientLies, ANewSessionThatIsRefused) {
  Connect(0, 0);
  EXPECT_TRUE(verdict_.Names("I18")) << verdict_.text();
}

TEST_F(SimClientLies, ComesBackAsSomebodyElse) {
  Open();
  client_->OnClosed(conn_);
  Connect(kOthers);
  EXPECT_TRUE(verdict_.Names("I18")) << verdict_.text();
}

TEST_F(SimClientLies, ARefusedSessionIsToldToTheWorld) {
  Open();
  client_->OnClosed(conn_);
  Connect(0, 0);
  EXPECT_TRUE(verdict_.clean()) << verdict_.text();
  EXPECT_EQ(lost_, kMine);
}

}  // namespace
}  // namespace zk::sim
