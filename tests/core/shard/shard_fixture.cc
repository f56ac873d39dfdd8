// SPDX-License-Identifier: Apache-2.0
#include "tests/core/shard/shard_fixture.h"

#include <algorithm>
#include <cstring>

#include "common/path.h"
#include "jute/decoder.h"
#include "jute/encoder.h"

namespace zk {

std::vector<ReplyFrameView> ParseReplies(std::string_view bytes) {
  std::vector<ReplyFrameView> out;
  jute::Decoder in(bytes);
  while (in.remaining() > 0) {
    const jute::Buffer payload = in.NullableBuffer();
    jute::Decoder frame(payload.bytes());
    ReplyFrameView reply;
    reply.xid = frame.Int();
    reply.zxid = frame.Long();
    reply.err = frame.Int();
    reply.body = std::string(frame.Rest());
    if (!in.ok() || !frame.ok()) {
      out.push_back({0, 0, 0, {}, /*broken=*/true});
      return out;
    }
    out.push_back(reply);
  }
  return out;
}

std::string Summary(std::string_view bytes) {
  std::string out;
  for (const ReplyFrameView& reply : ParseReplies(bytes)) {
    if (!out.empty()) out += ' ';
    if (reply.broken) return out + "broken";
    if (reply.xid != kNotificationXid) {
      out += std::to_string(reply.xid) + ":" + std::to_string(reply.err);
      continue;
    }
    proto::WatcherEvent event;
    if (!jute::Decode(reply.body, event)) return out + "?";
    static constexpr const char* kNames[] = {"?", "created", "deleted", "changed", "children"};
    out += std::string(kNames[std::clamp(event.type, 0, 4)]) + "(" +
           std::string(event.path.bytes()) + ")";
  }
  return out;
}

std::string Frame(std::string_view payload) {
  std::string out;
  jute::Encoder(out).String(payload);
  return out;
}

std::string Request(int32_t xid, OpCode op, std::string_view body) {
  std::string payload;
  jute::Encoder encoder(payload);
  encoder.Int(xid);
  encoder.Int(static_cast<int32_t>(op));
  encoder.Raw(body);
  return Frame(payload);
}

std::string ConnectBytes(int64_t last_zxid, int32_t timeout_ms, SessionId session,
                         std::string_view password) {
  return Frame(jute::Encoded(
      proto::ConnectRequest{0, last_zxid, timeout_ms, session, jute::Buffer(password), false}));
}

ServerConfig ShardFixture::TestConfig() {
  ServerConfig config;
  config.tick_time_ms = 2000;
  config.four_letter_whitelist = {"*"};
  return config;
}

ShardFixture::ShardFixture(ServerConfig configuration)
    : config(std::move(configuration)), shard(Shard::Options{&config, 0, 1}) {}

void ShardFixture::Collect() {
  for (const ShardEffects::ToCore& m : effects.to_core) {
    CoreMessage copy;
    copy.kind = m.kind;
    switch (m.kind) {
      case ShardEffects::ToCore::Kind::kRequest:
        copy.origin = m.request.origin;
        copy.session = m.request.session;
        copy.xid = m.request.xid;
        copy.op = m.request.op;
        copy.body = std::string(m.request.body);
        copy.auth = m.request.auth;
        writes.push_back(copy);
        break;
      case ShardEffects::ToCore::Kind::kSession:
        copy.origin = m.session.origin;
        copy.session = m.session.session;
        copy.session_kind = m.session.kind;
        copy.timeout_ms = m.session.timeout_ms;
        copy.body = std::string(m.session.password);
        sessions.push_back(copy);
        break;
      case ShardEffects::ToCore::Kind::kOriginClosed:
        gone.push_back(m.origin);
        break;
    }
  }
  effects.to_core.clear();
  touches.insert(touches.end(), effects.touches.begin(), effects.touches.end());
  effects.touches.clear();
  flushes += effects.flush_touches ? 1 : 0;
  queries.insert(queries.end(), effects.queries.begin(), effects.queries.end());
  effects.queries.clear();
  resumed.insert(resumed.end(), effects.resume.begin(), effects.resume.end());
  effects.resume.clear();
  effects.flush_touches = false;
  shard.CheckInvariants();
}

ConnIndex ShardFixture::Accept(std::string_view address, uint16_t port) {
  return shard.OnAccepted(address, port, now);
}

size_t ShardFixture::Feed(ConnIndex conn, std::string_view bytes) {
  size_t fed = 0;
  while (fed < bytes.size()) {
    const std::span<char> space = shard.InputSpace(conn);
    if (space.empty()) break;
    const size_t size = std::min(space.size(), bytes.size() - fed);
    std::memcpy(space.data(), bytes.data() + fed, size);
    fed += size;
    shard.OnBytes(conn, size, now, effects);
    Collect();
  }
  return fed;
}

void ShardFixture::RunOnce(size_t budget) {
  shard.RunSection(db, budget, now, effects);
  Collect();
}

void ShardFixture::Run(size_t budget) {
  while (shard.HasRunnable()) RunOnce(budget);
}

std::string ShardFixture::Take(ConnIndex conn) {
  std::string out(shard.Output(conn));
  shard.OnSent(conn, out.size(), now, effects);
  Collect();
  return out;
}

std::string ShardFixture::Ask(ConnIndex conn, std::string_view bytes) {
  Send(conn, bytes);
  AnswerAll();
  return Take(conn);
}

void ShardFixture::CloseSocket(ConnIndex conn) {
  shard.OnClosed(conn, effects);
  Collect();
}

void ShardFixture::Tick() {
  shard.OnTick(now, effects);
  Collect();
}

ConnIndex ShardFixture::Open(int32_t timeout_ms, std::string_view address) {
  const ConnIndex conn = Accept(address);
  Send(conn, ConnectBytes(0, timeout_ms));
  const CoreMessage request = sessions.back();
  sessions.pop_back();
  AnswerSession(request, request.timeout_ms, next_session++);
  Take(conn);
  return conn;
}

void ShardFixture::AnswerSession(const CoreMessage& request, int32_t timeout_ms,
                                 SessionId session) {
  Batch batch;
  BatchItem item;
  item.kind = BatchItem::Kind::kSessionReply;
  item.origin = request.origin;
  item.timeout_ms = timeout_ms;
  item.session = session;
  batch.arena = "PASSWORDpassword";
  item.body_size = 16;
  item.zxid = db.last_processed;
  batch.items.push_back(item);
  Publish(batch);
}

void ShardFixture::Publish(Batch& batch) {
  batch.last_processed = db.last_processed;
  shard.OnBatch(batch, now, effects);
  Collect();
}

void ShardFixture::AddChange(Change::Kind kind, std::string_view path, const AclRef& acl,
                             const AclRef& parent_acl, Batch& batch) {
  Change change;
  change.kind = kind;
  change.path_offset = static_cast<uint32_t>(batch.arena.size());
  change.path_size = static_cast<uint32_t>(path.size());
  change.acl = acl;
  change.parent_acl = parent_acl;
  batch.arena += path;
  batch.changes.push_back(change);
}

namespace {

std::string_view ParentPath(std::string_view path) {
  const size_t slash = path.rfind('/');
  return slash == std::string_view::npos ? std::string_view("?") : path.substr(0, slash);
}

}  // namespace

ErrorCode ShardFixture::ApplyCreate(std::string_view path, std::string_view data, const AclRef& acl,
                                    SessionId owner, Batch& batch) {
  db.last_processed = db.last_processed.Next();
  if (!IsValidPath(path) || path == "/") return ErrorCode::kBadArguments;
  const Node* parent = db.tree.Find(ParentPath(path));
  if (parent == nullptr) return ErrorCode::kNoNode;
  const AclRef parent_acl = db.tree.AclOf(*parent);
  CreateArgs args;
  args.path = path;
  args.data = jute::Buffer(data);
  args.acl = acl;
  args.ephemeral_owner = owner;
  args.zxid = db.last_processed;
  args.time_ms = now.wall.ms;
  const ErrorCode error = db.tree.Create(args);
  if (error == ErrorCode::kOk) AddChange(Change::Kind::kCreated, path, acl, parent_acl, batch);
  return error;
}

ErrorCode ShardFixture::ApplyDelete(std::string_view path, Batch& batch) {
  db.last_processed = db.last_processed.Next();
  const Node* node = db.tree.Find(path);
  if (node == nullptr || node->parent() == nullptr) return ErrorCode::kNoNode;
  if (node->child_count() > 0) return ErrorCode::kNotEmpty;
  const AclRef acl = db.tree.AclOf(*node);
  const AclRef parent_acl = db.tree.AclOf(*node->parent());
  const ErrorCode error = db.tree.Delete(path, db.last_processed);
  if (error == ErrorCode::kOk) AddChange(Change::Kind::kDeleted, path, acl, parent_acl, batch);
  return error;
}

ErrorCode ShardFixture::ApplySetData(std::string_view path, std::string_view data, Batch& batch) {
  db.last_processed = db.last_processed.Next();
  const Node* node = db.tree.Find(path);
  if (node == nullptr) return ErrorCode::kNoNode;
  const AclRef acl = db.tree.AclOf(*node);
  const int32_t version = node->stat().version + 1;
  const ErrorCode error =
      db.tree.SetData(path, jute::Buffer(data), version, db.last_processed, now.wall.ms);
  if (error == ErrorCode::kOk) AddChange(Change::Kind::kDataChanged, path, acl, nullptr, batch);
  return error;
}

ShardFixture::Applied ShardFixture::Apply(const CoreMessage& write, Batch& batch) {
  if (write.op == OpCode::kCreate) {
    proto::CreateRequest request;
    if (!jute::Decode(write.body, request)) return {ErrorCode::kMarshallingError, {}};
    const SessionId owner = (request.flags & 1) != 0 ? write.session : 0;
    const ErrorCode error =
        ApplyCreate(request.path.bytes(), request.data.bytes(), OpenAcl(), owner, batch);
    return {error, jute::Encoded(proto::CreateResponse{request.path})};
  }
  if (write.op == OpCode::kDelete) {
    proto::DeleteRequest request;
    if (!jute::Decode(write.body, request)) return {ErrorCode::kMarshallingError, {}};
    return {ApplyDelete(request.path.bytes(), batch), {}};
  }
  if (write.op == OpCode::kSetData) {
    proto::SetDataRequest request;
    if (!jute::Decode(write.body, request)) return {ErrorCode::kMarshallingError, {}};
    return {ApplySetData(request.path.bytes(), request.data.bytes(), batch),
            jute::Encoded(proto::SetDataResponse{})};
  }
  if (write.op == OpCode::kSync) return {ErrorCode::kOk, write.body};
  if (write.op == OpCode::kCloseSession) return {};
  return {ErrorCode::kUnimplemented, {}};
}

bool ShardFixture::AnswerOne() {
  if (writes.empty()) return false;
  const CoreMessage write = writes.front();
  writes.pop_front();
  answered.push_back(write.xid);
  Batch batch;
  BatchItem item;
  Applied applied = Apply(write, batch);
  if (applied.error != ErrorCode::kOk) applied.body.clear();
  item.kind = write.op == OpCode::kSync ? BatchItem::Kind::kReply : BatchItem::Kind::kTxn;
  item.origin = write.origin;
  item.xid = write.xid;
  item.op = write.op;
  item.error = applied.error;
  item.zxid = db.last_processed;
  item.changes_end = static_cast<uint32_t>(batch.changes.size());
  item.body_offset = static_cast<uint32_t>(batch.arena.size());
  item.body_size = static_cast<uint32_t>(applied.body.size());
  item.close_after = write.op == OpCode::kCloseSession;
  batch.arena += applied.body;
  batch.items.push_back(item);
  Publish(batch);
  return true;
}

void ShardFixture::Create(std::string_view path, std::string_view data, AclRef acl,
                          SessionId owner) {
  Batch batch;
  ApplyCreate(path, data, acl, owner, batch);
  batch.items.push_back({});
  batch.items.back().changes_end = static_cast<uint32_t>(batch.changes.size());
  Publish(batch);
}

void ShardFixture::Delete(std::string_view path) {
  Batch batch;
  ApplyDelete(path, batch);
  batch.items.push_back({});
  batch.items.back().changes_end = static_cast<uint32_t>(batch.changes.size());
  Publish(batch);
}

void ShardFixture::SetData(std::string_view path, std::string_view data) {
  Batch batch;
  ApplySetData(path, data, batch);
  batch.items.push_back({});
  batch.items.back().changes_end = static_cast<uint32_t>(batch.changes.size());
  Publish(batch);
}

}  // namespace zk
