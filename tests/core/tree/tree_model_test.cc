// SPDX-License-Identifier: Apache-2.0
// Random operations against a reference that is too simple to be wrong: a map of paths.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdio>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "common/random.h"
#include "server/core/tree/data_tree.h"
#include "server/core/tree/owner.h"
#include "server/core/tree/pre_images.h"
#include "server/core/tree/snapshot_view.h"
#include "tests/core/tree/tree_testing.h"

namespace zk {
namespace {

struct Model {
  struct Value {
    SharedBytes data{std::string_view()};
    NodeStat stat;
    AclRef acl = OpenAcl();
  };
  std::map<std::string, Value> nodes;

  Model() {
    for (const char* path : {"", "/zookeeper", "/zookeeper/quota", "/zookeeper/config"})
      nodes[path];
    nodes["/zookeeper/config"].acl =
        std::make_shared<const AclList>(AclList{{1, {"world", "anyone"}}});
    nodes["/zookeeper/config"].stat.aversion = -1;
  }
  static std::string ParentOf(const std::string& path) { return path.substr(0, path.rfind('/')); }
  static bool IsBelow(const std::string& path, const std::string& top) {
    return path.starts_with(top + "/");
  }
  void Raise(const std::string& parent, int32_t cversion, int64_t zxid) {
    NodeStat& stat = nodes[parent].stat;
    if (cversion == -1) cversion = stat.cversion + 1;
    if (cversion > stat.cversion) stat.cversion = cversion, stat.pzxid = zxid;
  }
  ErrorCode Create(const CreateArgs& args) {
    const std::string path(args.path);
    const std::string parent = ParentOf(path);
    if (!nodes.contains(parent)) return ErrorCode::kNoNode;
    if (nodes.contains(path)) {
      nodes[path].acl = args.acl;
      if (args.fix_parent_of_existing) Raise(parent, args.parent_cversion, args.zxid.value);
      return ErrorCode::kNodeExists;
    }
    Raise(parent, args.parent_cversion, args.zxid.value);
    Value& node = nodes[path];
    node.data = SharedBytes::From(args.data);
    node.acl = args.acl;
    node.stat.czxid = node.stat.mzxid = node.stat.pzxid = args.zxid.value;
    node.stat.ctime = node.stat.mtime = args.time_ms;
    node.stat.ephemeral_owner = args.ephemeral_owner;
    if (path.ends_with("/zookeeper_stats")) Recount(parent.substr(kQuotaRoot.size()));
    Count(path, 1, static_cast<int64_t>(node.data.size()));
    return ErrorCode::kOk;
  }
  ErrorCode Delete(const std::string& path, int64_t zxid) {
    const std::string parent = ParentOf(path);
    if (!nodes.contains(parent)) return ErrorCode::kNoNode;
    nodes[parent].stat.pzxid = std::max(nodes[parent].stat.pzxid, zxid);
    if (!nodes.contains(path)) return ErrorCode::kNoNode;
    std::vector<std::string> gone{path};
    for (const auto& [other, value] : nodes) {
      if (IsBelow(other, path)) gone.push_back(other);
    }
    for (const std::string& each : gone) {
      const int64_t size = static_cast<int64_t>(nodes[each].data.size());
      nodes.erase(each);
      Count(each, -1, -size);
    }
    return ErrorCode::kOk;
  }
  ErrorCode SetData(const std::string& path, const jute::Buffer& data, int32_t version,
                    int64_t zxid, int64_t time_ms) {
    const auto it = nodes.find(path);
    if (it == nodes.end()) return ErrorCode::kNoNode;
    const int64_t before = static_cast<int64_t>(it->second.data.size());
    it->second.data = SharedBytes::From(data);
    it->second.stat.version = version;
    it->second.stat.mzxid = zxid;
    it->second.stat.mtime = time_ms;
    Count(path, 0, static_cast<int64_t>(data.size()) - before);
    return ErrorCode::kOk;
  }
  ErrorCode SetAcl(const std::string& path, const AclRef& acl, int32_t version) {
    const auto it = nodes.find(path);
    if (it == nodes.end()) return ErrorCode::kNoNode;
    it->second.acl = acl;
    it->second.stat.aversion = version;
    return ErrorCode::kOk;
  }
  void Count(const std::string& path, int64_t count, int64_t bytes) {
    if (count == 0 && bytes == 0) return;
    std::string prefix = path;
    while (!prefix.empty() && !nodes.contains(QuotaNodePath(prefix, kLimitsName))) {
      prefix = ParentOf(prefix);
    }
    if (prefix.empty()) return;
    const auto stats = nodes.find(QuotaNodePath(prefix, kStatsName));
    if (stats == nodes.end()) return;
    long long old_count = -1, old_bytes = -1;
    if (stats->second.data.is_null()) return;
    std::string text(stats->second.data.view());
    if (text.empty()) text = "count=-1,bytes=-1";  // what is not said is -1
    if (std::sscanf(text.c_str(), "count=%lld,bytes=%lld", &old_count, &old_bytes) != 2) return;
    stats->second.data = SharedBytes("count=" + std::to_string(old_count + count) +
                                     ",bytes=" + std::to_string(old_bytes + bytes));
  }
  void Recount(const std::string& prefix) {
    size_t count = 0, bytes = 0;
    for (const auto& [path, value] : nodes) {
      if (path != prefix && !IsBelow(path, prefix)) continue;
      ++count;
      bytes += value.data.size();
    }
    nodes[QuotaNodePath(prefix, kStatsName)].data =
        SharedBytes("count=" + std::to_string(count) + ",bytes=" + std::to_string(bytes));
  }
  std::map<std::string, std::string> Lines() const {
    std::map<std::string, std::string> lines;
    for (const auto& [path, n] : nodes) lines[path] = Line(path, n.data, n.stat, *n.acl);
    return lines;
  }
  std::set<std::string> Lists() const {
    std::set<std::string> lists;
    for (const auto& [path, n] : nodes) {
      if (*n.acl != *OpenAcl()) lists.insert(Line("", {}, {}, *n.acl));
    }
    return lists;
  }
};

class Walk {
 public:
  explicit Walk(uint64_t seed) : random_(seed), db_({.extended_types = true}) {}

