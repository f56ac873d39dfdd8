// SPDX-License-Identifier: Apache-2.0
#include "server/core/shard/reads.h"

#include <algorithm>

#include "common/proto/requests.h"
#include "jute/decoder.h"
#include "jute/encoder.h"
#include "jute/record.h"
#include "server/core/shard/watch_ops.h"

namespace zk {
namespace {

constexpr size_t kStatSize = 68;

// By hand, as one append: this is most of what a small read writes.
void AppendStat(const proto::Stat& s, std::string& out) {
  char wire[kStatSize];
  char* at = wire;
  const auto put_long = [&at](int64_t v) {
    jute::StoreLong(at, v);
    at += 8;
  };
  const auto put_int = [&at](int32_t v) {
    jute::StoreInt(at, v);
    at += 4;
  };
  put_long(s.czxid);
  put_long(s.mzxid);
  put_long(s.ctime);
  put_long(s.mtime);
  put_int(s.version);
  put_int(s.cversion);
  put_int(s.aversion);
  put_long(s.ephemeralOwner);
  put_int(s.dataLength);
  put_int(s.numChildren);
  put_long(s.pzxid);
  out.append(wire, sizeof wire);
}

void AppendStatOf(const Node& node, const ReadContext& context, std::string& out) {
  const TreeOptions& options = context.db->tree.options();
  AppendStat(node.ClientStat(options.extended_types, options.emulate_353_ttl), out);
}

bool Allowed(const AclRef& acl, int32_t perms, const ReadContext& context) {
  return acl == OpenAcl() || CheckAcl(*acl, *context.ids, perms, *context.auth_options);
}

struct PathAndWatch {
  std::string_view path;
  bool watch = false;
};

// exists, getData and getChildren have the same request.
ErrorCode Decode(std::string_view body, PathAndWatch& out) {
  jute::Decoder in(body);
  const jute::Buffer path = in.NullableBuffer();
  out.watch = in.Bool();
  if (!in.ok() || path.is_null()) return ErrorCode::kMarshallingError;
  out.path = path.bytes();
  return ErrorCode::kOk;
}

ErrorCode DecodePath(std::string_view body, std::string_view& out) {
  jute::Decoder in(body);
  const jute::Buffer path = in.NullableBuffer();
  if (!in.ok() || path.is_null()) return ErrorCode::kMarshallingError;
  out = path.bytes();
  return ErrorCode::kOk;
}

ErrorCode Exists(std::string_view body, const ReadContext& context, std::string& out) {
  PathAndWatch request;
  if (const ErrorCode error = Decode(body, request); error != ErrorCode::kOk) return error;
  if (request.path.find('\0') != std::string_view::npos) return ErrorCode::kBadArguments;
  if (request.watch) {
    context.watches->AddData(request.path, context.connection, WatchTable::kStandard);
  }
  const Node* node = context.db->tree.Find(request.path);
  if (node == nullptr) return ErrorCode::kNoNode;
  AppendStatOf(*node, context, out);
  return ErrorCode::kOk;
}

ErrorCode GetData(std::string_view body, const ReadContext& context, std::string& out) {
  PathAndWatch request;
  if (const ErrorCode error = Decode(body, request); error != ErrorCode::kOk) return error;
  const ErrorCode error = ReadData(request.path, context, out);
  if (error == ErrorCode::kOk && request.watch) {
    context.watches->AddData(request.path, context.connection, WatchTable::kStandard);
  }
  return error;
}

ErrorCode GetChildren(std::string_view body, bool with_stat, const ReadContext& context,
                      std::string& out) {
  PathAndWatch request;
  if (const ErrorCode error = Decode(body, request); error != ErrorCode::kOk) return error;
  const ErrorCode error = ReadChildren(request.path, with_stat, context, out);
  if (error == ErrorCode::kOk && request.watch) {
    context.watches->AddChild(request.path, context.connection, WatchTable::kStandard);
  }
  return error;
}

// Who may not administer a node does not see the hashes of passwords: "user:hash" becomes "user:x".
void AppendAcl(const AclList& acl, bool masked, std::string& out) {
  jute::Encoder encoder(out);
  encoder.Int(static_cast<int32_t>(acl.size()));
  for (const AclEntry& entry : acl) {
    encoder.Int(entry.perms);
    encoder.String(entry.id.scheme);
    const size_t colon =
        masked && entry.id.scheme == "digest" ? entry.id.id.find(':') : std::string::npos;
    if (colon == std::string::npos) {
      encoder.String(entry.id.id);
    } else {
      encoder.Int(static_cast<int32_t>(colon + 2));
      encoder.Raw(std::string_view(entry.id.id).substr(0, colon));
      encoder.Raw(":x");
    }
  }
}

ErrorCode GetAcl(std::string_view body, const ReadContext& context, std::string& out) {
  std::string_view path;
  if (const ErrorCode error = DecodePath(body, path); error != ErrorCode::kOk) return error;
  const Node* node = context.db->tree.Find(path);
  if (node == nullptr) return ErrorCode::kNoNode;
  const AclRef& acl = context.db->tree.AclOf(*node);
  if (!Allowed(acl, kPermRead | kPermAdmin, context)) return ErrorCode::kNoAuth;
  AppendAcl(*acl, !Allowed(acl, kPermAdmin, context), out);
  AppendStatOf(*node, context, out);
  return ErrorCode::kOk;
}

ErrorCode GetAllChildrenNumber(std::string_view body, const ReadContext& context,
                               std::string& out) {
  std::string_view path;
  if (const ErrorCode error = DecodePath(body, path); error != ErrorCode::kOk) return error;
  const Node* node = context.db->tree.Find(path);
  if (node == nullptr) return ErrorCode::kNoNode;
  if (!context.MayRead(context.db->tree.AclOf(*node))) return ErrorCode::kNoAuth;
  jute::Encoder(out).Int(static_cast<int32_t>(context.db->tree.AllChildrenNumber(*node)));
  return ErrorCode::kOk;
}

bool IsBlank(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return c >= 0 && c <= ' '; });
}

