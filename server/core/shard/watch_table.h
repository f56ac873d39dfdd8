// SPDX-License-Identifier: Apache-2.0
//
// WatchTable: the watches of one shard's connections, and which of them a change fires.
//
// Place: filled by reads.h and watch_ops.h, asked by Shard::OnBatch. Threads: the shard's loop; a
// watch is known to one shard only.
// Invariants:
//   1. One Watch for a (path, connection); its modes in the data and in the child table are bits,
//   each
//      independent of the others (ZooKeeper 3.9 and later).
//   2. A connection gets at most one event for (change, table, path), and one NodeDeleted for both
//      tables together.
//   3. Standard modes go when they fire, also for a connection that may not be told.
// Cost: about 120 bytes a watch beside its path; every operation O(1), Match O(watches that fire +
// depth of the path where recursive watches exist), Forget O(watches of the connection).
// Source: client-server protocol, "Watches".
#pragma once

#include <array>
#include <boost/unordered/unordered_flat_set.hpp>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "common/proto/opcode.h"
#include "server/core/batch.h"

namespace zk {

// What one change fires. Reused from change to change.
struct FiredWatches {
  struct Event {
    EventType type = EventType::kNone;
    std::string_view path;   // of the event: the node, or its parent for kNodeChildrenChanged
    bool of_parent = false;  // whose ACL decides about delivery
    uint32_t begin = 0;      // [begin, end) in `connections`
    uint32_t end = 0;
  };
  std::vector<Event> events;
  std::vector<uint32_t> connections;

  void Clear() {
    events.clear();
    connections.clear();
  }
};

class WatchTable {
 public:
  enum Mode : uint8_t { kNoMode = 0, kStandard = 1, kPersistent = 2, kRecursive = 4 };

  WatchTable();
  ~WatchTable();
  WatchTable(const WatchTable&) = delete;
  WatchTable& operator=(const WatchTable&) = delete;

  // What getData, exists, getChildren set (kStandard), and addWatch (both tables for kPersistent,
  // the data table for kRecursive).
  void AddData(std::string_view path, uint32_t connection, Mode mode);
  void AddChild(std::string_view path, uint32_t connection, Mode mode);

  // Whether the connection has a watch of this type on exactly this path; Remove takes it away and
  // says whether there was one.
  bool Contains(std::string_view path, uint32_t connection, WatcherType type) const;
  bool Remove(std::string_view path, uint32_t connection, WatcherType type);
  // The connection is gone.
  void Forget(uint32_t connection);

  // Appends what the change of `path` ("/" for the root) fires. `path` must outlive `out`.
  void Match(Change::Kind kind, std::string_view path, FiredWatches& out);

  bool empty() const { return watch_count_ == 0; }
  // (path, connection) pairs of the data and of the child table together.
  size_t size() const { return data_count_ + child_count_; }
  // Of the data table only, which is what wchs, wchp and wchc show.
  size_t data_watches() const { return data_count_; }
  // Every path with a data watch, and its connections; in no order.
  std::vector<std::pair<std::string_view, std::vector<uint32_t>>> DataWatches() const;
  // Aborts when the links, the tables and the counts disagree.
  void CheckInvariants() const;

 private:
  struct PathEntry;
  struct Watch;
  struct PathHash {
    using is_transparent = void;
    size_t operator()(std::string_view path) const;
    size_t operator()(const PathEntry* entry) const;
  };
  struct PathEqual {
    using is_transparent = void;
    bool operator()(const PathEntry* a, const PathEntry* b) const { return a == b; }
    bool operator()(std::string_view a, const PathEntry* b) const;
    bool operator()(const PathEntry* a, std::string_view b) const;
  };
  using WatchKey = std::pair<const PathEntry*, uint32_t>;
  struct WatchHash {
    using is_transparent = void;
    size_t operator()(const WatchKey& key) const;
    size_t operator()(const Watch* watch) const;
  };
  struct WatchEqual {
    using is_transparent = void;
    bool operator()(const Watch* a, const Watch* b) const { return a == b; }
    bool operator()(const WatchKey& a, const Watch* b) const;
    bool operator()(const Watch* a, const WatchKey& b) const;
  };
  // Many small tables, so that no single insertion pays for rehashing all.
  static constexpr size_t kTables = 64;
  using PathSet = boost::unordered_flat_set<PathEntry*, PathHash, PathEqual>;
  using WatchSet = boost::unordered_flat_set<Watch*, WatchHash, WatchEqual>;
  struct PerConnection {
    Watch* first = nullptr;
    uint64_t told = 0;  // the stamp of the last event that named it
  };

  // The boost tables place by the high bits of the hash: the sub-table is chosen by others.
  static size_t TableOf(size_t hash) { return (hash >> 16) % kTables; }
  PathEntry* FindPath(std::string_view path) const;
  Watch* Find(std::string_view path, uint32_t connection) const;
  Watch& FindOrAdd(std::string_view path, uint32_t connection);
  void SetModes(Watch& watch, uint8_t data, uint8_t child);
  void Unlink(Watch& watch);
  void DropIfUnused(PathEntry* entry);
  void FireData(PathEntry* entry, bool exact, FiredWatches& out);
  void FireChild(PathEntry* entry, FiredWatches& out);
  void FireAncestors(std::string_view path, FiredWatches& out);
  void Tell(uint32_t connection, FiredWatches& out);

  std::array<PathSet, kTables> paths_;
  std::array<WatchSet, kTables> watches_;
  std::vector<PerConnection> connections_;
  size_t watch_count_ = 0;
  size_t data_count_ = 0;
  size_t child_count_ = 0;
  size_t recursive_count_ = 0;
  uint64_t stamp_ = 0;
};

}  // namespace zk
