// SPDX-License-Identifier: Apache-2.0
#include "server/storage/file_names.h"

#include <algorithm>
#include <charconv>

namespace zk::storage {
namespace {

constexpr std::string_view kTemporary = ".tmp";

std::string PlainHex(Zxid zxid) { return Hex(zxid).substr(2); }

// The hex number between `prefix` and the next dot or the end; `rest` is what follows.
std::optional<Zxid> ParseZxid(std::string_view name, std::string_view prefix,
                              std::string_view& rest) {
  if (!name.starts_with(prefix)) return std::nullopt;
  name.remove_prefix(prefix.size());
  uint64_t value = 0;
  const auto [end, error] = std::from_chars(name.data(), name.data() + name.size(), value, 16);
  if (error != std::errc() || value > INT64_MAX) return std::nullopt;
  rest = name.substr(static_cast<size_t>(end - name.data()));
  if (!rest.empty() && rest[0] != '.') return std::nullopt;
  return Zxid(static_cast<int64_t>(value));
}

}  // namespace

std::string VersionDir(const std::string& dir) { return dir + "/version-2"; }

std::string LogName(Zxid first) { return "log." + PlainHex(first); }

std::string SnapshotName(Zxid zxid, Compression compression) {
  const std::string plain = "snapshot." + PlainHex(zxid);
  switch (compression) {
    case Compression::kNone:
      return plain;
    case Compression::kGzip:
      return plain + ".gz";
    case Compression::kSnappy:
      return plain + ".snappy";
  }
  return plain;
}

std::optional<LogFile> ParseLogName(std::string_view name) {
  std::string_view rest;
  const auto zxid = ParseZxid(name, "log.", rest);
  if (!zxid || !rest.empty()) return std::nullopt;
  return LogFile{*zxid, std::string(name)};
}

std::optional<SnapshotFile> ParseSnapshotName(std::string_view name) {
  std::string_view rest;
  const auto zxid = ParseZxid(name, "snapshot.", rest);
  if (!zxid) return std::nullopt;
  SnapshotFile file{*zxid, std::string(name)};
  if (rest == ".gz") {
    file.compression = Compression::kGzip;
  } else if (rest == ".snappy") {
    file.compression = Compression::kSnappy;
  } else if (!rest.empty()) {
    return std::nullopt;
  }
  return file;
}

bool IsTemporaryName(std::string_view name) { return name.ends_with(kTemporary); }

Result<std::vector<LogFile>> ListLogs(Disk& disk, const std::string& dir) {
  auto names = disk.List(dir);
  if (!names.ok()) return names.status();
  std::vector<LogFile> logs;
  for (const std::string& name : *names) {
    if (auto log = ParseLogName(name)) logs.push_back(std::move(*log));
  }
  std::stable_sort(logs.begin(), logs.end(),
                   [](const LogFile& a, const LogFile& b) { return a.first < b.first; });
  return logs;
}

Result<std::vector<SnapshotFile>> ListSnapshots(Disk& disk, const std::string& dir) {
  auto names = disk.List(dir);
  if (!names.ok()) return names.status();
  std::vector<SnapshotFile> snapshots;
  for (const std::string& name : *names) {
    if (auto snapshot = ParseSnapshotName(name)) snapshots.push_back(std::move(*snapshot));
  }
  std::stable_sort(snapshots.begin(), snapshots.end(),
                   [](const SnapshotFile& a, const SnapshotFile& b) { return a.zxid < b.zxid; });
  return snapshots;
}

std::vector<LogFile> LogsAfter(const std::vector<LogFile>& logs, Zxid zxid) {
  size_t from = 0;
  for (size_t i = 0; i < logs.size(); i++) {
    if (logs[i].first <= zxid.Next()) from = i;
  }
  return {logs.begin() + static_cast<std::ptrdiff_t>(from), logs.end()};
}

}  // namespace zk::storage
