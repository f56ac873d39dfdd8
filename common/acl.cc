// SPDX-License-Identifier: Apache-2.0
#include "common/acl.h"

#include <set>
#include <tuple>
#include <utility>

#include "common/acl_names.h"
#include "common/proto/opcode.h"

namespace zk {
namespace {

// What a few `auth` entries and many identities may grow to; a plain list is bounded by its frame.
constexpr size_t kExpandedBytesMax = 1 << 20;

bool IsWorldAnyone(std::string_view scheme, std::string_view id) {
  return scheme == "world" && id == "anyone";
}

// Java splits at every ':' and drops empty parts at the end; two parts must remain.
bool IsValidDigestId(std::string_view id) {
  while (!id.empty() && id.back() == ':') id.remove_suffix(1);
  const size_t colon = id.find(':');
  return colon != std::string_view::npos && id.find(':', colon + 1) == std::string_view::npos;
}

// Schemes whose identities say who somebody is, so that `auth` stands for them; ip does not.
bool IsAuthenticatedScheme(std::string_view scheme, const AuthOptions& options) {
  return (scheme == "digest" && options.digest_enabled) ||
         (scheme == "sasl" && options.sasl_provider) || (scheme == "x509" && options.x509_provider);
}

bool IsValidId(std::string_view scheme, std::string_view id, const AuthOptions& options) {
  if (scheme == "ip") return IsValidAddressRange(id);
  if (scheme == "digest") return options.digest_enabled && IsValidDigestId(id);
  if (scheme == "sasl") return options.sasl_provider && IsKerberosName(id);
  if (scheme == "x509") return options.x509_provider && IsDistinguishedName(id);
  return false;
}

bool IdMatches(const AuthId& caller, const AuthId& wanted, const AuthOptions& options) {
  if (caller.scheme != wanted.scheme) return false;
  if (wanted.scheme == "ip") return AddressInRange(caller.id, wanted.id);
  if (wanted.scheme == "digest") return options.digest_enabled && caller.id == wanted.id;
  if (wanted.scheme == "sasl" && options.sasl_provider) {
    return caller.id == "super" || caller.id == wanted.id ||
           (!options.let_any_sasl_user_do.empty() && wanted.id == options.let_any_sasl_user_do);
  }
  if (wanted.scheme == "x509" && options.x509_provider) {
    return caller.id == wanted.id ||
           (!options.x509_super_user.empty() && caller.id == options.x509_super_user);
  }
  return false;
}

// Appends one entry per authenticated identity; false when there is none or they are too many.
bool ExpandAuth(int32_t perms, const AuthIds& ids, const AuthOptions& options, size_t& expanded,
                AclList& out) {
  bool any = false;
  for (const AuthId& id : ids) {
    if (!IsAuthenticatedScheme(id.scheme, options)) continue;
    expanded += sizeof(perms) + 2 * sizeof(int32_t) + id.scheme.size() + id.id.size();
    if (expanded > kExpandedBytesMax) return false;
    out.push_back({perms, id});
    any = true;
  }
  return any;
}

}  // namespace

AclList ToAclList(const jute::Vector<proto::Acl>& wire) {
  AclList list;
  list.reserve(wire.size());
  for (const proto::Acl& acl : wire) {
    list.push_back(
        {acl.perms, {std::string(acl.id.scheme.bytes()), std::string(acl.id.id.bytes())}});
  }
  return list;
}

jute::Vector<proto::Acl> ToWire(const AclList& list) {
  jute::Vector<proto::Acl> wire;
  wire.items.reserve(list.size());
  for (const AclEntry& entry : list) {
    wire.items.push_back({entry.perms, {entry.id.scheme, entry.id.id}});
  }
  return wire;
}

const AclRef& OpenAcl() {
  static const AclRef open =
      std::make_shared<const AclList>(AclList{{kPermAll, {"world", "anyone"}}});
  return open;
}

bool CheckAcl(const AclList& acl, const AuthIds& ids, int32_t perm, const AuthOptions& options) {
  if (options.skip_acl || acl.empty()) return true;
  for (const AuthId& id : ids) {
    if (id.scheme == "super") return true;
  }
  for (const AclEntry& entry : acl) {
    if ((entry.perms & perm) == 0) continue;
    if (IsWorldAnyone(entry.id.scheme, entry.id.id)) return true;
    for (const AuthId& id : ids) {
      if (IdMatches(id, entry.id, options)) return true;
    }
  }
  return false;
}

ErrorCode FixupAcl(const jute::Vector<proto::Acl>& wire, const AuthIds& ids,
                   const AuthOptions& options, AclList& out) {
  out.clear();
  if (wire.is_null() || wire.empty()) return ErrorCode::kInvalidAcl;
  // A set, because a frame has room for 80,000 entries and comparing each with each would stall.
  std::set<std::tuple<int32_t, std::string_view, std::string_view>> seen;
  size_t expanded = 0;
  for (const proto::Acl& acl : wire) {
    const auto& [scheme, id] = std::tie(acl.id.scheme, acl.id.id);
    if (scheme.is_null()) return ErrorCode::kInvalidAcl;
    if (!seen.insert({acl.perms, scheme.bytes(), id.bytes()}).second) continue;
    if (scheme.bytes() == "auth") {
      if (!ExpandAuth(acl.perms, ids, options, expanded, out)) return ErrorCode::kInvalidAcl;
      continue;
    }
    if (id.is_null()) return ErrorCode::kInvalidAcl;
    if (!IsWorldAnyone(scheme.bytes(), id.bytes()) &&
        !IsValidId(scheme.bytes(), id.bytes(), options)) {
      return ErrorCode::kInvalidAcl;
    }
    out.push_back({acl.perms, {std::string(scheme.bytes()), std::string(id.bytes())}});
  }
  return ErrorCode::kOk;
}

std::string UserNameOf(const AuthId& id) {
  if (id.scheme == "super") return {};
  if (id.scheme == "digest") return id.id.substr(0, id.id.find(':'));
  return id.id;
}

}  // namespace zk
