// SPDX-License-Identifier: Apache-2.0
//
// DataTree: all znodes in memory.
//
// Place: written by pipeline/apply only; read by prep and by shards (const, inside a section).
// Threads: one writer; readers are kept apart from it by the rim (TreeGuard). No lock in here.
// Invariants:
//   1. A path is stored once, in its node; index keys and child names are views into it.
//   2. The mutators follow Java's tolerant apply rules (storage format, "Apply rules"), so that the
//      same functions serve live transactions and replay over a fuzzy snapshot.
//   3. digest() is the sum of the node digests of every node outside /zookeeper/... (quorum
//      protocol, "Digest") after each mutator.
//   4. While a SnapshotView is active the first change of a node keeps its pre-image.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "common/acl.h"
#include "common/error_code.h"
#include "common/types.h"
#include "jute/bytes.h"
#include "server/core/tree/node.h"

namespace zk {

class SnapshotView;

struct TreeOptions {
  bool extended_types = false;   // TTL nodes
  bool emulate_353_ttl = false;  // any negative owner but the container's is a TTL node
  bool digest = true;
};

struct CreateArgs {
  std::string_view path;
  jute::Buffer data;
  AclRef acl;                   // never null
  int64_t ephemeral_owner = 0;  // session, container marker or TTL encoding (owner.h)
  int32_t parent_cversion = -1;  // -1 = the parent's current one + 1
  Zxid zxid;
  int64_t time_ms = 0;
  // Type-1 creates repair the parent's cversion and pzxid when the node is already there.
  bool fix_parent_of_existing = false;
};

class DataTree {
 public:
  // A fresh tree: "/", "/zookeeper", "/zookeeper/quota", "/zookeeper/config".
  explicit DataTree(TreeOptions options = {});
  ~DataTree();
  DataTree(const DataTree&) = delete;
  DataTree& operator=(const DataTree&) = delete;

  // Null if there is none. "" is an alias of "/".
  const Node* Find(std::string_view path) const;
  const Node* root() const;
  const AclRef& AclOf(const Node& node) const;

  // kNoNode: no parent. kNodeExists: nothing but what fix_parent_of_existing says.
  ErrorCode Create(const CreateArgs& args);
  // kNoNode. The parent's pzxid grows even if the node is gone. Children are the caller's check.
  ErrorCode Delete(std::string_view path, Zxid zxid);
  ErrorCode SetData(std::string_view path, const jute::Buffer& data, int32_t version, Zxid zxid,
                    int64_t time_ms);
  ErrorCode SetAcl(std::string_view path, const AclRef& acl, int32_t version);

  // Loading a snapshot: nodes come in any order with parents first, with their stored stat.
  // kNoNode if the parent is missing. The root comes as "". Call FinishLoad() once after the last:
  // it builds ephemerals, containers, TTL nodes, quotas and the digest.
  ErrorCode Load(std::string_view path, const jute::Buffer& data, const AclRef& acl,
                 const NodeStat& stat);
  void FinishLoad();

  // Paths of the session's ephemerals, in a fixed order; empty if none.
  std::vector<std::string_view> EphemeralsOf(SessionId session) const;
  // Every session that owns ephemerals, ascending.
  std::vector<SessionId> SessionsWithEphemerals() const;
  // Containers and TTL nodes that may be reaped at `now_ms` (client-server protocol, "Container/TTL
  // deletion"), in a fixed order. `max_never_used_ms` 0: never.
  std::vector<std::string> ReapCandidates(int64_t now_ms, int64_t max_never_used_ms) const;

  // Descendants of the node, itself not counted (aliases of "/" as Java counts them).
  size_t AllChildrenNumber(const Node& node) const;

  uint64_t digest() const;
  // Java's counts: the root counts twice.
  size_t node_count() const;
  size_t ephemerals_count() const;
  int64_t approximate_data_size() const;

  // Quotas (quota.h): checks a change against hard limits (enforceQuota).
  // `last_prefix` etc. are in quota.h; kQuotaExceeded or kOk.
  ErrorCode CheckQuota(std::string_view path, int64_t count_delta, int64_t bytes_delta) const;

  const TreeOptions& options() const { return options_; }

 private:
  friend class SnapshotView;
  struct Impl;
  TreeOptions options_;
  std::unique_ptr<Impl> impl_;
};

}  // namespace zk
