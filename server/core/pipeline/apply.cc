// SPDX-License-Identifier: Apache-2.0
#include "server/core/pipeline/apply.h"

#include <algorithm>
#include <utility>

#include "common/proto/requests.h"
#include "common/proto/txn.h"
#include "jute/decoder.h"
#include "jute/encoder.h"
#include "jute/record.h"
#include "server/core/pipeline/acl_codec.h"
#include "server/core/tree/owner.h"

namespace zk {
namespace {

using jute::Bytes;
using jute::Decoder;
using jute::Encoder;

// One transaction on its way into the database.
class Applier {
 public:
  Applier(Database& db, const proto::TxnHeader& header, ApplySink* sink)
      : db_(db), header_(header), sink_(sink) {
    if (sink_ != nullptr) sink_->scratch.clear();
  }

  ErrorCode Apply(OpCode type, Bytes body);
  bool tolerated() const { return tolerated_; }

 private:
  ErrorCode Create(OpCode type, Bytes body);
  ErrorCode Delete(std::string_view path);
  ErrorCode SetData(OpCode type, Bytes body);
  ErrorCode SetAcl(Bytes body);
  ErrorCode CloseSession(Bytes body);
  ErrorCode Multi(Bytes body);
  void MultiPart(OpCode type, Bytes body);
  void FailedMulti(Decoder parts, int32_t count);

  // In a multi a part's result has a header, which it writes itself.
  bool replying() const { return sink_ != nullptr && sink_->build_reply; }
  Encoder reply() { return Encoder(sink_->scratch); }
  void PartHeader(OpCode type, ErrorCode error = ErrorCode::kOk);
  void ReplyStat(const Node& node);
  void ReplyCreate(OpCode type, std::string_view path, const Node& node);

  bool watched() const { return sink_ != nullptr && sink_->build_changes; }
  void AddChange(Change::Kind kind, std::string_view path, AclRef acl, AclRef parent_acl);
  // For a node that is there after the change.
  void AddChangeOf(Change::Kind kind, std::string_view path, const Node& node);
  // The node after a change that went well; null if nobody wants to hear of it.
  const Node* Changed(std::string_view path) const {
    return watched() || replying() ? db_.tree.Find(path) : nullptr;
  }

  ErrorCode Note(ErrorCode error) {
    if (error != ErrorCode::kOk) tolerated_ = true;
    return error;
  }

