// SPDX-License-Identifier: Apache-2.0
//
// Shard and Replica together against the transcript of Java 3.8.0: every reply and every event,
// byte for byte, session ids and passwords included. Left out: times, and the order of sets.
#include <algorithm>
#include <cstring>
#include <fstream>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "gtest/gtest.h"
#include "jute/decoder.h"
#include "server/core/replica.h"
#include "server/core/shard/shard.h"

namespace zk {
namespace {

constexpr char kTranscript[] = "tests/golden/wire.jsonl";

std::string FromHex(std::string_view hex) {
  const auto digit = [](char c) { return c <= '9' ? c - '0' : c - 'a' + 10; };
  std::string out;
  for (size_t i = 0; i + 1 < hex.size(); i += 2) {
    out += static_cast<char>(digit(hex[i]) * 16 + digit(hex[i + 1]));
  }
  return out;
}

struct Step {
  std::string name, conn, op, request, reply;
  std::map<std::string, std::string> events;
  bool closed = false;
};

// One line as json.dumps writes it, of strings without escapes.
class Line {
 public:
  explicit Line(std::string text) : text_(std::move(text)) {}
  // The value behind "key": without quotes; empty if there is none.
  std::string Value(const std::string& key) const {
    const std::string head = "\"" + key + "\": ";
    size_t at = text_.find(head);
    if (at == std::string::npos) return "";
    at += head.size();
    if (text_[at] == '"') return text_.substr(at + 1, text_.find('"', at + 1) - at - 1);
    return text_.substr(at, text_.find_first_of(",}", at) - at);
  }
  std::map<std::string, std::string> Events() const {
    std::map<std::string, std::string> out;
    const std::string head = "\"events\": {";
    size_t at = text_.find(head);
    if (at == std::string::npos) return out;
    at += head.size();
    while (text_[at] != '}') {
      const size_t key_end = text_.find('"', at + 1);
      const size_t value = text_.find('"', key_end + 1);
      const size_t value_end = text_.find('"', value + 1);
      out[text_.substr(at + 1, key_end - at - 1)] =
          FromHex(text_.substr(value + 1, value_end - value - 1));
      at = text_.find_first_of("\"}", value_end + 1);
    }
    return out;
  }

 private:
  std::string text_;
};

std::vector<Step> ReadTranscript() {
  std::vector<Step> steps;
  std::ifstream file(kTranscript);
  for (std::string text; std::getline(file, text);) {
    const Line line(text);
    steps.push_back({line.Value("name"), line.Value("conn"), line.Value("op"),
                     FromHex(line.Value("request")), FromHex(line.Value("reply")), line.Events(),
                     line.Value("closed") == "true"});
  }
  return steps;
}

// Every eight bytes that are a time of this decade in milliseconds become zero.
std::string WithoutTimes(std::string bytes) {
  for (size_t i = 0; i + 8 <= bytes.size(); i++) {
    const int64_t value = jute::Decoder(std::string_view(bytes).substr(i, 8)).Long();
    if (value > 1'700'000'000'000 && value < 2'000'000'000'000) bytes.replace(i, 8, 8, '\0');
  }
  return bytes;
}

bool IsUnordered(const std::string& op) {
  static const std::set<std::string> kOps = {"6", "8", "12", "22", "103", "107"};
  return kOps.contains(op);
}

// The same, or the same in another order where order means nothing.
bool Alike(const std::string& op, std::string got, std::string wanted) {
  got = WithoutTimes(got);
  wanted = WithoutTimes(wanted);
  if (got == wanted || !IsUnordered(op) || got.size() != wanted.size() || got.size() < 20) {
    return got == wanted;
  }
  if (got.substr(0, 20) != wanted.substr(0, 20)) return false;
  std::sort(got.begin() + 20, got.end());
  std::sort(wanted.begin() + 20, wanted.end());
  return got == wanted;
}

std::string ToHex(std::string_view bytes) {
  std::string out;
  for (const char c : bytes) {
    out += "0123456789abcdef"[static_cast<uint8_t>(c) >> 4];
    out += "0123456789abcdef"[c & 15];
  }
  return out;
}

// A server on one loop whose disk is always done.
class Server {
 public:
  explicit Server(SessionId first_session)
      : replica_(Replica::Options{&config_, 1, first_session, /*strict=*/true},
                 std::make_unique<Database>(TreeOptions{.extended_types = true}), Random(1), now_),
        shard_(Shard::Options{&config_, 0, 1}) {}

