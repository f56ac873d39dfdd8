// SPDX-License-Identifier: Apache-2.0
//
// multiRead: the sub-operations are checked first, all of them, then run one by one.
// Source: client-server protocol, "multiRead" and quirk Q7.
#include <cstdint>

#include "common/proto/requests.h"
#include "jute/decoder.h"
#include "jute/record.h"
#include "server/core/shard/reads.h"

namespace zk {
namespace {

constexpr auto kErrorType = static_cast<int32_t>(OpCode::kError);

void AppendHeader(int32_t type, bool done, ErrorCode error, std::string& out) {
  jute::Encode(proto::MultiHeader{type, done, static_cast<int32_t>(error)}, out);
}

bool IsWrite(int32_t type) {
  switch (static_cast<OpCode>(type)) {
    case OpCode::kCreate:
    case OpCode::kCreate2:
    case OpCode::kCreateContainer:
    case OpCode::kCreateTtl:
    case OpCode::kDelete:
    case OpCode::kSetData:
    case OpCode::kCheck:
      return true;
    default:
      return false;
  }
}

struct SubRead {
  int32_t type = 0;
  bool done = false;
  std::string_view path;
};

// False: not decodable.
bool Next(jute::Decoder& in, SubRead& out) {
  proto::MultiHeader header;
  jute::DecodeField(header, in);
  out.type = header.type;
  out.done = header.done;
  if (!in.ok() || out.done) return in.ok();
  if (out.type != static_cast<int32_t>(OpCode::kGetData) &&
      out.type != static_cast<int32_t>(OpCode::kGetChildren)) {
    return false;
  }
  const jute::Buffer path = in.NullableBuffer();
  in.Bool();  // a watch flag, without effect here
  out.path = path.bytes();
  return in.ok() && !path.is_null();
}

bool AllDecodable(std::string_view body) {
  jute::Decoder in(body);
  SubRead sub;
  while (Next(in, sub)) {
    if (sub.done) return true;
  }
  return false;
}

}  // namespace

ReadResult RunMultiRead(std::string_view body, const ReadContext& context, std::string& out) {
  if (!AllDecodable(body)) {
    jute::Decoder in(body);
    if (!IsWrite(in.Int())) return {ErrorCode::kMarshallingError};
    // What Java answers to a multi of writes that came as a multiRead.
    AppendHeader(kErrorType, /*done=*/true, ErrorCode::kSystemError, out);
    return {ErrorCode::kMarshallingError, /*keep_body=*/true};
  }
  jute::Decoder in(body);
  SubRead sub;
  while (Next(in, sub) && !sub.done && out.size() <= context.reply_max) {
    const size_t start = out.size();
    AppendHeader(sub.type, /*done=*/false, ErrorCode::kOk, out);
    const ErrorCode error = sub.type == static_cast<int32_t>(OpCode::kGetData)
                                ? ReadData(sub.path, context, out)
                                : ReadChildren(sub.path, /*with_stat=*/false, context, out);
    if (error == ErrorCode::kOk) continue;
    out.resize(start);
    AppendHeader(kErrorType, /*done=*/false, error, out);
    jute::Encode(proto::ErrorResponse{static_cast<int32_t>(error)}, out);
  }
  AppendHeader(kErrorType, /*done=*/true, ErrorCode::kSystemError, out);
  return {};
}

}  // namespace zk