  Database& db_;
  const proto::TxnHeader& header_;
  ApplySink* sink_;
  bool in_multi_ = false;
  bool tolerated_ = false;
};

ErrorCode Applier::Apply(OpCode type, Bytes body) {
  switch (type) {
    case OpCode::kCreate:
    case OpCode::kCreate2:
    case OpCode::kCreateContainer:
    case OpCode::kCreateTtl:
      return Note(Create(type, body));
    case OpCode::kDelete:
    case OpCode::kDeleteContainer:
      return Note(Delete(Decoder(body).NullableBuffer().bytes()));
    case OpCode::kSetData:
    case OpCode::kReconfig:
      return Note(SetData(type, body));
    case OpCode::kSetAcl:
      return Note(SetAcl(body));
    case OpCode::kCreateSession:
      db_.sessions[header_.clientId] = Decoder(body).Int();
      return ErrorCode::kOk;
    case OpCode::kCloseSession:
      return CloseSession(body);
    case OpCode::kError:
      return static_cast<ErrorCode>(Decoder(body).Int());
    case OpCode::kMulti:
      return Multi(body);
    default:
      return ErrorCode::kOk;  // DecodeTxn() lets no other type through
  }
}

ErrorCode Applier::Create(OpCode type, Bytes body) {
  Decoder in(body);
  CreateArgs args;
  args.path = in.NullableBuffer().bytes();
  args.data = in.NullableBuffer();
  args.acl = ReadAcl(in);
  args.zxid = Zxid(header_.zxid);
  args.time_ms = header_.time;
  args.fix_parent_of_existing = type == OpCode::kCreate;
  if (type == OpCode::kCreate || type == OpCode::kCreate2) {
    if (in.Bool()) args.ephemeral_owner = header_.clientId;
  } else if (type == OpCode::kCreateContainer) {
    args.ephemeral_owner = kContainerOwner;
  }
  // A body of release 3.3 ends here: -1 stands for the parent's next.
  args.parent_cversion = in.remaining() >= 4 ? in.Int() : -1;
  if (type == OpCode::kCreateTtl) {
    args.ephemeral_owner = TtlOwner(std::clamp<int64_t>(in.Long(), 0, kTtlMaxMs));
  }
  const ErrorCode error = db_.tree.Create(args);
  if (error != ErrorCode::kOk) return error;
  if (const Node* node = Changed(args.path)) {
    if (watched()) AddChangeOf(Change::Kind::kCreated, args.path, *node);
    if (replying()) ReplyCreate(type, args.path, *node);
  }
  return ErrorCode::kOk;
}

ErrorCode Applier::Delete(std::string_view path) {
  if (!watched()) return db_.tree.Delete(path, Zxid(header_.zxid));
  const Node* node = db_.tree.Find(path);
  AclRef acl;
  AclRef parent_acl;
  if (node != nullptr && node->parent() != nullptr) {
    acl = db_.tree.AclOf(*node);
    parent_acl = db_.tree.AclOf(*node->parent());
  }
  const ErrorCode error = db_.tree.Delete(path, Zxid(header_.zxid));
  if (error == ErrorCode::kOk) {
    AddChange(Change::Kind::kDeleted, path, std::move(acl), std::move(parent_acl));
  }
  return error;
}

ErrorCode Applier::SetData(OpCode type, Bytes body) {
  Decoder in(body);
  const std::string_view path = in.NullableBuffer().bytes();
  const jute::Buffer data = in.NullableBuffer();
  const int32_t version = in.Int();
  const ErrorCode error = db_.tree.SetData(path, data, version, Zxid(header_.zxid), header_.time);
  if (error != ErrorCode::kOk) return error;
  if (const Node* node = Changed(path)) {
    if (watched()) AddChangeOf(Change::Kind::kDataChanged, path, *node);
    if (replying()) {
      if (type == OpCode::kReconfig) reply().NullableBuffer(data);
      ReplyStat(*node);
    }
  }
  return ErrorCode::kOk;
}

ErrorCode Applier::SetAcl(Bytes body) {
  Decoder in(body);
  const std::string_view path = in.NullableBuffer().bytes();
  const AclRef acl = ReadAcl(in);
  const ErrorCode error = db_.tree.SetAcl(path, acl, in.Int());
  if (error == ErrorCode::kOk && replying()) ReplyStat(*db_.tree.Find(path));
  return error;
}

// First what the transaction lists, then what else this tree still has of the session: releases
// before 3.6 list nothing.
ErrorCode Applier::CloseSession(Bytes body) {
  db_.sessions.erase(header_.clientId);
  Decoder in(body);
  const int32_t count = body.empty() ? 0 : in.BoundedCount(4);
  for (int32_t i = 0; i < count; i++) Note(Delete(in.NullableBuffer().bytes()));
  std::vector<std::string> rest;
  for (const std::string_view path : db_.tree.EphemeralsOf(header_.clientId)) {
    rest.emplace_back(path);
  }
  for (const std::string& path : rest) Note(Delete(path));
  return ErrorCode::kOk;
}

ErrorCode Applier::Multi(Bytes body) {
  in_multi_ = true;
  Decoder parts(body);
  const int32_t count = parts.BoundedCount(8);
  bool failed = false;
  Decoder scan = parts;
  for (int32_t i = 0; i < count; i++) {
    failed |= static_cast<OpCode>(scan.Int()) == OpCode::kError;
    scan.NullableBuffer();
  }
  if (failed) {
    FailedMulti(parts, count);
  } else {
    for (int32_t i = 0; i < count; i++) {
      const auto type = static_cast<OpCode>(parts.Int());
      MultiPart(type, parts.NullableBuffer().bytes());
    }
  }
  if (replying()) {
    Encoder out = reply();
    out.Int(-1);
    out.Bool(true);
    out.Int(-1);
  }
  return ErrorCode::kOk;
}

void Applier::MultiPart(OpCode type, Bytes body) {
  switch (type) {
    case OpCode::kDelete:
    case OpCode::kCheck:
    case OpCode::kSetData:
      if (replying()) PartHeader(type);
      break;
    case OpCode::kCreate:
    case OpCode::kCreate2:
    case OpCode::kCreateContainer:
    case OpCode::kCreateTtl:
      break;  // ReplyCreate() does it
    default:
      Note(ErrorCode::kUnimplemented);  // no server writes it
      return;
  }
  Apply(type, body);
}

// Nothing happens: parts before the refused one are reported as fine, parts behind it as not tried.
void Applier::FailedMulti(Decoder parts, int32_t count) {
  if (!replying()) return;
  bool past = false;
  for (int32_t i = 0; i < count; i++) {
    const bool refused = static_cast<OpCode>(parts.Int()) == OpCode::kError;
    const Bytes body = parts.NullableBuffer().bytes();
    auto error = past ? ErrorCode::kRuntimeInconsistency : ErrorCode::kOk;
    if (refused) error = static_cast<ErrorCode>(Decoder(body).Int());
    past |= refused;
    PartHeader(OpCode::kError, error);
    reply().Int(static_cast<int32_t>(error));
  }
}

void Applier::PartHeader(OpCode type, ErrorCode error) {
  Encoder out = reply();
  out.Int(static_cast<int32_t>(type));
  out.Bool(false);
  out.Int(static_cast<int32_t>(error));
}

void Applier::ReplyStat(const Node& node) {
  const TreeOptions& options = db_.tree.options();
  jute::Encode(node.ClientStat(options.extended_types, options.emulate_353_ttl), sink_->scratch);
}

void Applier::ReplyCreate(OpCode type, std::string_view path, const Node& node) {
  const bool with_stat = in_multi_ ? type != OpCode::kCreate : sink_->request_op != OpCode::kCreate;
  if (in_multi_) PartHeader(with_stat ? OpCode::kCreate2 : OpCode::kCreate);
  reply().String(path);
  if (with_stat) ReplyStat(node);
}

void Applier::AddChange(Change::Kind kind, std::string_view path, AclRef acl, AclRef parent_acl) {
  Batch& batch = *sink_->batch;
  batch.changes.push_back({.kind = kind,
                           .path_offset = static_cast<uint32_t>(batch.arena.size()),
                           .path_size = static_cast<uint32_t>(path.size()),
                           .acl = std::move(acl),
                           .parent_acl = std::move(parent_acl)});
  batch.arena.append(path);
}

void Applier::AddChangeOf(Change::Kind kind, std::string_view path, const Node& node) {
  AclRef parent_acl;
  if (kind == Change::Kind::kCreated) parent_acl = db_.tree.AclOf(*node.parent());
  AddChange(kind, path, db_.tree.AclOf(node), std::move(parent_acl));
}

void CompareDigest(Database& db, const DecodedTxn& txn, ApplyResult& result) {
  if (!db.tree.options().digest) return;
  uint64_t expected;
  if (db.loaded_digest.zxid != Zxid()) {
    // The snapshot was taken while transactions up to that one went on: only there its digest, and
    // from there on the transactions' ones, say something.
    if (txn.zxid() < db.loaded_digest.zxid) return;
    const bool there = txn.zxid() == db.loaded_digest.zxid;
    expected = db.loaded_digest.digest;
    db.loaded_digest = {};
    if (!there) return;
  } else {
    if (!txn.digest || txn.digest->version != kDigestVersion) return;
    expected = static_cast<uint64_t>(txn.digest->treeDigest);
  }
  result.expected_digest = expected;
  result.actual_digest = db.tree.digest();
  result.digest = expected == result.actual_digest ? DigestCheck::kEqual : DigestCheck::kMismatch;
}

}  // namespace

ApplyResult ApplyTxn(Database& db, const DecodedTxn& txn, ApplySink* sink) {
  ApplyResult result;
  Applier applier(db, txn.header, sink);
  result.error = applier.Apply(txn.type(), txn.body);
  result.tolerated = applier.tolerated();
  db.last_processed = std::max(db.last_processed, txn.zxid());
  CompareDigest(db, txn, result);
  if (sink != nullptr) {
    std::string& arena = sink->batch->arena;
    result.body_offset = static_cast<uint32_t>(arena.size());
    // A refused request is answered by its header alone.
    if (result.error == ErrorCode::kOk) {
      result.body_size = static_cast<uint32_t>(sink->scratch.size());
      arena.append(sink->scratch);
    }
  }
  return result;
}

}  // namespace zk
