// SPDX-License-Identifier: Apache-2.0
//
// Node: one znode in one allocation, its path behind it.
//
// Place: owned by DataTree; shards and prep read it. Threads: as DataTree.
// Invariants: path() and name() are views into the node and live as long as it; a child knows its
// slot in its parent's array, so that removal is a swap with the last.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "common/acl.h"
#include "common/proto/data.h"
#include "common/shared_bytes.h"

namespace zk {

// What is persisted of a node. cversion counts creates only.
struct NodeStat {
  int64_t czxid = 0;
  int64_t mzxid = 0;
  int64_t pzxid = 0;
  int64_t ctime = 0;
  int64_t mtime = 0;
  int32_t version = 0;
  int32_t cversion = 0;
  int32_t aversion = 0;
  int64_t ephemeral_owner = 0;
  friend bool operator==(const NodeStat&, const NodeStat&) = default;
};

class Node {
 public:
  // "" for the root.
  std::string_view path() const { return {reinterpret_cast<const char*>(this + 1), path_size_}; }
  std::string_view name() const { return path().substr(name_offset_); }
  const SharedBytes& data() const { return data_; }
  const NodeStat& stat() const { return stat_; }
  uint32_t acl_id() const { return acl_id_; }  // DataTree::AclOf resolves it
  const Node* parent() const { return parent_; }  // null for the root
  // In no particular order.
  std::span<Node* const> children() const { return {children_, child_count_}; }
  uint32_t child_count() const { return child_count_; }

  // What a client sees: cversion counts creates and deletes; the markers of containers and TTL nodes
  // are hidden.
  proto::Stat ClientStat(bool extended_types, bool emulate_353_ttl) const;

 private:
  friend class DataTree;
  friend class SnapshotView;
  Node() = default;

  NodeStat stat_;
  uint32_t crc_prefix_ = 0;  // CRC-32 state after path and data: a stat change costs 60 bytes of CRC
  uint32_t acl_id_ = 0;
  SharedBytes data_;
  Node* parent_ = nullptr;
  Node** children_ = nullptr;
  uint32_t child_count_ = 0;
  uint32_t child_capacity_ = 0;
  uint32_t index_in_parent_ = 0;
  uint32_t path_size_ = 0;
  uint32_t name_offset_ = 0;
  uint32_t flags_ = 0;
};
static_assert(sizeof(Node) <= 128);

}  // namespace zk
