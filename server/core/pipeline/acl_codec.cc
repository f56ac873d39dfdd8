// SPDX-License-Identifier: Apache-2.0
#include "server/core/pipeline/acl_codec.h"

#include <memory>

#include "jute/record.h"

namespace zk {

bool SkipOpenAcl(jute::Decoder& in) {
  if (!in.Rest().starts_with(kOpenAclWire)) return false;
  in.Skip(kOpenAclWire.size());
  return true;
}

AclRef ReadAcl(jute::Decoder& in) {
  if (SkipOpenAcl(in)) return OpenAcl();
  jute::Vector<proto::Acl> wire;
  jute::DecodeField(wire, in);
  return std::make_shared<const AclList>(ToAclList(wire));
}

void WriteAcl(const AclRef& acl, jute::Encoder& out) {
  if (acl == OpenAcl()) {
    out.Raw(kOpenAclWire);
    return;
  }
  out.Int(static_cast<int32_t>(acl->size()));
  for (const AclEntry& entry : *acl) {
    out.Int(entry.perms);
    out.String(entry.id.scheme);
    out.String(entry.id.id);
  }
}

}  // namespace zk
