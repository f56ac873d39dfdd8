// SPDX-License-Identifier: Apache-2.0
#include "server/core/shard/watch_table.h"

#include <algorithm>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "common/random.h"
#include "gtest/gtest.h"

namespace zk {
namespace {

// "2:/a:1,2 4:/:1": type, path, connections in order.
std::string Text(const FiredWatches& fired) {
  std::string out;
  for (const FiredWatches::Event& event : fired.events) {
    if (!out.empty()) out += ' ';
    std::vector<uint32_t> who(fired.connections.begin() + event.begin,
                              fired.connections.begin() + event.end);
    std::sort(who.begin(), who.end());
    out += std::to_string(static_cast<int>(event.type)) + ":" + std::string(event.path) + ":";
    for (size_t i = 0; i < who.size(); i++) out += (i == 0 ? "" : ",") + std::to_string(who[i]);
  }
  return out;
}

// What ZooKeeper's documentation says, with maps and without cleverness.
class NaiveTable {
 public:
  using Key = std::pair<std::string, uint32_t>;

  void AddData(const std::string& path, uint32_t c, uint8_t mode) { data_[{path, c}] |= mode; }
  void AddChild(const std::string& path, uint32_t c, uint8_t mode) { child_[{path, c}] |= mode; }
  void Forget(uint32_t c) {
    std::erase_if(data_, [c](const auto& e) { return e.first.second == c; });
    std::erase_if(child_, [c](const auto& e) { return e.first.second == c; });
  }
  bool Contains(const std::string& path, uint32_t c, WatcherType type) const {
    return (Modes(data_, {path, c}) & DataMask(type)) != 0 ||
           (Modes(child_, {path, c}) & ChildMask(type)) != 0;
  }
  bool Remove(const std::string& path, uint32_t c, WatcherType type) {
    const bool had = Contains(path, c, type);
    Clear(data_, {path, c}, DataMask(type));
    Clear(child_, {path, c}, ChildMask(type));
    return had;
  }
  std::string Match(Change::Kind kind, const std::string& path) {
    const int type = kind == Change::Kind::kCreated ? 1 : kind == Change::Kind::kDeleted ? 2 : 3;
    std::set<uint32_t> told;
    for (const auto& [key, modes] : data_) {
      const bool below = key.first == "/" || path.starts_with(key.first + "/");
      if (key.first == path || (below && (modes & WatchTable::kRecursive) != 0)) {
        told.insert(key.second);
      }
    }
    ClearPath(data_, path);
    if (kind == Change::Kind::kDeleted) {
      for (const auto& [key, modes] : child_) {
        if (key.first == path) told.insert(key.second);
      }
      ClearPath(child_, path);
    }
    std::string out = Event(type, path, told);
    if (kind == Change::Kind::kDataChanged || path == "/") return out;
    const size_t slash = path.rfind('/');
    const std::string parent = slash == 0 ? "/" : path.substr(0, slash);
    std::set<uint32_t> of_parent;
    for (const auto& [key, modes] : child_) {
      if (key.first == parent) of_parent.insert(key.second);
    }
    ClearPath(child_, parent);
    const std::string second = Event(4, parent, of_parent);
    return out + (out.empty() || second.empty() ? "" : " ") + second;
  }
  size_t size() const { return data_.size() + child_.size(); }
  size_t data_size() const { return data_.size(); }

