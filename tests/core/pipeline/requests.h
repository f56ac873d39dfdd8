// SPDX-License-Identifier: Apache-2.0
//
// Request bodies as clients send them, for tests.
//
// Place: tests of the pipeline and of Replica. Threads: pure functions.
#pragma once

#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "common/acl.h"
#include "common/proto/opcode.h"
#include "common/proto/requests.h"
#include "jute/record.h"

namespace zk::test {

using Acls = jute::Vector<proto::Acl>;

inline proto::Acl AclOf(int32_t perms, const char* scheme, const char* id) {
  proto::Acl acl;
  acl.perms = perms;
  acl.id.scheme = jute::String(scheme);
  acl.id.id = jute::String(id);
  return acl;
}
inline Acls OpenAcls() { return Acls({AclOf(31, "world", "anyone")}); }

inline std::string CreateBody(jute::Buffer path, jute::Buffer data = "", int32_t flags = 0,
                              const Acls& acl = OpenAcls()) {
  proto::CreateRequest request;
  static_cast<jute::Buffer&>(request.path) = path;
  request.data = data;
  request.acl = acl;
  request.flags = flags;
  return jute::Encoded(request);
}
inline std::string CreateTtlBody(jute::Buffer path, int64_t ttl_ms, int32_t flags = 5) {
  std::string body = CreateBody(path, "", flags);
  jute::Encoder(body).Long(ttl_ms);
  return body;
}
// Delete and check.
inline std::string VersionBody(jute::Buffer path, int32_t version = -1) {
  std::string body;
  jute::Encoder out(body);
  out.NullableBuffer(path);
  out.Int(version);
  return body;
}
inline std::string SetDataBody(jute::Buffer path, jute::Buffer data, int32_t version = -1) {
  std::string body;
  jute::Encoder out(body);
  out.NullableBuffer(path);
  out.NullableBuffer(data);
  out.Int(version);
  return body;
}
inline std::string SetAclBody(jute::Buffer path, const Acls& acl, int32_t version = -1) {
  proto::SetACLRequest request;
  static_cast<jute::Buffer&>(request.path) = path;
  request.acl = acl;
  request.version = version;
  return jute::Encoded(request);
}

using Part = std::pair<OpCode, std::string>;
inline std::string MultiBody(const std::vector<Part>& parts) {
  std::string body;
  for (const auto& [op, record] : parts) {
    jute::Encode(proto::MultiHeader{static_cast<int32_t>(op), false, -1}, body);
    body += record;
  }
  jute::Encode(proto::MultiHeader{-1, true, -1}, body);
  return body;
}

inline std::string ToHex(std::string_view bytes) {
  static constexpr char kDigits[] = "0123456789abcdef";
  std::string text;
  for (const char c : bytes) {
    text += kDigits[static_cast<unsigned char>(c) >> 4];
    text += kDigits[static_cast<unsigned char>(c) & 15];
  }
  return text;
}
// Blanks and '|' are for the reader.
inline std::string FromHex(std::string_view text) {
  std::string bytes;
  int high = -1;
  for (const char c : text) {
    const int digit = c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
    if (digit < 0) continue;
    if (high >= 0) bytes += static_cast<char>(high * 16 + digit);
    high = high >= 0 ? -1 : digit;
  }
  return bytes;
}

}  // namespace zk::test
