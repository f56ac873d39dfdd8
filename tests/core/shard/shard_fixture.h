// SPDX-License-Identifier: Apache-2.0
//
// ShardFixture: a Shard with the test in the place of its rim and of the core.
//
// Place: tests of server/core/shard and the fuzz target of client frames. Threads: one.
// Invariants: time stands still unless the test moves `now`; after every step the shard's
// invariants are checked; what went to the core was copied out at once, as a rim must.
#pragma once

#include <cstdint>
#include <deque>
#include <string>
#include <string_view>
#include <vector>

#include "common/proto/requests.h"
#include "common/server_config.h"
#include "jute/record.h"
#include "server/core/batch.h"
#include "server/core/shard/shard.h"
#include "server/core/tree/database.h"

namespace zk {

// A reply or a notification as a client reads it.
struct ReplyFrameView {
  int32_t xid = 0;
  int64_t zxid = 0;
  int32_t err = 0;
  std::string body;
  bool broken = false;  // not a whole frame
};

// Cuts a stream of frames; a broken one is the last.
std::vector<ReplyFrameView> ParseReplies(std::string_view bytes);
// "xid:err" or, for notifications, "event type path", one a word; for comparing sequences.
std::string Summary(std::string_view bytes);

std::string Frame(std::string_view payload);
std::string Request(int32_t xid, OpCode op, std::string_view body = {});
template <jute::Record T>
std::string Request(int32_t xid, OpCode op, const T& record) {
  return Request(xid, op, std::string_view(jute::Encoded(record)));
}
std::string ConnectBytes(int64_t last_zxid = 0, int32_t timeout_ms = 30000, SessionId session = 0,
                         std::string_view password = std::string_view("0123456789abcdef"));

// A write or a session request on its way to the core, copied.
struct CoreMessage {
  ShardEffects::ToCore::Kind kind = ShardEffects::ToCore::Kind::kRequest;
  Origin origin;
  SessionId session = 0;
  int32_t xid = 0;
  OpCode op = OpCode::kError;
  std::string body;
  AuthRef auth;
  SessionRequest::Kind session_kind = SessionRequest::Kind::kOpen;
  int32_t timeout_ms = 0;
};

class ShardFixture {
 public:
  explicit ShardFixture(ServerConfig configuration = TestConfig());
  static ServerConfig TestConfig();

  // --- the rim ---
  ConnIndex Accept(std::string_view address = "127.0.0.1", uint16_t port = 1000);
  // Feeds as much as is taken; returns how many bytes were.
  size_t Feed(ConnIndex conn, std::string_view bytes);
  // One section; what it handed to the core is copied out before anything else is called.
  void RunOnce(size_t budget);
  // Sections of `budget` reads until nothing is ready.
  void Run(size_t budget = 64);
  void Send(ConnIndex conn, std::string_view bytes) {
    Feed(conn, bytes);
    Run();
  }
  // Takes and acknowledges the output.
  std::string Take(ConnIndex conn);
  // Send, answer writes, and take what came back.
  std::string Ask(ConnIndex conn, std::string_view bytes);
  bool Closed(ConnIndex conn) const { return shard.WantsClose(conn) && shard.Output(conn).empty(); }
  void CloseSocket(ConnIndex conn);
  void Tick();
  void Advance(int64_t ms) {
    now.mono.ms += ms;
    now.wall.ms += ms;
  }

  // --- the core ---
  // Connects and answers with a session; the ConnectResponse is taken.
  ConnIndex Open(int32_t timeout_ms = 30000, std::string_view address = "127.0.0.1");
  void AnswerSession(const CoreMessage& request, int32_t timeout_ms, SessionId session);
  // Runs the oldest write against the tree and publishes the answer; false if there is none.
  bool AnswerOne();
  void AnswerAll() {
    while (AnswerOne()) Run();
  }
  // Publishes changes made by somebody else.
  void Create(std::string_view path, std::string_view data = {}, AclRef acl = OpenAcl(),
              SessionId owner = 0);
  void Delete(std::string_view path);
  void SetData(std::string_view path, std::string_view data = {});
  void Publish(Batch& batch);

  ServerConfig config;
  Database db;
  Shard shard;
  Now now{{100'000}, {1'800'000'000'000}};
  ShardEffects effects;  // of the last call, but for to_core
  std::deque<CoreMessage> writes;
  std::vector<int32_t> answered;  // xids of the writes, in the order in which they were applied
  std::deque<CoreMessage> sessions;
  std::vector<Origin> gone;
  std::vector<Touch> touches;
  size_t flushes = 0;
  std::vector<FourLetterQuery> queries;
  std::vector<ConnIndex> resumed;
  SessionId next_session = 0x100;

 private:
  // What a rim does after each call.
  void Collect();
  struct Applied {
    ErrorCode error = ErrorCode::kOk;
    std::string body;
  };
  Applied Apply(const CoreMessage& write, Batch& batch);
  ErrorCode ApplyCreate(std::string_view path, std::string_view data, const AclRef& acl,
                        SessionId owner, Batch& batch);
  ErrorCode ApplyDelete(std::string_view path, Batch& batch);
  ErrorCode ApplySetData(std::string_view path, std::string_view data, Batch& batch);
  void AddChange(Change::Kind kind, std::string_view path, const AclRef& acl,
                 const AclRef& parent_acl, Batch& batch);
};

}  // namespace zk
