// SPDX-License-Identifier: Apache-2.0
//
// Access control lists and identities as the server keeps them (owned, reference-counted).
//
// Place: a node refers to an AclRef; a connection has an AuthRef; prep and reads check one against
// the other. Threads: immutable after construction, so references may live on any thread.
// Source: client-server protocol, "ACLs".
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "common/error_code.h"
#include "common/proto/data.h"

namespace zk {

struct AuthId {
  std::string scheme;
  std::string id;
  friend bool operator==(const AuthId&, const AuthId&) = default;
};
// All identities of one connection. Replaced as a whole when one is added.
using AuthIds = std::vector<AuthId>;
using AuthRef = std::shared_ptr<const AuthIds>;

struct AclEntry {
  int32_t perms = 0;
  AuthId id;
  friend bool operator==(const AclEntry&, const AclEntry&) = default;
};
using AclList = std::vector<AclEntry>;
// Never null where a node or a change holds it.
using AclRef = std::shared_ptr<const AclList>;

// Settings that decide about authentication; set once at start.
struct AuthOptions {
  bool skip_acl = false;
  bool digest_enabled = true;
  std::string super_digest;         // "super:<base64>", empty = no super user by digest
  std::string digest_alg = "SHA1";  // any name of operations.md's DigestAuthenticationProvider
  std::string x509_super_user;
  std::string let_any_sasl_user_do;
  bool x509_provider = false;  // these schemes are known (ids kept and compared)
  bool sasl_provider = false;
  bool ensemble_provider = false;
  std::string ensemble_auth_name;  // names an `ensemble` packet may hold, by commas; empty = any
};

AclList ToAclList(const jute::Vector<proto::Acl>& wire);
// Views into `list`, which must outlive them.
jute::Vector<proto::Acl> ToWire(const AclList& list);

// The open list {31, world:anyone}, shared by every node that has it.
const AclRef& OpenAcl();

// True if `ids` may do `perm` (kPerm* bits) under `acl`.
bool CheckAcl(const AclList& acl, const AuthIds& ids, int32_t perm, const AuthOptions& options);

// The list that create and setACL store: duplicates dropped, `auth` expanded, every id validated.
// kInvalidAcl when it is null, empty or holds what no provider accepts, or when `auth` entries
// times identities would make more than 1 MiB of it.
ErrorCode FixupAcl(const jute::Vector<proto::Acl>& wire, const AuthIds& ids,
                   const AuthOptions& options, AclList& out);

// `user:base64(HASH(user:password))`; the user is the text before the first ':'. `alg` is a name of
// Java's ("SHA1", "SHA-256", "SHA3-256", ...). Empty when it is not known.
std::string DigestOf(std::string_view user_and_password, std::string_view alg);

// Handles an auth packet of a client at `address`: adds identities to `ids`.
// kAuthFailed for an unknown scheme, a refused credential or more identities than one connection
// may have (1000, or 1 MiB of text); the caller then closes.
ErrorCode Authenticate(std::string_view scheme, std::string_view auth, std::string_view address,
                       const AuthOptions& options, AuthIds& ids);

// The name whoAmI and the audit log show for an identity (digest: up to the first ':'; super: "").
std::string UserNameOf(const AuthId& id);

// True if the textual address (IPv4 or IPv6) is in `range` ("addr[/bits]").
bool AddressInRange(std::string_view address, std::string_view range);
bool IsValidAddressRange(std::string_view range);

}  // namespace zk
