// SPDX-License-Identifier: Apache-2.0
//
// Records of module `data`: identities, access control lists, node statistics.
//
// Place: part of most other records. Threads: plain values; views into the decoded bytes.
// Source: client-server protocol, "module data".
#pragma once

#include "jute/record.h"

namespace zk::proto {

struct Id {
  jute::String scheme;
  jute::String id;
  JUTE_FIELDS(Id, scheme, id)
};

struct Acl {
  static constexpr std::string_view kJuteName = "ACL";
  int32_t perms = 0;
  Id id;
  JUTE_FIELDS(Acl, perms, id)
};

// What a client sees of a node; 68 bytes on the wire.
struct Stat {
  int64_t czxid = 0;
  int64_t mzxid = 0;
  int64_t ctime = 0;
  int64_t mtime = 0;
  int32_t version = 0;
  int32_t cversion = 0;
  int32_t aversion = 0;
  int64_t ephemeralOwner = 0;
  int32_t dataLength = 0;
  int32_t numChildren = 0;
  int64_t pzxid = 0;
  JUTE_FIELDS(Stat, czxid, mzxid, ctime, mtime, version, cversion, aversion, ephemeralOwner,
              dataLength, numChildren, pzxid)
};

// What a snapshot holds of a node; 60 bytes. cversion counts creates only.
struct StatPersisted {
  int64_t czxid = 0;
  int64_t mzxid = 0;
  int64_t ctime = 0;
  int64_t mtime = 0;
  int32_t version = 0;
  int32_t cversion = 0;
  int32_t aversion = 0;
  int64_t ephemeralOwner = 0;
  int64_t pzxid = 0;
  JUTE_FIELDS(StatPersisted, czxid, mzxid, ctime, mtime, version, cversion, aversion,
              ephemeralOwner, pzxid)
};

// Releases of 3.4 and before.
struct StatPersistedV1 {
  int64_t czxid = 0;
  int64_t mzxid = 0;
  int64_t ctime = 0;
  int64_t mtime = 0;
  int32_t version = 0;
  int32_t cversion = 0;
  int32_t aversion = 0;
  int64_t ephemeralOwner = 0;
  JUTE_FIELDS(StatPersistedV1, czxid, mzxid, ctime, mtime, version, cversion, aversion,
              ephemeralOwner)
};

struct ClientInfo {
  jute::String authScheme;
  jute::String user;
  JUTE_FIELDS(ClientInfo, authScheme, user)
};

}  // namespace zk::proto
