// SPDX-License-Identifier: Apache-2.0
//
// The four creates. The operation decides what kind of node is made, the flags whether its name
// gets a number; where both disagree (Java's tree and its digest then differ, or the server dies) a
// TTL flag or a missing one is refused, and anything else follows the operation.
#include <memory>
#include <utility>

#include "common/path.h"
#include "common/proto/requests.h"
#include "jute/encoder.h"
#include "jute/record.h"
#include "server/core/pipeline/acl_codec.h"
#include "server/core/pipeline/prep.h"
#include "server/core/tree/owner.h"

namespace zk {

using jute::Bytes;
using jute::Decoder;
using jute::Encoder;

struct Prep::CreateCall {
  OpCode op = OpCode::kCreate;
  jute::Buffer path;
  jute::Buffer data;
  bool open_acl = false;
  jute::Vector<proto::Acl> acl;  // if not open_acl
  int32_t flags = 0;
  int64_t ttl_ms = -1;

  CreateMode mode() const { return static_cast<CreateMode>(flags); }
};

bool Prep::DecodeCreate(OpCode op, Decoder& in, CreateCall& out) {
  out.op = op;
  out.path = in.NullableBuffer();
  out.data = in.NullableBuffer();
  out.open_acl = SkipOpenAcl(in);
  if (!out.open_acl) jute::DecodeField(out.acl, in);
  out.flags = in.Int();
  if (op == OpCode::kCreateTtl) out.ttl_ms = in.Long();
  return in.ok();
}

ErrorCode Prep::CheckModeAndTtl(const CreateCall& call) const {
  if (!IsCreateMode(call.flags)) return ErrorCode::kBadArguments;
  if (!IsTtl(call.mode())) {
    // A TTL node without a TTL in its flags would be refused by every server that applies it.
    const bool wrong = call.ttl_ms >= 0 || call.op == OpCode::kCreateTtl;
    return wrong ? ErrorCode::kBadArguments : ErrorCode::kOk;
  }
  if (!config_.extended_types) return ErrorCode::kUnimplemented;
  const bool fits = call.ttl_ms > 0 && call.ttl_ms <= config_.limits.max_ttl_ms;
  return fits ? ErrorCode::kOk : ErrorCode::kBadArguments;
}

int64_t Prep::OwnerOf(const PrepRequest& r, const CreateCall& call) const {
  if (call.op == OpCode::kCreateContainer) return kContainerOwner;
  if (call.op == OpCode::kCreateTtl) return TtlOwner(call.ttl_ms);
  return IsEphemeral(call.mode()) ? r.session : 0;
}

ErrorCode Prep::Create(const PrepRequest& r, OpCode op, Bytes body, std::string& out) {
  CreateCall call;
  Decoder in(body);
  if (!DecodeCreate(op, in, call)) return ErrorCode::kMarshallingError;
  const ErrorCode mode = CheckModeAndTtl(call);
  if (mode != ErrorCode::kOk) return mode;
  if (r.session_error != ErrorCode::kOk) return r.session_error;
  if (call.path.is_null()) return ErrorCode::kMarshallingError;
  if (!HasSlashAndNoNul(call.path.bytes())) return ErrorCode::kBadArguments;
  if (call.open_acl) return CreateIn(r, call, OpenAcl(), out);
  AclList list;
  const ErrorCode fixup = FixupAcl(call.acl, *r.auth, config_.auth, list);
  if (fixup != ErrorCode::kOk) return fixup;
  return CreateIn(r, call, std::make_shared<const AclList>(std::move(list)), out);
}

ErrorCode Prep::CreateIn(const PrepRequest& r, const CreateCall& call, const AclRef& acl,
                         std::string& out) {
  std::string_view path = call.path.bytes();
  const std::string_view parent_path = ParentOf(path);
  const Overlay::Ref parent = overlay_.Find(parent_path);
  if (!parent.exists()) return ErrorCode::kNoNode;
  if (!Allowed(parent.acl(), *r.auth, kPermCreate)) return ErrorCode::kNoAuth;
  if (IsSequential(call.mode())) {
    sequential_path_.assign(path);
    sequential_path_ += SequenceSuffix(parent.stat().cversion);
    path = sequential_path_;
  }
  if (!IsValidPath(path)) return ErrorCode::kBadArguments;
  const Overlay::Ref node = overlay_.Find(path);
  if (node.exists()) return ErrorCode::kNodeExists;
  if (IsEphemeralOwner(parent.stat().ephemeral_owner)) return ErrorCode::kNoChildrenForEphemerals;
  const ErrorCode quota = CheckQuota(r, path, 1, static_cast<int64_t>(call.data.size()));
  if (quota != ErrorCode::kOk) return quota;
  const auto cversion =
      static_cast<int32_t>(static_cast<uint32_t>(parent.stat().cversion) + 1);  // wraps as Java's
  const int64_t owner = OwnerOf(r, call);

  Encoder encoder(out);
  encoder.String(path);
  encoder.NullableBuffer(call.data);
  WriteAcl(acl, encoder);
  if (call.op == OpCode::kCreate || call.op == OpCode::kCreate2) encoder.Bool(owner != 0);
  encoder.Int(cversion);
  if (call.op == OpCode::kCreateTtl) encoder.Long(call.ttl_ms);

  overlay_.Create(parent_path, parent, node,
                  {.path = path,
                   .data = call.data,
                   .acl = acl,
                   .ephemeral_owner = owner,
                   .parent_cversion = cversion,
                   .time_ms = r.time_ms});
  return ErrorCode::kOk;
}

ErrorCode Prep::EagerCheck(OpCode op, Bytes body, const AuthIds& auth) const {
  jute::Buffer path;
  jute::Vector<proto::Acl> acl;
  bool open_acl = true;
  int32_t perm = 0;
  bool of_parent = false;
  Decoder in(body);
  CreateCall call;
  switch (op) {
    case OpCode::kCreate:
    case OpCode::kCreate2:
      DecodeCreate(op, in, call);
      path = call.path;
      open_acl = call.open_acl;
      acl = std::move(call.acl);
      perm = kPermCreate;
      of_parent = true;
      break;
    case OpCode::kDelete:
      path = in.NullableBuffer();
      perm = kPermDelete;
      of_parent = true;
      break;
    case OpCode::kSetData:
      path = in.NullableBuffer();
      perm = kPermWrite;
      break;
    case OpCode::kSetAcl:
      path = in.NullableBuffer();
      open_acl = SkipOpenAcl(in);
      if (!open_acl) jute::DecodeField(acl, in);
      perm = kPermAdmin;
      break;
    default:
      return ErrorCode::kOk;
  }
  if (!in.ok() || path.is_null()) return ErrorCode::kOk;
  const Node* node = tree_.Find(of_parent ? ParentOf(path.bytes()) : path.bytes());
  if (node == nullptr) return ErrorCode::kOk;
  if (!Allowed(tree_.AclOf(*node), auth, perm)) return ErrorCode::kNoAuth;
  AclList fixed;
  return open_acl ? ErrorCode::kOk : FixupAcl(acl, auth, config_.auth, fixed);
}

}  // namespace zk
