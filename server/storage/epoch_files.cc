// SPDX-License-Identifier: Apache-2.0
#include "server/storage/epoch_files.h"

#include <charconv>
#include <string_view>

namespace zk::storage {
namespace {

constexpr size_t kSmallFileLimit = 4096;

const char* NameOf(EpochFile which) {
  return which == EpochFile::kAccepted ? "acceptedEpoch" : "currentEpoch";
}

std::string_view FirstLine(std::string_view text) {
  text = text.substr(0, text.find('\n'));
  if (text.ends_with('\r')) text.remove_suffix(1);
  return text;
}

std::optional<int64_t> ParseNumber(std::string_view text) {
  int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

}  // namespace

Result<std::string> ReadSmallFile(Disk& disk, const std::string& path, size_t limit) {
  auto file = disk.Open(path, OpenMode::kRead);
  if (!file.ok()) return file.status();
  std::string content;
  if (Status s = (*file)->Read(0, limit, content); !s.ok()) return s;
  return content;
}

Status ReplaceFile(Disk& disk, const std::string& dir, const std::string& name,
                   const std::string& content) {
  const std::string path = dir + "/" + name;
  const std::string temporary = path + ".tmp";
  auto file = disk.Open(temporary, OpenMode::kCreate);
  if (!file.ok()) return file.status();
  if (Status s = (*file)->Write(0, content); !s.ok()) return s;
  if (Status s = (*file)->Sync(); !s.ok()) return s;
  file->reset();
  if (Status s = disk.Rename(temporary, path); !s.ok()) return s;
  return disk.SyncDir(dir);
}

Result<std::optional<int64_t>> ReadEpoch(Disk& disk, const std::string& dir, EpochFile which) {
  const std::string path = dir + "/" + NameOf(which);
  const auto content = ReadSmallFile(disk, path, kSmallFileLimit);
  if (content.status().code() == StatusCode::kNotFound) return std::optional<int64_t>();
  if (!content.ok()) return content.status();
  const auto epoch = ParseNumber(FirstLine(*content));
  if (!epoch || *epoch < 0) return Status::Corruption(path + ": holds no epoch");
  return epoch;
}

Status WriteEpoch(Disk& disk, const std::string& dir, EpochFile which, int64_t epoch) {
  return ReplaceFile(disk, dir, NameOf(which), std::to_string(epoch));
}

Result<Sid> ReadMyId(Disk& disk, const std::string& data_dir) {
  const std::string path = data_dir + "/myid";
  const auto content = ReadSmallFile(disk, path, kSmallFileLimit);
  if (!content.ok()) return content.status();
  const auto id = ParseNumber(FirstLine(*content));
  if (!id)
    return Status::Invalid(path + ": its first line must be this server's number, no blanks");
  return *id;
}

}  // namespace zk::storage
