// SPDX-License-Identifier: Apache-2.0
//
// The writes of the golden transcript through a Replica: each must be answered with Java 3.8.0's
// bytes. Reads and watches are the shard's; here only their session and their auth packets count.
#include <gtest/gtest.h>

#include <fstream>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "common/acl.h"
#include "tests/core/replica_fixture.h"

namespace zk {
namespace {

using test::FromHex;
using test::ReplicaFixture;
using test::ToHex;

// One line of the transcript; it is flat but for `events`, which is not looked at.
struct Step {
  std::string name;
  std::string conn;
  std::string op;  // a number, or "connect", "raw", "lose"
  std::string request;
  std::string reply;
};

std::string Field(const std::string& line, const std::string& key) {
  const std::string mark = "\"" + key + "\": ";
  size_t begin = line.find(mark);
  if (begin == std::string::npos) return "";
  begin += mark.size();
  if (line[begin] == '"') begin++;
  return line.substr(begin, line.find_first_of("\",}", begin) - begin);
}

std::vector<Step> Transcript() {
  std::ifstream file("tests/golden/wire.jsonl");
  std::vector<Step> steps;
  for (std::string line; std::getline(file, line);) {
    steps.push_back({Field(line, "name"), Field(line, "conn"), Field(line, "op"),
                     FromHex(Field(line, "request")), FromHex(Field(line, "reply"))});
  }
  EXPECT_GT(steps.size(), 250u);
  return steps;
}

// The last frame, without its length: events of the same connection stand before it.
std::string LastFrame(const std::string& bytes) {
  std::string frame;
  jute::Decoder in(bytes);
  while (in.remaining() > 0) frame = in.NullableBuffer().bytes();
  return frame;
}

// Times of this decade, wherever they stand, become "t".
std::string WithoutTimes(const std::string& hex) {
  std::string result;
  for (size_t i = 0; i < hex.size();) {
    const std::string_view at = std::string_view(hex).substr(i, 8);
    if (at.starts_with("0000018") || at.starts_with("000001a") || at.starts_with("0000019")) {
      result += "t";
      i += 16;
    } else {
      result += hex[i++];
    }
  }
  return result;
}

class ReplicaGoldenTest : public ReplicaFixture {
 protected:
  struct Connection {
    Origin origin;
    SessionId session = 0;
    AuthIds ids{{"ip", "127.0.0.1"}};
  };

  ReplicaGoldenTest() {
    config_.tick_time_ms = 2000;
    config_.auth.super_digest = DigestOf("super:secret", "SHA1");
  }

  // The id that Java's process gave out first decides about all others, and about the passwords.
  void Begin(const std::vector<Step>& steps) {
    jute::Decoder reply(std::string_view(steps.at(0).reply).substr(12));
    first_session_ = reply.Long();
    Start();
  }

  void Connect(const Step& step) {
    if (step.reply.empty()) return;  // the shard closes it without asking
    jute::Decoder request(std::string_view(step.request).substr(16));
    SessionRequest session;
    session.timeout_ms = jute::Decoder(std::string_view(step.reply).substr(8)).Int();
    request.Int();
    session.session = request.Long();
    session.kind =
        session.session == 0 ? SessionRequest::Kind::kOpen : SessionRequest::Kind::kReattach;
    session.password = request.NullableBuffer().bytes();
    session.origin = Conn(++next_conn_);
    replica().OnSession(session, now_, effects_);
    Durable();
    const Batch batch = Publish();
    ASSERT_FALSE(batch.items.empty()) << step.name;
    const BatchItem& item = batch.items.back();
    connections_[step.conn] = Connection{session.origin, item.session, {{"ip", "127.0.0.1"}}};
    proto::ConnectResponse response;
    response.timeOut = item.timeout_ms;
    response.sessionId = item.session;
    response.passwd = batch.BodyOf(item);
    // A client that sent no readOnly byte gets none; that is the shard's business.
    const std::string reply = jute::Encoded(response).substr(0, step.reply.size() - 4);
    EXPECT_EQ(ToHex(reply), ToHex(LastFrame(step.reply))) << step.name;
    answered_++;
  }

  void Answer(const Step& step) {
    const Connection& connection = connections_[step.conn];
    jute::Decoder request(std::string_view(step.request).substr(4));
    const int32_t xid = request.Int();
    const auto op = static_cast<OpCode>(request.Int());
    auth_ = std::make_shared<const AuthIds>(connection.ids);
    const BatchItem item = Do(connection.origin, connection.session, op, request.Rest());
    std::string reply;
    jute::Encode(proto::ReplyHeader{xid, item.zxid.value, static_cast<int32_t>(item.error)}, reply);
    reply += BodyOf(item);
    EXPECT_EQ(WithoutTimes(ToHex(reply)), WithoutTimes(ToHex(LastFrame(step.reply)))) << step.name;
    answered_++;
  }

  void AddIds(const Step& step) {
    jute::Decoder request(std::string_view(step.request).substr(16));
    const std::string scheme(request.NullableBuffer().bytes());
    const std::string auth(request.NullableBuffer().bytes());
    if (request.ok()) {
      Authenticate(scheme, auth, "127.0.0.1", config_.auth, connections_[step.conn].ids);
    }
  }

  std::map<std::string, Connection> connections_;
  uint32_t next_conn_ = 0;
  int answered_ = 0;
};

TEST_F(ReplicaGoldenTest, WritesAreAnsweredWithJavasBytes) {
  const std::set<std::string> writes = {"1",  "2",  "5",  "7",  "9",  "14",
                                        "15", "16", "19", "21", "-11"};
  const std::vector<Step> steps = Transcript();
  Begin(steps);
  for (const Step& step : steps) {
    Pass(1);
    if (step.op == "connect") {
      Connect(step);
    } else if (step.op == "100") {
      AddIds(step);
    } else if (writes.contains(step.op)) {
      Answer(step);
    }
  }
  EXPECT_GT(answered_, 150);
}

}  // namespace
}  // namespace zk
