// SPDX-License-Identifier: Apache-2.0
#include "server/core/tree/quota.h"

#include <charconv>
#include <utility>

namespace zk {
namespace {

// Cuts the next component off `rest` ("/a/b" -> "a", rest "/b"); empty at the end.
std::string_view NextComponent(std::string_view& rest) {
  while (rest.starts_with('/')) rest.remove_prefix(1);
  const std::string_view name = rest.substr(0, rest.find('/'));
  rest.remove_prefix(name.size());
  return name;
}

// A decimal as Long.parseLong reads it; no text at all is -1.
std::optional<int64_t> ParseNumber(std::string_view text) {
  if (text.empty()) return -1;
  if (text[0] == '+') {
    text.remove_prefix(1);
    if (text.starts_with('-')) return std::nullopt;
  }
  int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

}  // namespace

QuotaText::QuotaText(int64_t count, int64_t bytes) {
  values_.emplace(kCount, count);
  values_.emplace(kBytes, bytes);
}

std::optional<QuotaText> QuotaText::Parse(std::string_view text) {
  QuotaText out;
  while (!text.empty() && (text.back() == ',' || text.back() == ';')) text.remove_suffix(1);
  while (!text.empty()) {
    const size_t end = text.find_first_of(",;");
    const std::string_view piece = text.substr(0, end);
    const size_t next = end == text.npos ? text.npos : text.find_first_not_of(",;", end);
    text = next == text.npos ? std::string_view() : text.substr(next);

    // Java splits the piece at each '=' and takes the first two parts; empty parts at the end do
    // not count, so `bytes=` has no value at all, while `bytes==5` has an empty one.
    const size_t equals = piece.find('=');
    if (equals == piece.npos) return std::nullopt;
    const std::string_view rest = piece.substr(equals + 1);
    if (rest.find_first_not_of('=') == rest.npos) return std::nullopt;
    const std::optional<int64_t> value = ParseNumber(rest.substr(0, rest.find('=')));
    if (!value) return std::nullopt;
    out.values_.insert_or_assign(std::string(piece.substr(0, equals)), *value);
  }
  return out;
}

int64_t QuotaText::Get(std::string_view key) const {
  const auto it = values_.find(key);
  return it == values_.end() ? -1 : it->second;
}

void QuotaText::Add(std::string_view key, int64_t delta) {
  const uint64_t sum = static_cast<uint64_t>(Get(key)) + static_cast<uint64_t>(delta);
  values_.insert_or_assign(std::string(key), static_cast<int64_t>(sum));
}

std::string QuotaText::Print() const {
  std::string out;
  out.append(kCount).append("=").append(std::to_string(Get(kCount)));
  out.append(",").append(kBytes).append("=").append(std::to_string(Get(kBytes)));
  bool more = false;
  for (const auto& [key, value] : values_) {
    if (key == kCount || key == kBytes) continue;
    // The stray '=' makes releases before 3.7, which know two keys, stop here.
    out.append(std::exchange(more, true) ? ";" : "=;");
    out.append(key).append("=").append(std::to_string(value));
  }
  return out;
}

QuotaVerdict JudgeQuota(const QuotaText& limits, const QuotaText& stats, int64_t count_delta,
                        int64_t bytes_delta) {
  struct Kind {
    std::string_view value, hard;
    int64_t delta;
    bool bytes;
  };
  const Kind kinds[] = {{QuotaText::kCount, QuotaText::kCountHard, count_delta, false},
                        {QuotaText::kBytes, QuotaText::kBytesHard, bytes_delta, true}};
  QuotaVerdict verdict;
  for (const Kind& kind : kinds) {
    if (kind.delta == 0) continue;
    const bool is_hard = limits.Get(kind.hard) > -1;  // then the soft one says nothing more
    const int64_t limit = limits.Get(is_hard ? kind.hard : kind.value);
    if (limit <= -1) continue;
    QuotaText after = stats;
    after.Add(kind.value, kind.delta);
    if (after.Get(kind.value) <= limit) continue;
    using Level = QuotaVerdict::Level;
    const Level level = is_hard ? Level::kHard : Level::kSoft;
    if (level > verdict.level) verdict = {level, {}, kind.bytes, limit, after.Get(kind.value)};
  }
  return verdict;
}

std::optional<std::string_view> QuotaPrefixOf(std::string_view parent) {
  if (!parent.starts_with(kQuotaRoot)) return std::nullopt;
  const std::string_view prefix = parent.substr(kQuotaRoot.size());
  if (!prefix.empty() && prefix[0] != '/') return std::nullopt;
  return prefix;
}

std::string QuotaNodePath(std::string_view prefix, std::string_view name) {
  std::string path;
  path.reserve(kQuotaRoot.size() + prefix.size() + 1 + name.size());
  path.append(kQuotaRoot).append(prefix).append("/").append(name);
  return path;
}

void QuotaTrie::Clear() {
  vertices_.assign(1, Vertex{});
  free_.clear();
  edges_.clear();
  marked_ = 0;
}

void QuotaTrie::Add(std::string_view prefix) {
  uint32_t at = kRoot;
  for (std::string_view name = NextComponent(prefix); !name.empty(); name = NextComponent(prefix)) {
    if (const auto it = edges_.find(Step{at, name}); it != edges_.end()) {
      at = it->second;
      continue;
    }
    uint32_t below = static_cast<uint32_t>(vertices_.size());
    if (free_.empty()) {
      vertices_.emplace_back();
    } else {
      below = free_.back();
      free_.pop_back();
    }
    edges_.emplace(Edge{at, std::string(name)}, below);
    ++vertices_[at].children;
    at = below;
  }
  if (at == kRoot || vertices_[at].marked) return;
  vertices_[at].marked = true;
  ++marked_;
}

void QuotaTrie::Remove(std::string_view prefix) {
  std::vector<std::pair<Step, uint32_t>> way;
  uint32_t at = kRoot;
  for (std::string_view name = NextComponent(prefix); !name.empty(); name = NextComponent(prefix)) {
    const auto it = edges_.find(Step{at, name});
    if (it == edges_.end()) return;
    way.emplace_back(Step{at, name}, it->second);
    at = it->second;
  }
  if (at == kRoot || !vertices_[at].marked) return;
  vertices_[at].marked = false;
  --marked_;
  for (; !way.empty(); way.pop_back()) {
    const auto& [step, vertex] = way.back();
    if (vertices_[vertex].children > 0 || vertices_[vertex].marked) return;
    edges_.erase(edges_.find(step));
    vertices_[vertex] = Vertex{};
    free_.push_back(vertex);
    --vertices_[step.parent].children;
  }
}

std::string_view QuotaTrie::Longest(std::string_view path) const {
  std::string_view rest = path;
  size_t longest = 0;
  uint32_t at = kRoot;
  for (std::string_view name = NextComponent(rest); !name.empty(); name = NextComponent(rest)) {
    const auto it = edges_.find(Step{at, name});
    if (it == edges_.end()) break;
    at = it->second;
    if (vertices_[at].marked) longest = path.size() - rest.size();
  }
  return path.substr(0, longest);
}

}  // namespace zk
