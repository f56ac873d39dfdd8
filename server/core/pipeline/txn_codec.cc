// SPDX-License-Identifier: Apache-2.0
#include "server/core/pipeline/txn_codec.h"

#include "jute/decoder.h"

namespace zk {
namespace {

using jute::Decoder;

void SkipAcls(Decoder& in) {
  const int32_t count = in.BoundedCount(jute::MinSize<proto::Acl>());
  for (int32_t i = 0; i < count && in.ok(); i++) {
    in.Int();             // perms
    in.NullableBuffer();  // scheme
    in.NullableBuffer();  // id
  }
}

// Path, data and list: what all creates begin with.
void SkipCreateStart(Decoder& in) {
  in.NullableBuffer();
  in.NullableBuffer();
  SkipAcls(in);
}

void SkipCreate(OpCode type, Decoder& in) {
  SkipCreateStart(in);
  in.Bool();
  // Release 3.3 ended here. No digest was known then, so a body with one does not look like this.
  if (type == OpCode::kCreate && in.remaining() < 4) return;
  in.Int();
}

void SkipStrings(Decoder& in) {
  const int32_t count = in.BoundedCount(4);
  for (int32_t i = 0; i < count && in.ok(); i++) in.NullableBuffer();
}

void SkipMulti(Decoder& in) {
  const int32_t count = in.BoundedCount(jute::MinSize<proto::Txn>());
  for (int32_t i = 0; i < count && in.ok(); i++) {
    in.Int();
    in.NullableBuffer();
  }
}

// A digest right behind the header: a closeSession without a body. Read as a list it would be two
// empty paths at most, which nobody writes.
bool IsDigestOnly(jute::Bytes rest) {
  return rest.size() == kTxnDigestSize && Decoder(rest).Int() == kDigestVersion;
}

void SkipCloseSession(Decoder& in) {
  if (IsDigestOnly(in.Rest())) return;
  Decoder list = in;
  SkipStrings(list);
  // Too short to be a list: release 3.5 and older wrote nothing.
  if (list.ok()) in = list;
}

// Moves `in` behind the body of `type`; false if no transaction has this type.
bool SkipBody(OpCode type, Decoder& in) {
  switch (type) {
    case OpCode::kCreateSession:
    case OpCode::kError:
      in.Int();
      return true;
    case OpCode::kCloseSession:
      SkipCloseSession(in);
      return true;
    case OpCode::kCreate:
    case OpCode::kCreate2:
      SkipCreate(type, in);
      return true;
    case OpCode::kCreateContainer:
      SkipCreateStart(in);
      in.Int();
      return true;
    case OpCode::kCreateTtl:
      SkipCreateStart(in);
      in.Int();
      in.Long();
      return true;
    case OpCode::kDelete:
    case OpCode::kDeleteContainer:
      in.NullableBuffer();
      return true;
    case OpCode::kSetData:
    case OpCode::kReconfig:
      in.NullableBuffer();
      in.NullableBuffer();
      in.Int();
      return true;
    case OpCode::kSetAcl:
      in.NullableBuffer();
      SkipAcls(in);
      in.Int();
      return true;
    case OpCode::kMulti:
      SkipMulti(in);
      return true;
    default:
      return false;
  }
}

}  // namespace

TxnDecode DecodeTxn(jute::Bytes payload, DecodedTxn& out) {
  Decoder in(payload);
  jute::DecodeField(out.header, in);
  if (!in.ok()) return TxnDecode::kTooShort;
  const char* begin = in.position();
  if (!SkipBody(out.type(), in)) return TxnDecode::kUnsupported;
  if (!in.ok()) return TxnDecode::kTooShort;
  out.body = jute::Bytes(begin, static_cast<size_t>(in.position() - begin));
  out.digest.reset();
  if (in.remaining() >= kTxnDigestSize) jute::DecodeField(out.digest.emplace(), in);
  out.trailing = in.Rest();
  return TxnDecode::kOk;
}

void EncodeTxn(const proto::TxnHeader& header, jute::Bytes body,
               const std::optional<proto::TxnDigest>& digest, std::string& out) {
  jute::Encode(header, out);
  out.append(body);
  if (digest) jute::Encode(*digest, out);
}

bool DecodeCreateTxn(jute::Bytes body, proto::CreateTxn& out) {
  if (jute::Decode(body, out)) return true;
  proto::CreateTxnV0 old;
  if (!jute::Decode(body, old)) return false;
  out.path = old.path;
  out.data = old.data;
  out.acl = std::move(old.acl);
  out.ephemeral = old.ephemeral;
  out.parentCVersion = -1;
  return true;
}

bool DecodeCloseSessionTxn(jute::Bytes body, proto::CloseSessionTxn& out) {
  return !body.empty() && jute::Decode(body, out);
}

}  // namespace zk
