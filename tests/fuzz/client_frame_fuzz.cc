// SPDX-License-Identifier: Apache-2.0
//
// Any bytes in any pieces into a Shard whose core answers when the input says so.
//
// The input is a list of commands: a byte, and what it takes. What must hold: no crash, the shard's
// invariants after each step, whole frames out, and memory in proportion to what came in.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "common/log.h"
#include "tests/core/shard/shard_fixture.h"

namespace zk {
namespace {

constexpr size_t kConnections = 3;

class Player {
 public:
  explicit Player(std::string_view input) : input_(input), fixture_(Config(Byte())) {
    fixture_.Create("/a", "data");
    for (size_t i = 0; i < kConnections; i++) {
      connections_[i] = i == 0 ? fixture_.Accept() : fixture_.Open();
      connected_[i] = i != 0;
    }
  }

  void Play() {
    while (!input_.empty()) Step();
    fixture_.Run();
    fixture_.AnswerAll();
    for (size_t i = 0; i < kConnections; i++) Drain(i, SIZE_MAX);
  }

 private:
  static ServerConfig Config(uint8_t choice) {
    ServerConfig config = ShardFixture::TestConfig();
    config.limits.global_outstanding = 1 + choice % 8;
    config.limits.read_chunk = size_t{64} << (choice % 4);
    config.limits.output_soft = size_t{256} << (choice % 5);
    config.limits.output_hard = 1 << 16;
    config.limits.jute_max_buffer = 4096;
    return config;
  }

  uint8_t Byte() {
    if (input_.empty()) return 0;
    const auto value = static_cast<uint8_t>(input_[0]);
    input_.remove_prefix(1);
    return value;
  }
  std::string_view Bytes(size_t size) {
    const std::string_view bytes = input_.substr(0, size);
    input_.remove_prefix(bytes.size());
    return bytes;
  }

  void Step() {
    const uint8_t command = Byte();
    const size_t which = command / 16 % kConnections;
    const ConnIndex conn = connections_[which];
    switch (command % 16) {
      case 0:
      case 1:
        fixture_.Feed(conn, Bytes(Byte()));
        break;
      case 2:
      case 3: {  // a well-framed request with a body of anything
        const auto op = static_cast<OpCode>(static_cast<int8_t>(Byte()));
        fixture_.Feed(conn, Request(Byte(), op, Bytes(Byte())));
        break;
      }
      case 4:
        fixture_.Feed(conn, ConnectBytes(0, 5000, Byte() % 2));
        break;
      case 5:
        fixture_.RunOnce(1 + Byte() % 8);
        break;
      case 6:
        fixture_.Run();
        break;
      case 7:
        fixture_.AnswerOne();
        break;
      case 8:
        AnswerSession();
        break;
      case 9:
        fixture_.Create("/a/" + std::to_string(Byte() % 8));
        break;
      case 10:
        fixture_.Delete("/a/" + std::to_string(Byte() % 8));
        break;
      case 11:
        fixture_.SetData("/a", Bytes(Byte()));
        break;
      case 12:
        fixture_.Advance(Byte() * 40);
        fixture_.Tick();
        break;
      case 13:
        Drain(which, Byte());
        break;
      case 14:
        Reconnect(which);
        break;
      case 15:
        AnswerQuery();
        break;
    }
  }

  void AnswerSession() {
    if (fixture_.sessions.empty()) return;
    const CoreMessage request = fixture_.sessions.front();
    fixture_.sessions.pop_front();
    fixture_.AnswerSession(request, Byte() % 4 == 0 ? 0 : request.timeout_ms, 77);
  }

  void AnswerQuery() {
    if (fixture_.queries.empty()) return;
    fixture_.shard.OnQueryAnswer(fixture_.queries.back().origin, "text", fixture_.effects);
    fixture_.queries.pop_back();
  }

  void Reconnect(size_t which) {
    fixture_.CloseSocket(connections_[which]);
    connections_[which] = fixture_.Open();
    connected_[which] = true;
    received_[which].clear();
  }

  void Drain(size_t which, size_t most) {
    const std::string_view output = fixture_.shard.Output(connections_[which]);
    const size_t size = std::min(most, output.size());
    if (connected_[which]) received_[which] += output.substr(0, size);
    fixture_.shard.OnSent(connections_[which], size, fixture_.now, fixture_.effects);
    if (most != SIZE_MAX || !connected_[which]) return;
    // A connection that was cut at the hard cap may end inside a frame, no other.
    const auto replies = ParseReplies(received_[which]);
    const bool broken = !replies.empty() && replies.back().broken;
    CHECK(!broken || fixture_.shard.WantsClose(connections_[which]));
  }

  std::string_view input_;
  ShardFixture fixture_;
  ConnIndex connections_[kConnections] = {};
  bool connected_[kConnections] = {};  // its output is frames from the start
  std::string received_[kConnections];
};

}  // namespace
}  // namespace zk

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  FLAGS_minloglevel = 3;
  zk::Player({reinterpret_cast<const char*>(data), size}).Play();
  return 0;
}