  void Send(const std::string& label, std::string_view bytes) {
    if (!connections_.contains(label)) {
      connections_[label] = shard_.OnAccepted("127.0.0.1", 1000, now_);
    }
    const ConnIndex conn = connections_[label];
    while (!bytes.empty()) {
      const std::span<char> space = shard_.InputSpace(conn);
      if (space.empty()) break;
      const size_t size = std::min(space.size(), bytes.size());
      std::memcpy(space.data(), bytes.data(), size);
      bytes.remove_prefix(size);
      shard_.OnBytes(conn, size, now_, shard_effects_);
    }
    Settle();
  }
  std::string Take(const std::string& label) {
    const ConnIndex conn = connections_.at(label);
    std::string out(shard_.Output(conn));
    shard_.OnSent(conn, out.size(), now_, shard_effects_);
    Settle();
    return out;
  }
  bool Ended(const std::string& label) const {
    const ConnIndex conn = connections_.at(label);
    return shard_.WantsClose(conn) && shard_.Output(conn).empty();
  }
  void Drop(const std::string& label) {
    shard_.OnClosed(connections_.at(label), shard_effects_);
    connections_.erase(label);
    Settle();
  }
  std::vector<std::string> Labels() const {
    std::vector<std::string> out;
    for (const auto& [label, conn] : connections_) out.push_back(label);
    return out;
  }

 private:
  static ServerConfig Config() {
    ServerConfig config;
    config.tick_time_ms = 2000;
    config.max_session_timeout_ms = 60000;
    config.extended_types = true;
    config.auth.super_digest = DigestOf("super:secret", "SHA1");
    return config;
  }

  void Settle() {
    for (bool more = true; more;) {
      more = shard_.RunSection(replica_.db(), 64, now_, shard_effects_);
      for (const ShardEffects::ToCore& m : shard_effects_.to_core) {
        if (m.kind == ShardEffects::ToCore::Kind::kRequest) {
          replica_.OnClientRequest(m.request, now_, effects_);
        } else if (m.kind == ShardEffects::ToCore::Kind::kSession) {
          replica_.OnSession(m.session, now_, effects_);
        } else {
          replica_.OnOriginClosed(m.origin);
        }
      }
      shard_effects_.Clear();
      if (!effects_.disk.empty()) replica_.OnDiskDone(effects_.disk.back().seq);
      EXPECT_EQ(effects_.halt, "");
      effects_.Clear();
      while (replica_.HasPublishable()) {
        Batch batch;
        replica_.Publish(64, now_, effects_, batch);
        shard_.OnBatch(batch, now_, shard_effects_);
        more = true;
      }
      shard_.CheckInvariants();
      replica_.CheckInvariants();
    }
  }

  const ServerConfig config_ = Config();
  Now now_{{1'000'000}, {1'750'000'000'000}};
  Replica replica_;
  Shard shard_;
  Effects effects_;
  ShardEffects shard_effects_;
  std::map<std::string, ConnIndex> connections_;
};

// The id in the first ConnectResponse: ours begin there too, and count alike.
SessionId FirstSession(const std::vector<Step>& steps) {
  jute::Decoder in(std::string_view(steps.at(0).reply).substr(12));
  return in.Long();
}

TEST(GoldenWire, EveryAnswerIsJavas) {
  const std::vector<Step> steps = ReadTranscript();
  ASSERT_GT(steps.size(), 250u) << "no transcript at " << kTranscript;
  Server server(FirstSession(steps));
  for (const Step& step : steps) {
    SCOPED_TRACE(step.name);
    if (step.op == "lose") {
      server.Drop(step.conn);
      continue;
    }
    server.Send(step.conn, step.request);
    const std::string reply = server.Take(step.conn);
    EXPECT_TRUE(Alike(step.op, reply, step.reply))
        << "got    " << ToHex(reply) << "\nwanted " << ToHex(step.reply);
    EXPECT_EQ(server.Ended(step.conn), step.closed);
    for (const auto& [label, events] : step.events) {
      EXPECT_EQ(ToHex(server.Take(label)), ToHex(events)) << label;
    }
    // Nobody else was told anything.
    for (const std::string& label : server.Labels()) EXPECT_EQ(ToHex(server.Take(label)), "");
    for (const std::string& label : server.Labels()) {
      if (server.Ended(label)) server.Drop(label);
    }
  }
}

}  // namespace
}  // namespace zk
