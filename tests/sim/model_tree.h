// SPDX-License-Identifier: Apache-2.0
//
// ModelTree: the reference state T(z) at every zxid, from the committed transactions.
//
// Place: the simulator's oracle. Written against the protocol's description, not against
// server/core: it shares with the product only the record definitions.
// Threads: single-threaded.
// Invariant: history is kept: At(path, z) answers for every z that was committed.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "common/proto/data.h"
#include "common/proto/opcode.h"
#include "common/types.h"

namespace zk::sim {

struct ModelAcl {
  int32_t perms = 0;
  std::string scheme;
  std::string id;
  friend auto operator<=>(const ModelAcl&, const ModelAcl&) = default;
};

struct ModelNode {
  std::optional<std::string> data;  // none = null
  std::vector<ModelAcl> acl;
  int64_t czxid = 0, mzxid = 0, pzxid = 0, ctime = 0, mtime = 0;
  int32_t version = 0, creates = 0, aversion = 0;
  int64_t owner = 0;
  int32_t children = 0;

  proto::Stat ClientStat() const;
};

// One thing that happened to a path, in the order in which events are emitted.
struct Trigger {
  Zxid zxid;
  EventType type = EventType::kNone;  // created, deleted, data changed (of `path`)
  std::string path;
  std::string parent;  // its children changed (created, deleted)
  // Who may read decides who is told: the lists right after the change, a deleted node's right
  // before. Kept here, since a later operation of the same multi may change or remove the nodes.
  std::vector<ModelAcl> acl;
  std::vector<ModelAcl> parent_acl;
};

class ModelTree {
 public:
  ModelTree();

  // Applies one transaction (header, body, maybe digest). Its zxid must be the last + 1. Empty when
  // fine, else what is wrong with it.
  std::string Apply(std::string_view payload);

  Zxid last() const { return last_; }
  // Null when the path does not exist at z (z >= 0).
  const ModelNode* At(const std::string& path, Zxid z) const;
  const ModelNode* Now(const std::string& path) const { return At(path, last_); }
  std::vector<std::string> ChildrenAt(const std::string& path, Zxid z) const;
  std::vector<std::string> PathsAt(Zxid z) const;  // the root as "/"
  std::vector<std::string> EphemeralsAt(int64_t session, Zxid z) const;

  // Every change since the start, in zxid order. FirstTriggerAfter: index of the first with a
  // greater zxid.
  const std::vector<Trigger>& triggers() const { return triggers_; }
  size_t FirstTriggerAfter(Zxid z) const;

  struct Session {
    int32_t timeout_ms = 0;
    Zxid opened;
    Zxid closed;  // 0 = open
  };
  const std::map<int64_t, Session>& sessions() const { return sessions_; }
  bool SessionOpenAt(int64_t session, Zxid z) const;

  // The payload that was applied at z; empty if none.
  const std::string& PayloadAt(Zxid z) const;

 private:
  struct Version {
    Zxid zxid;
    std::optional<ModelNode> node;
  };

  std::string ApplyOne(int32_t type, std::string_view body, int64_t session, int64_t time);
  std::string ApplyCreate(int32_t type, std::string_view body, int64_t session, int64_t time);
  std::string ApplySession(int32_t type, std::string_view body, int64_t session);
  std::string Create(std::string_view path, const ModelNode& node, int32_t parent_creates);
  std::string Delete(const std::string& path);
  void CloseSession(int64_t session, const std::vector<std::string>& paths);
  ModelNode* Writable(const std::string& path);
  void Put(const std::string& path, std::optional<ModelNode> node);

  Zxid applying_;
  Zxid last_;
  std::map<std::string, std::vector<Version>> nodes_;
  std::vector<Trigger> triggers_;
  std::map<int64_t, Session> sessions_;
  std::map<Zxid, std::string> payloads_;
  std::map<std::pair<int64_t, int32_t>, Zxid> done_;  // (session, cxid) -> its transaction
};

std::string ParentPath(const std::string& path);  // "/a" -> "/", "/a/b" -> "/a"

}  // namespace zk::sim
