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
//   5. Nothing recurses on depth, and the cost of a change does not grow with the number of
//   siblings.
// Source: storage format, "Apply rules"; client-server protocol, "Znode semantics".
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "common/acl.h"
#include "common/error_code.h"
#include "common/types.h"
#include "jute/bytes.h"
#include "server/core/tree/node.h"
#include "server/core/tree/quota.h"

namespace zk {

class SnapshotView;

struct TreeOptions {
  bool extended_types = false;   // TTL nodes
  bool emulate_353_ttl = false;  // any negative owner but the container's is a TTL node
  bool digest = true;
  uint64_t hash_seed = 0;  // of the index, so that clients cannot choose paths that collide
};

struct CreateArgs {
  std::string_view path;
  jute::Buffer data;
  AclRef acl;                    // never null
  int64_t ephemeral_owner = 0;   // session, container marker or TTL encoding (owner.h)
  int32_t parent_cversion = -1;  // -1 = the parent's current one + 1
  Zxid zxid;
  int64_t time_ms = 0;
  // Type-1 creates raise the parent's cversion and pzxid even when the node is already there.
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

  // The mutators. kNoNode and kNodeExists are no trouble in replay over a fuzzy snapshot; a path
  // that no client could have made (no '/', an empty parent) is kBadArguments. `node`, where it is
  // not null and the answer is kOk, is set to the node.

  // kNoNode: no parent. kNodeExists: the node takes `acl` (a fuzzy snapshot may refer to a list
  // that was made after its table of lists was written), the parent what fix_parent_of_existing
  // says.
  ErrorCode Create(const CreateArgs& args, const Node** node = nullptr);
  // kNoNode: no parent or no node; the parent's pzxid grows even if only the node is gone. That a
  // live delete finds no children is the caller's check: in replay over a fuzzy snapshot they were
  // made by later transactions, which will make them again, so they go with the node.
  ErrorCode Delete(std::string_view path, Zxid zxid);
  // `version` is the new one.
  ErrorCode SetData(std::string_view path, const jute::Buffer& data, int32_t version, Zxid zxid,
                    int64_t time_ms, const Node** node = nullptr);
  ErrorCode SetAcl(std::string_view path, const AclRef& acl, int32_t version,
                   const Node** node = nullptr);

  // Loading a snapshot into this tree, whatever it held; no view may be active. Nodes come in any
  // order with parents first, with their stored stat; the root comes as "". kNoNode if the parent
  // is missing, kNodeExists for a second node of the same path. Call FinishLoad() once after the
  // last: it makes the quotas.
  ErrorCode Load(std::string_view path, const jute::Buffer& data, const AclRef& acl,
                 const NodeStat& stat);
  void FinishLoad();

  // Paths of the session's ephemerals, sorted; views that a delete of the node ends. Empty if none.
  std::vector<std::string_view> EphemeralsOf(SessionId session) const;
  // Every session that owns ephemerals, ascending.
  std::vector<SessionId> SessionsWithEphemerals() const;
  // Containers and TTL nodes that may be reaped at `now_ms` (client-server protocol, "Container/TTL
  // deletion"), sorted. `max_never_used_ms` is how long a container may wait for its first child;
  // 0: for ever.
  std::vector<std::string> ReapCandidates(int64_t now_ms, int64_t max_never_used_ms) const;

  // Descendants of the node, itself not counted. Walks over them, except for the root.
  size_t AllChildrenNumber(const Node& node) const;

  // 0 in a tree without digests.
  uint64_t digest() const;
  // Java's count: the root counts twice, as "" and as "/".
  size_t node_count() const;
  size_t ephemerals_count() const;
  // Java's sum of path lengths, in UTF-16 units, and data lengths; the root's data counts twice.
  int64_t approximate_data_size() const;

  // What creating (`count_delta` 1) or setting `path` would do to the quota that covers it, by the
  // statistics as they are now: changes that are not applied yet are not seen.
  QuotaVerdict JudgeChange(std::string_view path, int64_t count_delta, int64_t bytes_delta) const;
  // kQuotaExceeded for a hard limit, else kOk.
  ErrorCode CheckQuota(std::string_view path, int64_t count_delta, int64_t bytes_delta) const;

  const TreeOptions& options() const;

 private:
  friend class SnapshotView;
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace zk
