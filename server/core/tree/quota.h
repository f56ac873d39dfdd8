// SPDX-License-Identifier: Apache-2.0
//
// Quotas: the text of limits and statistics, and which prefix of a path has a quota.
//
// Place: inside DataTree; clients make a quota for P by creating
// /zookeeper/quota<P>/zookeeper_limits and then .../zookeeper_stats. Threads: as DataTree.
// Invariant: any bytes are a legal text to be given; one that Java could not read (and would die
// of) is ignored. Source: client-server protocol, "/zookeeper subtree and quotas".
#pragma once

#include <boost/container_hash/hash.hpp>
#include <boost/unordered/unordered_flat_map.hpp>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace zk {

inline constexpr std::string_view kQuotaRoot = "/zookeeper/quota";
inline constexpr std::string_view kLimitsName = "zookeeper_limits";
inline constexpr std::string_view kStatsName = "zookeeper_stats";

// "count=5,bytes=100=;byteHardLimit=9;countHardLimit=7". Numbers that nobody knows are kept.
class QuotaText {
 public:
  static constexpr std::string_view kCount = "count";
  static constexpr std::string_view kBytes = "bytes";
  static constexpr std::string_view kCountHard = "countHardLimit";
  static constexpr std::string_view kBytesHard = "byteHardLimit";

  QuotaText() = default;
  QuotaText(int64_t count, int64_t bytes);
  // Nothing for what Java's parser throws on.
  static std::optional<QuotaText> Parse(std::string_view text);

  // -1 (no limit) for what the text does not name.
  int64_t Get(std::string_view key) const;
  // Wraps like Java's long.
  void Add(std::string_view key, int64_t delta);
  std::string Print() const;

 private:
  std::map<std::string, int64_t, std::less<>> values_;
};

// What a change would do to the quota that covers it.
struct QuotaVerdict {
  enum class Level : uint8_t {
    kWithin,  // or no quota at all
    kSoft,    // over a soft limit: to be logged
    kHard,    // over a hard limit: refused where quotas are enforced
  };
  Level level = Level::kWithin;
  std::string prefix;  // the path that has the quota; empty if none covers the change
  bool bytes = false;  // the limit is of bytes, not of nodes
  int64_t limit = 0;   // with kSoft and kHard
  int64_t value = 0;   // what the statistics would say
};

// A limit of `limits` against the statistics after the change. Deltas of 0 are not judged.
QuotaVerdict JudgeQuota(const QuotaText& limits, const QuotaText& stats, int64_t count_delta,
                        int64_t bytes_delta);

// "/a/b" for "/zookeeper/quota/a/b", the parent of the quota's two nodes. Nothing if `parent` lies
// elsewhere; "" is the quota root itself.
std::optional<std::string_view> QuotaPrefixOf(std::string_view parent);
// The path of the node `name` (kLimitsName, kStatsName) of the quota of `prefix`.
std::string QuotaNodePath(std::string_view prefix, std::string_view name);

// The prefixes that have limits, by component. Flat, since a quota may lie 100,000 levels deep.
class QuotaTrie {
 public:
  QuotaTrie() { Clear(); }

  // `prefix` is a path other than "/"; adding it twice is adding it once.
  void Add(std::string_view prefix);
  void Remove(std::string_view prefix);
  // The longest added prefix of `path`, itself included, as a part of it; empty if there is none.
  std::string_view Longest(std::string_view path) const;
  bool empty() const { return marked_ == 0; }
  void Clear();

 private:
  struct Step {
    uint32_t parent;
    std::string_view name;
  };
  struct Edge {
    uint32_t parent;
    std::string name;
    operator Step() const { return {parent, name}; }
  };
  struct Hash {
    using is_transparent = void;
    size_t operator()(const Step& step) const {
      size_t seed = step.parent;
      boost::hash_combine(seed, boost::hash_range(step.name.begin(), step.name.end()));
      return seed;
    }
  };
  struct Equal {
    using is_transparent = void;
    bool operator()(const Step& a, const Step& b) const {
      return a.parent == b.parent && a.name == b.name;
    }
  };
  struct Vertex {
    uint32_t children = 0;
    bool marked = false;
  };

  static constexpr uint32_t kRoot = 0;

  std::vector<Vertex> vertices_;
  std::vector<uint32_t> free_;
  boost::unordered_flat_map<Edge, uint32_t, Hash, Equal> edges_;
  size_t marked_ = 0;
};

}  // namespace zk
