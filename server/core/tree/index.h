// SPDX-License-Identifier: Apache-2.0
//
// NodeIndex: path -> node, as 256 flat hash sets of node pointers.
//
// Place: inside DataTree. Threads: as DataTree.
// Invariants:
//   1. A key is a view into its node: the index holds 8 bytes and a tag byte for each node.
//   2. Many small tables instead of one, so that the worst insert moves a 256th of the nodes.
//   3. The sub-table comes from the middle bits of the hash: Boost places an element by the high
//   bits
//      and tags it by the low ones, and a choice by either would fill one corner of each table.
#pragma once

#include <array>
#include <boost/unordered/unordered_flat_set.hpp>
#include <cassert>
#include <cstdint>
#include <cstring>
#include <string_view>

#include "server/core/tree/node.h"

namespace zk {

// 64 well-mixed bits. `seed` keeps clients from choosing paths that collide.
// Multiply and fold, 16 bytes a step (the scheme of Wang Yi's wyhash).
class PathHash {
 public:
  static uint64_t Of(std::string_view path, uint64_t seed) {
    const char* at = path.data();
    size_t left = path.size();
    uint64_t state = seed ^ kSecret[0];
    for (; left > 16; left -= 16, at += 16) {
      state = Fold(Load8(at) ^ kSecret[1], Load8(at + 8) ^ state);
    }
    uint64_t a = 0;
    uint64_t b = 0;
    if (path.size() >= 16) {  // the last 16 bytes, some of them for the second time
      a = Load8(at + left - 16);
      b = Load8(at + left - 8);
    } else if (left >= 8) {
      a = Load8(at);
      b = Load8(at + left - 8);
    } else if (left >= 4) {
      a = Load4(at);
      b = Load4(at + left - 4);
    } else if (left > 0) {
      a = (static_cast<uint64_t>(static_cast<uint8_t>(at[0])) << 16) |
          (static_cast<uint64_t>(static_cast<uint8_t>(at[left >> 1])) << 8) |
          static_cast<uint8_t>(at[left - 1]);
    }
    return Fold(kSecret[1] ^ path.size(), Fold(a ^ kSecret[1], b ^ state));
  }

 private:
  // Odd constants with as many ones as zeros.
  static constexpr uint64_t kSecret[2] = {0xa0761d6478bd642f, 0xe7037ed1a0b428db};

  static uint64_t Fold(uint64_t a, uint64_t b) {
    __extension__ using Wide = unsigned __int128;
    const Wide product = static_cast<Wide>(a) * b;
    return static_cast<uint64_t>(product) ^ static_cast<uint64_t>(product >> 64);
  }
  static uint64_t Load8(const char* at) {
    uint64_t value;
    std::memcpy(&value, at, sizeof value);
    return value;
  }
  static uint64_t Load4(const char* at) {
    uint32_t value;
    std::memcpy(&value, at, sizeof value);
    return value;
  }
};

class NodeIndex {
 public:
  explicit NodeIndex(uint64_t seed) : seed_(seed) {
    for (Table& table : tables_) table = Table(0, Hash{seed}, Equal{});
  }

  uint64_t HashOf(std::string_view path) const { return PathHash::Of(path, seed_); }
  Node* Find(std::string_view path) const { return Find(path, HashOf(path)); }
  Node* Find(std::string_view path, uint64_t hash) const {
    const Table& table = tables_[TableOf(hash)];
    const auto it = table.find(Key{path, hash});
    return it == table.end() ? nullptr : *it;
  }
  // False if the path is already there. `hash` is the HashOf() of the node's path.
  bool Insert(Node* node, uint64_t hash) {
    const bool fresh = tables_[TableOf(hash)].insert(node).second;
    size_ += fresh ? 1 : 0;
    return fresh;
  }
  // `node` must be there.
  void Erase(Node* node) {
    const uint64_t hash = HashOf(node->path());
    Table& table = tables_[TableOf(hash)];
    const auto it = table.find(Key{node->path(), hash});
    assert(it != table.end() && *it == node);
    table.erase(it);
    --size_;
  }
  size_t size() const { return size_; }
  template <typename Visitor>
  void ForEach(const Visitor& visit) const {
    for (const Table& table : tables_) {
      for (Node* node : table) visit(node);
    }
  }
  void Clear() {
    for (Table& table : tables_) table = Table(0, Hash{seed_}, Equal{});
    size_ = 0;
  }

 private:
  struct Key {
    std::string_view path;
    uint64_t hash;
  };
  struct Hash {
    using is_transparent = void;
    using is_avalanching = void;  // Boost need not mix once more
    uint64_t seed = 0;
    size_t operator()(const Key& key) const { return key.hash; }
    size_t operator()(const Node* node) const { return PathHash::Of(node->path(), seed); }
  };
  struct Equal {
    using is_transparent = void;
    bool operator()(const Node* a, const Node* b) const { return a->path() == b->path(); }
    bool operator()(const Key& a, const Node* b) const { return a.path == b->path(); }
    bool operator()(const Node* a, const Key& b) const { return a->path() == b.path; }
  };
  using Table = boost::unordered_flat_set<Node*, Hash, Equal>;

  static constexpr size_t kTables = 256;
  static size_t TableOf(uint64_t hash) { return (hash >> 16) % kTables; }

  uint64_t seed_;
  size_t size_ = 0;
  std::array<Table, kTables> tables_;
};

}  // namespace zk