// The caller's own ephemerals below a prefix of text; null, blank and "/" mean all.
ErrorCode GetEphemerals(std::string_view body, const ReadContext& context, std::string& out) {
  jute::Decoder in(body);
  const jute::Buffer wire = in.NullableBuffer();
  if (!in.ok()) return ErrorCode::kMarshallingError;
  std::string_view prefix = wire.bytes();
  if (IsBlank(prefix) || prefix == "/") prefix = {};
  jute::Encoder encoder(out);
  const size_t count_at = encoder.size();
  encoder.Int(0);
  int32_t count = 0;
  for (const std::string_view path : context.db->tree.EphemeralsOf(context.session)) {
    if (!path.starts_with(prefix)) continue;
    encoder.String(path);
    count++;
  }
  encoder.PatchInt(count_at, count);
  return ErrorCode::kOk;
}

ErrorCode WhoAmI(const ReadContext& context, std::string& out) {
  jute::Encoder encoder(out);
  encoder.Int(static_cast<int32_t>(context.ids->size()));
  for (const AuthId& id : *context.ids) {
    encoder.String(id.scheme);
    encoder.String(UserNameOf(id));
  }
  return ErrorCode::kOk;
}

}  // namespace

bool ReadContext::MayRead(const AclRef& acl) const { return Allowed(acl, kPermRead, *this); }

ErrorCode ReadData(std::string_view path, const ReadContext& context, std::string& out) {
  const Node* node = context.db->tree.Find(path);
  if (node == nullptr) return ErrorCode::kNoNode;
  if (!context.MayRead(context.db->tree.AclOf(*node))) return ErrorCode::kNoAuth;
  jute::Encoder(out).NullableBuffer(node->data().buffer());
  AppendStatOf(*node, context, out);
  return ErrorCode::kOk;
}

ErrorCode ReadChildren(std::string_view path, bool with_stat, const ReadContext& context,
                       std::string& out) {
  const Node* node = context.db->tree.Find(path);
  if (node == nullptr) return ErrorCode::kNoNode;
  if (!context.MayRead(context.db->tree.AclOf(*node))) return ErrorCode::kNoAuth;
  jute::Encoder encoder(out);
  encoder.Int(static_cast<int32_t>(node->child_count()));
  for (const Node* child : node->children()) {
    encoder.String(child->name());
    if (out.size() > context.reply_max) return ErrorCode::kOk;
  }
  if (with_stat) AppendStatOf(*node, context, out);
  return ErrorCode::kOk;
}

ReadResult RunRead(OpCode op, std::string_view body, const ReadContext& context, std::string& out) {
  switch (op) {
    case OpCode::kExists:
      return {Exists(body, context, out)};
    case OpCode::kGetData:
      return {GetData(body, context, out)};
    case OpCode::kGetAcl:
      return {GetAcl(body, context, out)};
    case OpCode::kGetChildren:
      return {GetChildren(body, /*with_stat=*/false, context, out)};
    case OpCode::kGetChildren2:
      return {GetChildren(body, /*with_stat=*/true, context, out)};
    case OpCode::kGetAllChildrenNumber:
      return {GetAllChildrenNumber(body, context, out)};
    case OpCode::kGetEphemerals:
      return {GetEphemerals(body, context, out)};
    case OpCode::kWhoAmI:
      return {WhoAmI(context, out)};
    case OpCode::kMultiRead:
      return RunMultiRead(body, context, out);
    case OpCode::kCheckWatches:
      return {CheckWatches(body, context)};
    case OpCode::kRemoveWatches:
      return {RemoveWatches(body, context)};
    case OpCode::kAddWatch:
      return {AddWatch(body, context, out)};
    default:
      return {ErrorCode::kUnimplemented};
  }
}

}  // namespace zk
