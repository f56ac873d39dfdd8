// SPDX-License-Identifier: Apache-2.0
#include "common/proto/requests.h"
#include "jute/encoder.h"
#include "jute/record.h"
#include "server/core/pipeline/prep.h"

namespace zk {
namespace {

using jute::Bytes;
using jute::Decoder;
using jute::Encoder;

// Moves `in` behind the request record of a part; false if a multi may not have such a part.
bool SkipPart(OpCode op, Decoder& in) {
  switch (op) {
    case OpCode::kCreate:
    case OpCode::kCreate2:
    case OpCode::kCreateContainer: {
      proto::CreateRequest record;
      jute::DecodeField(record, in);
      break;
    }
    case OpCode::kCreateTtl: {
      proto::CreateTTLRequest record;
      jute::DecodeField(record, in);
      break;
    }
    case OpCode::kSetData: {
      proto::SetDataRequest record;
      jute::DecodeField(record, in);
      break;
    }
    case OpCode::kDelete:
    case OpCode::kCheck:  // the same fields
      in.NullableBuffer();
      in.Int();
      break;
    default:
      return false;
  }
  return in.ok();
}

}  // namespace

bool Prep::SplitMulti(Bytes body) {
  sub_ops_.clear();
  Decoder in(body);
  for (;;) {
    proto::MultiHeader header;
    jute::DecodeField(header, in);
    if (!in.ok()) return false;
    if (header.done) return true;
    const auto op = static_cast<OpCode>(header.type);
    const char* begin = in.position();
    if (!SkipPart(op, in)) return false;
    sub_ops_.push_back({op, Bytes(begin, static_cast<size_t>(in.position() - begin))});
  }
}

// In a multi Java goes by the flags alone. A create2 is logged as a create, since releases up to
// 3.8.1 cannot apply the other. kError: TTL flags in a record without a TTL, which fail the whole.
OpCode Prep::EffectiveOp(OpCode op, Bytes body) {
  const bool ttl_record = op == OpCode::kCreateTtl;
  if (!ttl_record && op != OpCode::kCreate && op != OpCode::kCreate2 &&
      op != OpCode::kCreateContainer) {
    return op;
  }
  // The flags are the last 4 bytes, or the 4 before the TTL: SplitMulti() has decoded the record.
  const size_t from_end = ttl_record ? 12 : 4;
  const int32_t flags = Decoder(body.substr(body.size() - from_end)).Int();
  if (!IsCreateMode(flags)) return OpCode::kCreate;
  const auto mode = static_cast<CreateMode>(flags);
  if (mode == CreateMode::kContainer) return OpCode::kCreateContainer;
  if (!IsTtl(mode)) return OpCode::kCreate;
  return ttl_record ? OpCode::kCreateTtl : OpCode::kError;
}

ErrorCode Prep::Multi(const PrepRequest& r, std::string& out) {
  if (!SplitMulti(r.body)) return ErrorCode::kMarshallingError;
  const ErrorCode error = MultiParts(r, out);
  if (error != ErrorCode::kOk) overlay_.Rollback();
  return error;
}

// kOk, or what makes the request fail as a whole.
ErrorCode Prep::MultiParts(const PrepRequest& r, std::string& out) {
  Encoder encoder(out);
  encoder.Int(static_cast<int32_t>(sub_ops_.size()));
  bool failed = false;
  for (const SubOp& part : sub_ops_) {
    const OpCode op = EffectiveOp(part.op, part.body);
    if (op == OpCode::kError && !failed) return ErrorCode::kMarshallingError;
    const size_t start = out.size();
    encoder.Int(static_cast<int32_t>(op));
    encoder.Int(0);
    const ErrorCode error =
        failed ? ErrorCode::kRuntimeInconsistency : Dispatch(r, op, part.body, out);
    if (error == ErrorCode::kMarshallingError) return error;
    if (error == ErrorCode::kOk) {
      encoder.PatchInt(start + 4, static_cast<int32_t>(out.size() - start - 8));
      continue;
    }
    if (!failed) overlay_.Rollback();
    failed = true;
    out.resize(start);
    encoder.Int(static_cast<int32_t>(OpCode::kError));
    encoder.Int(4);
    encoder.Int(static_cast<int32_t>(error));
  }
  return ErrorCode::kOk;
}

}  // namespace zk