 private:
  using Table = std::map<Key, uint8_t>;
  static uint8_t Modes(const Table& table, const Key& key) {
    const auto it = table.find(key);
    return it == table.end() ? 0 : it->second;
  }
  static void Clear(Table& table, const Key& key, uint8_t mask) {
    const auto it = table.find(key);
    if (it == table.end()) return;
    it->second &= static_cast<uint8_t>(~mask);
    if (it->second == 0) table.erase(it);
  }
  static void ClearPath(Table& table, const std::string& path) {
    for (auto& [key, modes] : table) {
      if (key.first == path) modes &= static_cast<uint8_t>(~WatchTable::kStandard);
    }
    std::erase_if(table, [](const auto& e) { return e.second == 0; });
  }
  static uint8_t DataMask(WatcherType type) {
    const std::map<WatcherType, uint8_t> masks = {{WatcherType::kChildren, 0},
                                                  {WatcherType::kData, 1},
                                                  {WatcherType::kAny, 7},
                                                  {WatcherType::kPersistent, 2},
                                                  {WatcherType::kPersistentRecursive, 4}};
    return masks.at(type);
  }
  static uint8_t ChildMask(WatcherType type) {
    const std::map<WatcherType, uint8_t> masks = {{WatcherType::kChildren, 1},
                                                  {WatcherType::kData, 0},
                                                  {WatcherType::kAny, 3},
                                                  {WatcherType::kPersistent, 2},
                                                  {WatcherType::kPersistentRecursive, 0}};
    return masks.at(type);
  }
  static std::string Event(int type, const std::string& path, const std::set<uint32_t>& who) {
    if (who.empty()) return "";
    std::string out = std::to_string(type) + ":" + path + ":";
    for (const uint32_t c : who) out += (out.back() == ':' ? "" : ",") + std::to_string(c);
    return out;
  }

