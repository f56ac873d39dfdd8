// SPDX-License-Identifier: Apache-2.0
//
// Node: one znode in one allocation, its path behind it.
//
// Place: owned by DataTree; shards and prep read it. Threads: as DataTree.
// Invariants:
//   1. path() and name() are views into the node and live as long as it.
//   2. A child knows its slot in its parent's array, and an owned node its slot in its owner's list
//      (ephemerals.h), so that removal is a swap with the last.
//   3. The array of children has room for 2^child_capacity_log2_ (0: there is none): the exponent
//      fits where a count would cost every leaf 8 bytes.
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
  uint32_t acl_id() const { return acl_id_; }     // DataTree::AclOf resolves it
  const Node* parent() const { return parent_; }  // null for the root
  // In no particular order.
  std::span<Node* const> children() const { return {children_, child_count_}; }
  uint32_t child_count() const { return child_count_; }

  // CRC-32 after path and data, the start of the node's digest (digest.h). 0 below /zookeeper/ and
  // in a tree without digests.
  uint32_t crc_prefix() const { return crc_prefix_; }

  // What a client sees: cversion counts creates and deletes; the markers of containers and TTL
  // nodes are hidden.
  proto::Stat ClientStat(bool extended_types, bool emulate_353_ttl) const;

  // The node behind `this` in a walk over `top` and what is below it, parents first; null at the
  // end. Needs no stack: a walk is safe at any depth.
  const Node* NextBelow(const Node* top) const;

 private:
  friend class DataTree;
  friend class OwnedNodes;
  friend class PreImages;
  friend class NodeTestPeer;
  Node() = default;
  ~Node() = default;

  // `path` without its name is the parent's; `name_offset` bytes of it with the slash behind them.
  static Node* New(std::string_view path, size_t name_offset);
  // Frees the node alone, not its children.
  static void Free(Node* node);
  void AddChild(Node* child);
  // `child` must be one of this node's.
  void RemoveChild(Node* child);
  size_t child_capacity() const {
    return child_capacity_log2_ == 0 ? 0 : size_t{1} << child_capacity_log2_;
  }
  void SetChildCapacity(uint8_t log2);

  NodeStat stat_;
  uint32_t crc_prefix_ = 0;  // a stat change costs 60 bytes of CRC, not the data again
  uint32_t acl_id_ = 0;
  SharedBytes data_;
  Node* parent_ = nullptr;
  Node** children_ = nullptr;
  uint32_t child_count_ = 0;
  uint32_t index_in_parent_ = 0;
  uint32_t index_in_owner_ = 0;
  uint8_t child_capacity_log2_ = 0;
  bool in_digest_ = false;  // false below /zookeeper/ and in a tree without digests
  uint32_t name_offset_ = 0;
  uint32_t path_size_ = 0;
};
// Behind it comes the path: 8 bytes more would push paths of 40 to 48 bytes into malloc's next
// size.
static_assert(sizeof(Node) <= 120);

}  // namespace zk
