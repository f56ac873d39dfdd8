// SPDX-License-Identifier: Apache-2.0
#include "server/core/shard/watch_table.h"

#include <cassert>
#include <cstring>
#include <functional>
#include <new>

#include "common/log.h"

namespace zk {

// A watched path, its text behind it in the same allocation.
struct WatchTable::PathEntry {
  Watch* first = nullptr;
  uint32_t size = 0;

  std::string_view text() const { return {reinterpret_cast<const char*>(this + 1), size}; }
  static PathEntry* New(std::string_view path) {
    void* memory = ::operator new(sizeof(PathEntry) + path.size());
    auto* entry = new (memory) PathEntry;
    entry->size = static_cast<uint32_t>(path.size());
    if (!path.empty()) std::memcpy(reinterpret_cast<char*>(entry + 1), path.data(), path.size());
    return entry;
  }
  static void Delete(PathEntry* entry) { ::operator delete(entry); }
};

struct WatchTable::Watch {
  PathEntry* path = nullptr;
  Watch* path_next = nullptr;
  Watch* path_previous = nullptr;
  Watch* connection_next = nullptr;
  Watch* connection_previous = nullptr;
  uint32_t connection = 0;
  uint8_t data = kNoMode;
  uint8_t child = kNoMode;
};

namespace {

// Murmur3's finaliser: spreads what pointers and small numbers have in their low bits.
size_t Mix(uint64_t h) {
  h ^= h >> 33;
  h *= 0xff51afd7ed558ccdULL;
  h ^= h >> 33;
  h *= 0xc4ceb9fe1a85ec53ULL;
  h ^= h >> 33;
  return h;
}

// The modes of one table that a watcher type speaks of.
uint8_t DataModes(WatcherType type) {
  switch (type) {
    case WatcherType::kData:
      return WatchTable::kStandard;
    case WatcherType::kPersistent:
      return WatchTable::kPersistent;
    case WatcherType::kPersistentRecursive:
      return WatchTable::kRecursive;
    case WatcherType::kAny:
      return WatchTable::kStandard | WatchTable::kPersistent | WatchTable::kRecursive;
    case WatcherType::kChildren:
      break;
  }
  return WatchTable::kNoMode;
}

uint8_t ChildModes(WatcherType type) {
  switch (type) {
    case WatcherType::kChildren:
      return WatchTable::kStandard;
    case WatcherType::kPersistent:
      return WatchTable::kPersistent;
    case WatcherType::kAny:
      return WatchTable::kStandard | WatchTable::kPersistent;
    case WatcherType::kData:
    case WatcherType::kPersistentRecursive:
      break;
  }
  return WatchTable::kNoMode;
}

// "/a/b" -> "/a", "/a" -> "/"; "/" has no parent.
std::string_view ParentOf(std::string_view path) {
  const size_t slash = path.rfind('/');
  if (slash == std::string_view::npos || path.size() == 1) return {};
  return slash == 0 ? path.substr(0, 1) : path.substr(0, slash);
}

}  // namespace

size_t WatchTable::PathHash::operator()(std::string_view path) const {
  return Mix(std::hash<std::string_view>()(path));
}
size_t WatchTable::PathHash::operator()(const PathEntry* entry) const {
  return (*this)(entry->text());
}
bool WatchTable::PathEqual::operator()(std::string_view a, const PathEntry* b) const {
  return a == b->text();
}
bool WatchTable::PathEqual::operator()(const PathEntry* a, std::string_view b) const {
  return a->text() == b;
}
size_t WatchTable::WatchHash::operator()(const WatchKey& key) const {
  return Mix(reinterpret_cast<uintptr_t>(key.first) + Mix(key.second));
}
size_t WatchTable::WatchHash::operator()(const Watch* watch) const {
  return (*this)(WatchKey(watch->path, watch->connection));
}
bool WatchTable::WatchEqual::operator()(const WatchKey& a, const Watch* b) const {
  return a.first == b->path && a.second == b->connection;
}
bool WatchTable::WatchEqual::operator()(const Watch* a, const WatchKey& b) const {
  return (*this)(b, a);
}

WatchTable::WatchTable() = default;

WatchTable::~WatchTable() {
  for (WatchSet& set : watches_) {
    for (Watch* watch : set) delete watch;
  }
  for (PathSet& set : paths_) {
    for (PathEntry* entry : set) PathEntry::Delete(entry);
  }
}

WatchTable::PathEntry* WatchTable::FindPath(std::string_view path) const {
  const PathSet& set = paths_[TableOf(PathHash()(path))];
  const auto it = set.find(path);
  return it == set.end() ? nullptr : *it;
}

WatchTable::Watch* WatchTable::Find(std::string_view path, uint32_t connection) const {
  if (connection >= connections_.size() || connections_[connection].first == nullptr)
    return nullptr;
  const PathEntry* entry = FindPath(path);
  if (entry == nullptr) return nullptr;
  const WatchKey key(entry, connection);
  const WatchSet& set = watches_[TableOf(WatchHash()(key))];
  const auto it = set.find(key);
  return it == set.end() ? nullptr : *it;
}

WatchTable::Watch& WatchTable::FindOrAdd(std::string_view path, uint32_t connection) {
  if (connection >= connections_.size()) connections_.resize(connection + 1);
  PathEntry* entry = FindPath(path);
  if (entry == nullptr) {
    entry = PathEntry::New(path);
    paths_[TableOf(PathHash()(path))].insert(entry);
  }
  const WatchKey key(entry, connection);
  WatchSet& set = watches_[TableOf(WatchHash()(key))];
  if (const auto it = set.find(key); it != set.end()) return **it;

  auto* watch = new Watch;
  watch->path = entry;
  watch->connection = connection;
  watch->path_next = entry->first;
  if (entry->first != nullptr) entry->first->path_previous = watch;
  entry->first = watch;
  Watch*& first = connections_[connection].first;
  watch->connection_next = first;
  if (first != nullptr) first->connection_previous = watch;
  first = watch;
  set.insert(watch);
  watch_count_++;
  return *watch;
}

// Sets the modes and keeps the counts; the caller unlinks a watch that has none left.
void WatchTable::SetModes(Watch& watch, uint8_t data, uint8_t child) {
  data_count_ += (data != 0) - (watch.data != 0);
  child_count_ += (child != 0) - (watch.child != 0);
  recursive_count_ += ((data & kRecursive) != 0) - ((watch.data & kRecursive) != 0);
  watch.data = data;
  watch.child = child;
}

void WatchTable::Unlink(Watch& watch) {
  assert(watch.data == 0 && watch.child == 0);
  if (watch.path_previous != nullptr) {
    watch.path_previous->path_next = watch.path_next;
  } else {
    watch.path->first = watch.path_next;
  }
  if (watch.path_next != nullptr) watch.path_next->path_previous = watch.path_previous;
  if (watch.connection_previous != nullptr) {
    watch.connection_previous->connection_next = watch.connection_next;
  } else {
    connections_[watch.connection].first = watch.connection_next;
  }
  if (watch.connection_next != nullptr) {
    watch.connection_next->connection_previous = watch.connection_previous;
  }
  const WatchKey key(watch.path, watch.connection);
  WatchSet& set = watches_[TableOf(WatchHash()(key))];
  set.erase(set.find(key));
  watch_count_--;
  delete &watch;
}

void WatchTable::DropIfUnused(PathEntry* entry) {
  if (entry == nullptr || entry->first != nullptr) return;
  PathSet& set = paths_[TableOf(PathHash()(entry))];
  set.erase(set.find(entry->text()));
  PathEntry::Delete(entry);
}

void WatchTable::AddData(std::string_view path, uint32_t connection, Mode mode) {
  Watch& watch = FindOrAdd(path, connection);
  SetModes(watch, watch.data | mode, watch.child);
}

void WatchTable::AddChild(std::string_view path, uint32_t connection, Mode mode) {
  assert(mode != kRecursive);
  Watch& watch = FindOrAdd(path, connection);
  SetModes(watch, watch.data, watch.child | mode);
}

bool WatchTable::Contains(std::string_view path, uint32_t connection, WatcherType type) const {
  const Watch* watch = Find(path, connection);
  return watch != nullptr &&
         ((watch->data & DataModes(type)) != 0 || (watch->child & ChildModes(type)) != 0);
}

bool WatchTable::Remove(std::string_view path, uint32_t connection, WatcherType type) {
  if (!Contains(path, connection, type)) return false;
  Watch* watch = Find(path, connection);
  SetModes(*watch, watch->data & ~DataModes(type), watch->child & ~ChildModes(type));
  if (watch->data == 0 && watch->child == 0) {
    PathEntry* entry = watch->path;
    Unlink(*watch);
    DropIfUnused(entry);
  }
  return true;
}

void WatchTable::Forget(uint32_t connection) {
  if (connection >= connections_.size()) return;
  while (Watch* watch = connections_[connection].first) {
    PathEntry* entry = watch->path;
    SetModes(*watch, kNoMode, kNoMode);
    Unlink(*watch);
    DropIfUnused(entry);
  }
}

// Names the connection in the current event, unless it was told under the same stamp.
void WatchTable::Tell(uint32_t connection, FiredWatches& out) {
  if (connections_[connection].told == stamp_) return;
  connections_[connection].told = stamp_;
  out.connections.push_back(connection);
}

void WatchTable::FireData(PathEntry* entry, bool exact, FiredWatches& out) {
  if (entry == nullptr) return;
  for (Watch *watch = entry->first, *next = nullptr; watch != nullptr; watch = next) {
    next = watch->path_next;
    if ((exact ? watch->data : watch->data & kRecursive) == 0) continue;
    Tell(watch->connection, out);
    if (!exact || (watch->data & kStandard) == 0) continue;
    SetModes(*watch, watch->data & ~kStandard, watch->child);
    if (watch->data == 0 && watch->child == 0) Unlink(*watch);
  }
}

void WatchTable::FireChild(PathEntry* entry, FiredWatches& out) {
  if (entry == nullptr) return;
  for (Watch *watch = entry->first, *next = nullptr; watch != nullptr; watch = next) {
    next = watch->path_next;
    if (watch->child == 0) continue;
    Tell(watch->connection, out);
    SetModes(*watch, watch->data, watch->child & ~kStandard);
    if (watch->data == 0 && watch->child == 0) Unlink(*watch);
  }
}

void WatchTable::FireAncestors(std::string_view path, FiredWatches& out) {
  if (recursive_count_ == 0) return;
  for (path = ParentOf(path); !path.empty(); path = ParentOf(path)) {
    FireData(FindPath(path), /*exact=*/false, out);
  }
}

void WatchTable::Match(Change::Kind kind, std::string_view path, FiredWatches& out) {
  if (watch_count_ == 0) return;
  const auto fire = [&](EventType type, std::string_view where, bool of_parent, auto&& body) {
    stamp_++;
    const auto begin = static_cast<uint32_t>(out.connections.size());
    PathEntry* entry = FindPath(where);
    body(entry);
    DropIfUnused(entry);
    const auto end = static_cast<uint32_t>(out.connections.size());
    if (begin != end) out.events.push_back({type, where, of_parent, begin, end});
  };
  const EventType type = kind == Change::Kind::kCreated   ? EventType::kNodeCreated
                         : kind == Change::Kind::kDeleted ? EventType::kNodeDeleted
                                                          : EventType::kNodeDataChanged;
  fire(type, path, false, [&](PathEntry* entry) {
    FireData(entry, /*exact=*/true, out);
    FireAncestors(path, out);
    if (kind == Change::Kind::kDeleted) FireChild(entry, out);
  });
  if (kind == Change::Kind::kDataChanged) return;
  const std::string_view parent = ParentOf(path);
  if (parent.empty()) return;
  fire(EventType::kNodeChildrenChanged, parent, true,
       [&](PathEntry* entry) { FireChild(entry, out); });
}

std::vector<std::pair<std::string_view, std::vector<uint32_t>>> WatchTable::DataWatches() const {
  std::vector<std::pair<std::string_view, std::vector<uint32_t>>> out;
  for (const PathSet& set : paths_) {
    for (const PathEntry* entry : set) {
      std::vector<uint32_t> connections;
      for (const Watch* w = entry->first; w != nullptr; w = w->path_next) {
        if (w->data != 0) connections.push_back(w->connection);
      }
      if (!connections.empty()) out.emplace_back(entry->text(), std::move(connections));
    }
  }
  return out;
}

void WatchTable::CheckInvariants() const {
  size_t watches = 0;
  size_t data = 0;
  size_t child = 0;
  size_t recursive = 0;
  for (const PathSet& set : paths_) {
    for (const PathEntry* entry : set) {
      CHECK(entry->first != nullptr) << "a path without a watch";
      for (const Watch* w = entry->first; w != nullptr; w = w->path_next) {
        CHECK(w->path == entry);
        CHECK(w->path_next == nullptr || w->path_next->path_previous == w);
        CHECK(w->data != 0 || w->child != 0);
        CHECK_EQ(Find(entry->text(), w->connection), w);
        watches++;
        data += w->data != 0;
        child += w->child != 0;
        recursive += (w->data & kRecursive) != 0;
      }
    }
  }
  size_t by_connection = 0;
  for (const PerConnection& connection : connections_) {
    for (const Watch* w = connection.first; w != nullptr; w = w->connection_next) by_connection++;
  }
  CHECK_EQ(watches, watch_count_);
  CHECK_EQ(by_connection, watch_count_);
  CHECK_EQ(data, data_count_);
  CHECK_EQ(child, child_count_);
  CHECK_EQ(recursive, recursive_count_);
}

}  // namespace zk