  Table data_;
  Table child_;
};

std::string Fire(WatchTable& table, Change::Kind kind, std::string_view path) {
  FiredWatches fired;
  table.Match(kind, path, fired);
  table.CheckInvariants();
  return Text(fired);
}

TEST(WatchTable, StandardFiresOnce) {
  WatchTable table;
  table.AddData("/a", 1, WatchTable::kStandard);
  table.AddData("/a", 1, WatchTable::kStandard);
  EXPECT_EQ(Fire(table, Change::Kind::kDataChanged, "/a"), "3:/a:1");
  EXPECT_EQ(Fire(table, Change::Kind::kDataChanged, "/a"), "");
  EXPECT_TRUE(table.empty());
}

TEST(WatchTable, DeleteTellsOnceAndParentToo) {
  WatchTable table;
  table.AddData("/a/b", 1, WatchTable::kStandard);
  table.AddChild("/a/b", 1, WatchTable::kStandard);
  table.AddChild("/a/b", 2, WatchTable::kStandard);
  table.AddChild("/a", 1, WatchTable::kStandard);
  EXPECT_EQ(Fire(table, Change::Kind::kDeleted, "/a/b"), "2:/a/b:1,2 4:/a:1");
  EXPECT_TRUE(table.empty());
}

TEST(WatchTable, ModesAreIndependent) {
  WatchTable table;
  table.AddData("/a", 1, WatchTable::kPersistent);
  table.AddChild("/a", 1, WatchTable::kPersistent);
  table.AddData("/a", 1,
                WatchTable::kStandard);  // 3.6 to 3.8 would make the persistent one one-shot
  for (int i = 0; i < 3; i++) EXPECT_EQ(Fire(table, Change::Kind::kDataChanged, "/a"), "3:/a:1");
  EXPECT_TRUE(table.Contains("/a", 1, WatcherType::kPersistent));
  EXPECT_FALSE(table.Contains("/a", 1, WatcherType::kData));
}

TEST(WatchTable, RecursiveSeesDescendantsButNoChildrenEvents) {
  WatchTable table;
  table.AddData("/a", 1, WatchTable::kRecursive);
  table.AddData("/", 2, WatchTable::kRecursive);
  EXPECT_EQ(Fire(table, Change::Kind::kCreated, "/a/b/c"), "1:/a/b/c:1,2");
  EXPECT_EQ(Fire(table, Change::Kind::kDataChanged, "/a"), "3:/a:1,2");
  EXPECT_EQ(Fire(table, Change::Kind::kCreated, "/ab"), "1:/ab:2");
  EXPECT_EQ(Fire(table, Change::Kind::kDataChanged, "/"), "3:/:2");
}

TEST(WatchTable, EventsOfTheRootChild) {
  WatchTable table;
  table.AddChild("/", 1, WatchTable::kStandard);
  EXPECT_EQ(Fire(table, Change::Kind::kCreated, "/x"), "4:/:1");
  table.AddData("", 1, WatchTable::kStandard);  // the alias of the root never fires
  EXPECT_EQ(Fire(table, Change::Kind::kDataChanged, "/"), "");
}

TEST(WatchTable, AgreesWithTheNaiveTable) {
  const std::vector<std::string> paths = {"/",      "/a",       "/b",  "/a/b",  "/a/c",
                                          "/a/b/c", "/a/b/c/d", "/ab", "/a/b/d"};
  for (uint64_t seed = 1; seed <= 30; seed++) {
    Random random(seed);
    WatchTable table;
    NaiveTable naive;
    for (int step = 0; step < 600; step++) {
      const std::string& path = paths[random.Uniform(paths.size())];
      const auto who = static_cast<uint32_t>(random.Uniform(5));
      const auto type = static_cast<WatcherType>(1 + random.Uniform(5));
      const uint64_t what = random.Uniform(20);
      if (what < 5) {
        const auto mode = static_cast<WatchTable::Mode>(1 << random.Uniform(3));
        table.AddData(path, who, mode);
        naive.AddData(path, who, mode);
      } else if (what < 9) {
        const auto mode = static_cast<WatchTable::Mode>(1 << random.Uniform(2));
        table.AddChild(path, who, mode);
        naive.AddChild(path, who, mode);
      } else if (what < 12) {
        ASSERT_EQ(table.Remove(path, who, type), naive.Remove(path, who, type));
      } else if (what == 12 && random.OneIn(4)) {
        table.Forget(who);
        naive.Forget(who);
      } else {
        const auto kind = static_cast<Change::Kind>(random.Uniform(3));
        FiredWatches fired;
        table.Match(kind, path, fired);
        ASSERT_EQ(Text(fired), naive.Match(kind, path)) << "seed " << seed << ", step " << step;
      }
      ASSERT_EQ(table.Contains(path, who, type), naive.Contains(path, who, type));
      ASSERT_EQ(table.size(), naive.size());
      ASSERT_EQ(table.data_watches(), naive.data_size());
      table.CheckInvariants();
    }
  }
}

TEST(WatchTable, ManyWatchesOfOnePathAndManyPathsOfOneConnection) {
  WatchTable table;
  for (uint32_t c = 0; c < 5000; c++) table.AddData("/hot", c, WatchTable::kStandard);
  for (int i = 0; i < 5000; i++) {
    table.AddChild("/p" + std::to_string(i), 7, WatchTable::kStandard);
  }
  FiredWatches fired;
  table.Match(Change::Kind::kDataChanged, "/hot", fired);
  ASSERT_EQ(fired.events.size(), 1u);
  EXPECT_EQ(fired.connections.size(), 5000u);
  EXPECT_EQ(table.size(), 5000u);
  table.Forget(7);
  EXPECT_TRUE(table.empty());
  table.CheckInvariants();
}

TEST(WatchTable, ListsDataWatchesOnly) {
  WatchTable table;
  table.AddData("/a", 1, WatchTable::kStandard);
  table.AddData("/a", 2, WatchTable::kRecursive);
  table.AddChild("/b", 1, WatchTable::kStandard);
  const auto listed = table.DataWatches();
  ASSERT_EQ(listed.size(), 1u);
  EXPECT_EQ(listed[0].first, "/a");
  EXPECT_EQ(listed[0].second.size(), 2u);
  EXPECT_EQ(table.size(), 3u);
  EXPECT_EQ(table.data_watches(), 2u);
}

}  // namespace
}  // namespace zk
