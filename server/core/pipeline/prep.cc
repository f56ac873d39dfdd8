// SPDX-License-Identifier: Apache-2.0
#include "server/core/pipeline/prep.h"

#include "common/log.h"
#include "common/path.h"
#include "common/proto/requests.h"
#include "common/proto/txn.h"
#include "jute/encoder.h"
#include "jute/record.h"
#include "server/core/pipeline/acl_codec.h"
#include "server/core/pipeline/txn_codec.h"
#include "server/core/tree/owner.h"

namespace zk {
namespace {

using jute::Bytes;
using jute::Decoder;
using jute::Encoder;

constexpr int64_t kQuotaSilenceMs = 60'000;  // between two lines about quotas

void WriteHeader(const PrepRequest& r, OpCode type, std::string& out) {
  jute::Encode(proto::TxnHeader{.clientId = r.session,
                                .cxid = r.cxid,
                                .zxid = r.zxid.value,
                                .time = r.time_ms,
                                .type = static_cast<int32_t>(type)},
               out);
}

// Nodes that delete refuses whatever their ACL says.
bool IsBuiltIn(std::string_view path) {
  return path == "/" || path == "/zookeeper" || path == "/zookeeper/quota" ||
         path == "/zookeeper/config";
}

// What delete demands of a path; it looks at its syntax no further.
bool IsDeletable(std::string_view path) { return HasSlashAndNoNul(path) && !IsBuiltIn(path); }

bool VersionMatches(int32_t expected, int32_t current) {
  return expected == -1 || expected == current;
}

// Versions wrap as Java's do.
int32_t NextVersion(int32_t version) {
  return static_cast<int32_t>(static_cast<uint32_t>(version) + 1);
}

// Java's path validation fails on a null path with the same error as on a bad one.
bool IsValid(const jute::String& path) { return !path.is_null() && IsValidPath(path.bytes()); }

}  // namespace

Prep::Prep(const DataTree& tree, Overlay& overlay, const ServerConfig& config)
    : tree_(tree), overlay_(overlay), config_(config) {}

bool Prep::Allowed(const AclRef& acl, const AuthIds& auth, int32_t perm) const {
  return acl == OpenAcl() || CheckAcl(*acl, auth, perm, config_.auth);
}

ErrorCode Prep::CheckQuota(const PrepRequest& r, std::string_view path, int64_t count_delta,
                           int64_t bytes_delta) {
  if (!config_.enforce_quota) return ErrorCode::kOk;
  const QuotaVerdict verdict = tree_.JudgeChange(path, count_delta, bytes_delta);
  if (verdict.level == QuotaVerdict::Level::kWithin) return ErrorCode::kOk;
  const bool hard = verdict.level == QuotaVerdict::Level::kHard;
  if (r.time_ms >= quota_said_ms_ || quota_said_ms_ - r.time_ms > kQuotaSilenceMs) {
    quota_said_ms_ = r.time_ms + kQuotaSilenceMs;
    LOG(WARNING) << "quota of " << verdict.prefix << ": " << verdict.value
                 << (verdict.bytes ? " bytes, " : " nodes, ") << (hard ? "hard" : "soft")
                 << " limit " << verdict.limit;
  }
  return hard ? ErrorCode::kQuotaExceeded : ErrorCode::kOk;
}

bool Prep::IsEphemeralOwner(int64_t owner) const {
  const TreeOptions& options = tree_.options();
  return KindOfOwner(owner, options.extended_types, options.emulate_353_ttl) == OwnerKind::kSession;
}

ErrorCode Prep::Run(const PrepRequest& request, std::string& out) {
  const size_t start = out.size();
  overlay_.Begin(request.zxid, request.op == OpCode::kMulti);
  WriteHeader(request, request.op, out);
  ErrorCode error;
  if (request.op == OpCode::kMulti) {
    error = Multi(request, out);
  } else if (request.op == OpCode::kCheck) {  // a part of a multi; no log may hold it alone
    error = ErrorCode::kUnimplemented;
  } else {
    error = Dispatch(request, request.op, request.body, out);
  }
  Encoder encoder(out);
  if (error != ErrorCode::kOk) {
    out.resize(start);
    WriteHeader(request, OpCode::kError, out);
    encoder.Int(static_cast<int32_t>(error));
  } else if (tree_.options().digest) {
    encoder.Int(kDigestVersion);
    encoder.Long(static_cast<int64_t>(overlay_.digest()));
  }
  return error;
}

ErrorCode Prep::Dispatch(const PrepRequest& r, OpCode op, Bytes body, std::string& out) {
  switch (op) {
    case OpCode::kCreate:
    case OpCode::kCreate2:
    case OpCode::kCreateContainer:
    case OpCode::kCreateTtl:
      return Create(r, op, body, out);
    case OpCode::kDelete:
      return Delete(r, body, out);
    case OpCode::kSetData:
      return SetData(r, body, out);
    case OpCode::kSetAcl:
      return SetAcl(r, body, out);
    case OpCode::kCheck:
      return Check(r, body, out);
    case OpCode::kCreateSession:
      return CreateSession(body, out);
    case OpCode::kCloseSession:
      return CloseSession(r, out);
    case OpCode::kDeleteContainer:
      return DeleteContainer(body, out);
    case OpCode::kReconfig:
      return ErrorCode::kReconfigDisabled;
    default:
      return ErrorCode::kUnimplemented;
  }
}

ErrorCode Prep::CreateSession(Bytes body, std::string& out) {
  proto::CreateSessionTxn txn;
  if (!jute::Decode(body, txn)) return ErrorCode::kMarshallingError;
  jute::Encode(txn, out);
  return ErrorCode::kOk;
}

ErrorCode Prep::CloseSession(const PrepRequest& r, std::string& out) {
  paths_.clear();
  overlay_.EphemeralsOf(r.session, paths_);
  for (const std::string& path : paths_) overlay_.Delete(path, overlay_.Find(path));
  if (!config_.close_session_txn) return ErrorCode::kOk;
  Encoder encoder(out);
  encoder.Int(static_cast<int32_t>(paths_.size()));
  for (const std::string& path : paths_) encoder.String(path);
  return ErrorCode::kOk;
}

ErrorCode Prep::Delete(const PrepRequest& r, Bytes body, std::string& out) {
  if (r.session_error != ErrorCode::kOk) return r.session_error;
  proto::DeleteRequest request;
  if (!jute::Decode(body, request) || request.path.is_null()) return ErrorCode::kMarshallingError;
  const std::string_view path = request.path.bytes();
  if (!IsDeletable(path)) return ErrorCode::kBadArguments;
  const Overlay::Ref parent = overlay_.Find(ParentOf(path));
  if (!parent.exists()) return ErrorCode::kNoNode;
  if (!Allowed(parent.acl(), *r.auth, kPermDelete)) return ErrorCode::kNoAuth;
  const Overlay::Ref node = overlay_.Find(path);
  if (!node.exists()) return ErrorCode::kNoNode;
  if (!VersionMatches(request.version, node.stat().version)) return ErrorCode::kBadVersion;
  if (node.child_count() > 0) return ErrorCode::kNotEmpty;
  Encoder(out).String(path);
  overlay_.Delete(path, node);
  return ErrorCode::kOk;
}

ErrorCode Prep::DeleteContainer(Bytes path, std::string& out) {
  if (!IsDeletable(path)) return ErrorCode::kBadArguments;
  const Overlay::Ref node = overlay_.Find(path);
  if (!node.exists()) return ErrorCode::kNoNode;
  if (node.child_count() > 0) return ErrorCode::kNotEmpty;
  if (IsEphemeralOwner(node.stat().ephemeral_owner)) return ErrorCode::kBadVersion;
  Encoder(out).String(path);
  overlay_.Delete(path, node);
  return ErrorCode::kOk;
}

ErrorCode Prep::SetData(const PrepRequest& r, Bytes body, std::string& out) {
  if (r.session_error != ErrorCode::kOk) return r.session_error;
  proto::SetDataRequest request;
  if (!jute::Decode(body, request)) return ErrorCode::kMarshallingError;
  if (!IsValid(request.path)) return ErrorCode::kBadArguments;
  const std::string_view path = request.path.bytes();
  const Overlay::Ref node = overlay_.Find(path);
  if (!node.exists()) return ErrorCode::kNoNode;
  if (!Allowed(node.acl(), *r.auth, kPermWrite)) return ErrorCode::kNoAuth;
  const int64_t growth =
      static_cast<int64_t>(request.data.size()) - static_cast<int64_t>(node.data_size());
  const ErrorCode quota = CheckQuota(r, path, 0, growth);
  if (quota != ErrorCode::kOk) return quota;
  if (!VersionMatches(request.version, node.stat().version)) return ErrorCode::kBadVersion;
  const int32_t version = NextVersion(node.stat().version);
  Encoder encoder(out);
  encoder.String(path);
  encoder.NullableBuffer(request.data);
  encoder.Int(version);
  overlay_.SetData(path, node, request.data, version, r.time_ms);
  return ErrorCode::kOk;
}

ErrorCode Prep::SetAcl(const PrepRequest& r, Bytes body, std::string& out) {
  if (r.session_error != ErrorCode::kOk) return r.session_error;
  proto::SetACLRequest request;
  if (!jute::Decode(body, request)) return ErrorCode::kMarshallingError;
  if (!IsValid(request.path)) return ErrorCode::kBadArguments;
  AclList list;
  const ErrorCode fixup = FixupAcl(request.acl, *r.auth, config_.auth, list);
  if (fixup != ErrorCode::kOk) return fixup;
  const std::string_view path = request.path.bytes();
  const Overlay::Ref node = overlay_.Find(path);
  if (!node.exists()) return ErrorCode::kNoNode;
  if (!Allowed(node.acl(), *r.auth, kPermAdmin)) return ErrorCode::kNoAuth;
  if (!VersionMatches(request.version, node.stat().aversion)) return ErrorCode::kBadVersion;
  const int32_t version = NextVersion(node.stat().aversion);
  const AclRef acl =
      list == *OpenAcl() ? OpenAcl() : std::make_shared<const AclList>(std::move(list));
  Encoder encoder(out);
  encoder.String(path);
  WriteAcl(acl, encoder);
  encoder.Int(version);
  overlay_.SetAcl(path, node, acl, version);
  return ErrorCode::kOk;
}

ErrorCode Prep::Check(const PrepRequest& r, Bytes body, std::string& out) {
  if (r.session_error != ErrorCode::kOk) return r.session_error;
  proto::CheckVersionRequest request;
  if (!jute::Decode(body, request)) return ErrorCode::kMarshallingError;
  if (!IsValid(request.path)) return ErrorCode::kBadArguments;
  const std::string_view path = request.path.bytes();
  const Overlay::Ref node = overlay_.Find(path);
  if (!node.exists()) return ErrorCode::kNoNode;
  if (!Allowed(node.acl(), *r.auth, kPermRead)) return ErrorCode::kNoAuth;
  if (!VersionMatches(request.version, node.stat().version)) return ErrorCode::kBadVersion;
  Encoder encoder(out);
  encoder.String(path);
  encoder.Int(NextVersion(node.stat().version));
  return ErrorCode::kOk;
}

bool Prep::MakesTxn(OpCode op, Bytes body) {
  if (op != OpCode::kReconfig) return true;
  proto::ReconfigRequest request;
  return jute::Decode(body, request);
}

}  // namespace zk
