// SPDX-License-Identifier: Apache-2.0
//
// Shard: running the requests that are at the front of their connections.
#include <algorithm>
#include <cassert>

#include "common/log.h"
#include "jute/decoder.h"
#include "jute/encoder.h"
#include "server/core/shard/handshake.h"
#include "server/core/shard/reply.h"
#include "server/core/shard/shard_impl.h"

namespace zk {
namespace {

// Requests of one connection in a row, so that a pipelining client does not starve the others.
constexpr size_t kTurn = 16;
constexpr size_t kRequestHeaderSize = 8;

}  // namespace

bool Shard::RunSection(const Database& db, size_t budget, Now now, ShardEffects& out) {
  impl_->call++;
  Impl::Section section{db, now, out, budget, impl_->limits.section_bytes};
  while (!impl_->runnable.empty() && section.reads_left > 0 && section.bytes_left > 0) {
    impl_->RunConnection(impl_->runnable.front(), section);
  }
  return !impl_->runnable.empty();
}

void Shard::Impl::RunConnection(Connection& c, Section& section) {
  Unqueue(c);
  for (size_t i = 0; i < kTurn && section.reads_left > 0 && section.bytes_left > 0; i++) {
    const Next next = Examine(c);
    if (next.readiness != Next::Readiness::kReady) break;
    const size_t unsent = c.output.unsent();
    if (c.state == Connection::State::kHandshake) {
      RunHandshake(c, next, section);
    } else {
      RunRequest(c, next, section);
    }
    const size_t grown = c.output.unsent() - std::min(unsent, c.output.unsent());
    section.bytes_left -= std::min(section.bytes_left, grown);
  }
  Schedule(c);
  ResumeInput(c, section.out);
}

void Shard::Impl::RunHandshake(Connection& c, const Next& next, Section& section) {
  section.reads_left--;
  ConnectFields fields;
  if (next.front.kind != Connection::Front::Kind::kFrame ||
      !ParseConnectRequest(next.front.payload, fields)) {
    VLOG(1) << c.address << ":" << c.port << ": no ConnectRequest";
    return Close(c, section.out);
  }
  packets_received++;
  c.connect_arrived = c.ConsumeFrame(next.front);
  if (fields.last_zxid_seen > section.db.last_processed.value) {
    // The client knows more than this server: any answer would make it give its session up.
    VLOG(1) << c.address << ":" << c.port << ": has seen " << Hex(fields.last_zxid_seen)
            << ", here is " << Hex(section.db.last_processed);
    return Close(c, section.out);
  }
  c.state = Connection::State::kConnecting;
  c.known_to_core = true;
  c.opens_session = fields.session == 0;
  c.wants_read_only_byte = fields.has_read_only;
  c.timeout_ms = NegotiateTimeout(fields.timeout_ms, config);
  ShardEffects::ToCore& message = section.out.to_core.emplace_back();
  message.kind = ShardEffects::ToCore::Kind::kSession;
  message.session.kind =
      c.opens_session ? SessionRequest::Kind::kOpen : SessionRequest::Kind::kReattach;
  message.session.origin = OriginOf(c);
  message.session.session = fields.session;
  message.session.timeout_ms = c.timeout_ms;
  message.session.password = fields.password.bytes();
}

void Shard::Impl::RunRequest(Connection& c, const Next& next, Section& section) {
  if (!next.legal) {
    VLOG(1) << c.address << ":" << c.port << ": malformed input";
    section.reads_left--;
    return Close(c, section.out);
  }
  if (next.kind == RequestKind::kWrite) return SubmitWrite(c, next, section);
  assert(c.pending_writes.empty());
  switch (next.kind) {
    case RequestKind::kRead:
      if (next.op == OpCode::kSetWatches || next.op == OpCode::kSetWatches2) {
        return RunSomeSetWatches(c, next, section);
      }
      return RunOneRead(c, next, section);
    case RequestKind::kPing: {
      section.reads_left--;
      const Zxid zxid = section.db.last_processed;
      const size_t unsent = c.output.unsent();
      AppendReply(kPingXid, zxid, ErrorCode::kOk, c.output.Append());
      Appended(c, unsent, 1, section.now, section.out);
      return Answered(c, next, zxid, section);
    }
    case RequestKind::kAuth:
      return RunAuth(c, next, section);
    case RequestKind::kSasl:
      return RunSasl(c, next, section);
    default: {
      section.reads_left--;
      c.ConsumeFrame(next.front);
      packets_received++;
      const size_t unsent = c.output.unsent();
      AppendReply(next.xid, Zxid(-1), ErrorCode::kUnimplemented, c.output.Append());
      Appended(c, unsent, 1, section.now, section.out);
      return Close(c, section.out);
    }
  }
}

void Shard::Impl::SubmitWrite(Connection& c, const Next& next, Section& section) {
  ShardEffects::ToCore& message = section.out.to_core.emplace_back();
  message.kind = ShardEffects::ToCore::Kind::kRequest;
  message.request.origin = OriginOf(c);
  message.request.session = c.session;
  message.request.xid = next.xid;
  message.request.op = next.op;
  message.request.body = next.front.payload.substr(kRequestHeaderSize);
  message.request.auth = c.auth;
  const Instant arrived = c.ConsumeFrame(next.front);
  packets_received++;
  c.pending_writes.Push({arrived, next.xid, static_cast<uint32_t>(next.front.need)});
  in_flight++;
  in_flight_bytes += next.front.need;
  if (next.op == OpCode::kCloseSession) c.close_sent = true;
}

ReadContext Shard::Impl::ContextOf(const Connection& c, const Section& section) {
  ReadContext context;
  context.db = &section.db;
  context.auth_options = &config.auth;
  context.ids = c.auth.get();
  context.session = c.session;
  context.connection = c.index;
  context.watches = &watches;
  return context;
}

void Shard::Impl::RunOneRead(Connection& c, const Next& next, Section& section) {
  section.reads_left--;
  ReadContext context = ContextOf(c, section);
  std::string& output = c.output.Append();
  const size_t unsent = c.output.unsent();
  // A reply that cannot be sent is not built to its end.
  context.reply_max = output.size() + limits.output_hard;
  const Zxid zxid = section.db.last_processed;
  ReplyFrame reply(next.xid, zxid, output);
  const ReadResult result =
      RunRead(next.op, next.front.payload.substr(kRequestHeaderSize), context, output);
  if (result.error != ErrorCode::kOk && !result.keep_body) reply.DropBody();
  CountResponse(reply.Finish(result.error));
  Answered(c, next, zxid, section);
  Appended(c, unsent, 1, section.now, section.out);
}

void Shard::Impl::RunSomeSetWatches(Connection& c, const Next& next, Section& section) {
  const std::string_view body = next.front.payload.substr(kRequestHeaderSize);
  const Zxid zxid = section.db.last_processed;
  std::string& output = c.output.Append();
  const size_t unsent = c.output.unsent();
  const bool begun = c.set_watches.offset != 0;
  ErrorCode error = ErrorCode::kOk;
  size_t frames = 0;
  size_t paths = 0;
  bool done = true;
  if (!begun && !IsSetWatchesBody(next.op, body)) {
    error = ErrorCode::kMarshallingError;
  } else {
    done = RunSetWatches(next.op, body, section.reads_left, ContextOf(c, section), c.set_watches,
                         output, frames, paths);
  }
  section.reads_left -= std::clamp<size_t>(paths, 1, section.reads_left);
  if (done) {
    CountResponse(AppendReply(next.xid, zxid, error, output));
    frames++;
    Answered(c, next, zxid, section);
  }
  if (frames > 0) Appended(c, unsent, frames, section.now, section.out);
}

void Shard::Impl::RunAuth(Connection& c, const Next& next, Section& section) {
  section.reads_left--;
  jute::Decoder in(next.front.payload.substr(kRequestHeaderSize));
  in.Int();  // a type that nobody uses
  const jute::Buffer scheme = in.NullableBuffer();
  const jute::Buffer credential = in.NullableBuffer();
  if (!in.ok()) return Close(c, section.out);
  auto ids = std::make_shared<AuthIds>(*c.auth);
  const ErrorCode error =
      Authenticate(scheme.bytes(), credential.bytes(), c.address, config.auth, *ids);
  const size_t unsent = c.output.unsent();
  AppendReply(next.xid, Zxid(0), error, c.output.Append());
  c.ConsumeFrame(next.front);
  packets_received++;
  Appended(c, unsent, 1, section.now, section.out);
  if (error == ErrorCode::kOk) {
    c.auth = std::move(ids);
    return;
  }
  auth_failed++;
  VLOG(1) << c.address << ":" << c.port << ": authentication failed";
  Close(c, section.out);
}

// As a server without SASL: an empty success, and the client decides what that is worth.
void Shard::Impl::RunSasl(Connection& c, const Next& next, Section& section) {
  section.reads_left--;
  jute::Decoder in(next.front.payload.substr(kRequestHeaderSize));
  if (in.NullableBuffer().is_null()) return Close(c, section.out);
  std::string& output = c.output.Append();
  const size_t unsent = c.output.unsent();
  ReplyFrame reply(next.xid, Zxid(0), output);
  jute::Encoder(output).NullableBuffer({});
  reply.Finish(ErrorCode::kOk);
  c.ConsumeFrame(next.front);
  packets_received++;
  Appended(c, unsent, 1, section.now, section.out);
}

void Shard::Impl::Answered(Connection& c, const Next& next, Zxid zxid, Section& section) {
  const Instant arrived = c.ConsumeFrame(next.front);
  packets_received++;
  c.MarkAnswered(next.op, next.xid, zxid, arrived, section.now);
  AddLatency(latency, c.last_latency_ms);
  AddLatency(read_latency, c.last_latency_ms);
}

}  // namespace zk