  void Run(int steps) {
    for (int step = 0; step < steps && !testing::Test::HasFailure(); ++step) {
      SCOPED_TRACE("step " + std::to_string(step));
      Step();
      if (random_.OneIn(200)) Compare();
      StepView();
    }
    view_.reset();
    Compare();
  }
  int views_compared() const { return views_compared_; }

 private:
  std::string RandomPath() {
    if (random_.OneIn(12)) {
      std::string path(kQuotaRoot);
      path += "/" + std::string(1, static_cast<char>('a' + random_.Uniform(3)));
      const uint64_t kind = random_.Uniform(3);
      if (kind == 1) path.append("/").append(kLimitsName);
      if (kind == 2) path.append("/").append(kStatsName);
      return path;
    }
    std::string path;
    for (uint64_t n = random_.Uniform(4) + 1; n > 0; --n) {
      path += "/" + std::string(1, static_cast<char>('a' + random_.Uniform(5)));
      if (random_.OneIn(6)) path += random_.OneIn(2) ? "-" : "b";
    }
    return path;
  }
  int64_t RandomOwner() {
    switch (random_.Uniform(8)) {
      case 0:
        return kContainerOwner;
      case 1:
        return TtlOwner(static_cast<int64_t>(random_.Uniform(100)));
      case 2:
      case 3:
        return static_cast<int64_t>(random_.Uniform(4)) + 1;
      default:
        return 0;
    }
  }
  AclRef RandomAcl() {
    return random_.OneIn(2) ? OpenAcl() : AclFor(std::to_string(random_.Uniform(6)));
  }
  void Step() {
    // Replay applies old transactions too.
    const int64_t zxid =
        random_.OneIn(10) ? static_cast<int64_t>(random_.Uniform(50)) : ++last_zxid_;
    db_.last_processed = Zxid(last_zxid_);
    const std::string path = RandomPath();
    const std::string text(random_.Uniform(9), 'x');
    const jute::Buffer data = random_.OneIn(10) ? jute::Buffer() : jute::Buffer(text);
    const int32_t version = static_cast<int32_t>(random_.Uniform(9));
    switch (random_.Uniform(8)) {
      case 0:
      case 1: {
        ASSERT_EQ(db_.tree.Delete(path, Zxid(zxid)), model_.Delete(path, zxid)) << path;
        return;
      }
      case 2: {
        ASSERT_EQ(Set(db_.tree, path, data, version, zxid),
                  model_.SetData(path, data, version, zxid, 10 * zxid));
        return;
      }
      case 3: {
        const AclRef acl = RandomAcl();
        ASSERT_EQ(db_.tree.SetAcl(path, acl, version), model_.SetAcl(path, acl, version));
        return;
      }
      default: {
        CreateArgs args = Args(path, data, zxid, RandomOwner());
        args.acl = RandomAcl();
        args.fix_parent_of_existing = random_.OneIn(2);
        if (random_.OneIn(4)) args.parent_cversion = static_cast<int32_t>(random_.Uniform(30));
        ASSERT_EQ(db_.tree.Create(args), model_.Create(args)) << path;
      }
    }
  }
  void StepView() {
    if (view_ == nullptr) {
      if (!random_.OneIn(40)) return;
      view_ = std::make_unique<SnapshotView>(db_);
      nodes_.clear();
      want_ = model_.Lines();
      want_lists_ = model_.Lists();
      want_digest_ = db_.tree.digest();
      want_zxid_ = db_.last_processed;
    } else if (random_.OneIn(500)) {
      view_.reset();  // given up
    } else if (random_.OneIn(2)) {
      const bool more = view_->Next(1 + random_.Uniform(8), nodes_);
      if (random_.OneIn(3)) view_->Prepare();
      if (!more) CompareView();
    }
  }
  void CompareView() {
    EXPECT_EQ(nodes_.size(), want_.size());
    EXPECT_EQ(Difference(Lines(nodes_), want_), "");
    for (size_t i = 1; i < nodes_.size(); ++i) {
      EXPECT_TRUE(PreorderLess(nodes_[i - 1].path, nodes_[i].path));
    }
    std::set<std::string> lists;
    for (const AclRef& acl : view_->acls()) lists.insert(Line("", {}, {}, *acl));
    EXPECT_EQ(lists, want_lists_);
    EXPECT_EQ(lists.size(), view_->acls().size()) << "each list once";
    EXPECT_EQ(view_->digest(), want_digest_);
    EXPECT_EQ(view_->zxid(), want_zxid_);
    EXPECT_EQ(view_->kept_bytes(), 0u);
    // What the view gave makes the tree that it was.
    DataTree loaded({.extended_types = true});
    for (const SnapshotNode& n : nodes_) {
      ASSERT_EQ(loaded.Load(n.path, n.data.buffer(), n.acl, n.stat), ErrorCode::kOk);
    }
    loaded.FinishLoad();
    EXPECT_EQ(loaded.digest(), want_digest_);
    view_.reset();
    ++views_compared_;
  }
  void Compare() {
    ASSERT_EQ(Difference(Lines(db_.tree), model_.Lines()), "");
    CheckTree(db_.tree);
    for (const auto& [path, value] : model_.nodes) {
      size_t below = 0;
      for (const auto& [other, ignored] : model_.nodes)
        below += Model::IsBelow(other, path) ? 1 : 0;
      ASSERT_EQ(db_.tree.AllChildrenNumber(*db_.tree.Find(path)), below) << path;
    }
  }

  Random random_;
  Database db_;
  Model model_;
  int64_t last_zxid_ = 100;
  std::unique_ptr<SnapshotView> view_;
  std::vector<SnapshotNode> nodes_;
  std::map<std::string, std::string> want_;
  std::set<std::string> want_lists_;
  uint64_t want_digest_ = 0;
  Zxid want_zxid_;
  int views_compared_ = 0;
};

class TreeModelTest : public testing::TestWithParam<uint64_t> {};

TEST_P(TreeModelTest, RandomOperations) {
  Walk walk(GetParam());
  walk.Run(12'000);
  EXPECT_GT(walk.views_compared(), 50);
}

INSTANTIATE_TEST_SUITE_P(Seeds, TreeModelTest, testing::Range(uint64_t{1}, uint64_t{9}));

}  // namespace
}  // namespace zk
