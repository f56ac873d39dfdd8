// SPDX-License-Identifier: Apache-2.0
//
// MemDisk: a file system in memory for the tests of storage, with faults on demand.
//
// Place: tests only; the disk that tears and reorders is tests/sim's. Threads: one.
// Invariant: what DurableCopy() gives is what a power failure would leave at least: content as of
// the last Sync() of each file, names as of the last SyncDir() of their folder.
#pragma once

#include <algorithm>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "server/storage/disk.h"

namespace zk::storage {

class MemDisk : public Disk {
 public:
  struct Content {
    std::string bytes;
    std::string synced;
  };
  using ContentRef = std::shared_ptr<Content>;

  Result<std::unique_ptr<File>> Open(const std::string& path, OpenMode mode) override;
  Result<std::vector<std::string>> List(const std::string& dir) override {
    if (!dirs_.contains(dir)) return Status::NotFound(dir + ": no such folder");
    std::vector<std::string> names;
    for (const auto& [path, content] : files_) {
      if (DirOf(path) == dir) names.push_back(path.substr(dir.size() + 1));
    }
    for (const std::string& path : dirs_) {
      if (path != dir && DirOf(path) == dir) names.push_back(path.substr(dir.size() + 1));
    }
    std::sort(names.begin(), names.end());
    return names;
  }
  Status MakeDirs(const std::string& dir) override {
    for (size_t at = dir.find('/', 1); at != dir.npos; at = dir.find('/', at + 1)) {
      dirs_.insert(dir.substr(0, at));
    }
    dirs_.insert(dir);
    return Status::Ok();
  }
  Status Rename(const std::string& from, const std::string& to) override {
    if (Status s = Fault("rename"); !s.ok()) return s;
    if (!files_.contains(from)) return Status::NotFound(from + ": no such file");
    files_[to] = files_[from];
    files_.erase(from);
    return Status::Ok();
  }
  Status Remove(const std::string& path) override {
    if (Status s = Fault("remove"); !s.ok()) return s;
    return files_.erase(path) == 1 ? Status::Ok() : Status::NotFound(path + ": no such file");
  }
  Status SyncDir(const std::string& dir) override {
    if (Status s = Fault("sync folder"); !s.ok()) return s;
    std::erase_if(durable_names_, [&](const auto& name) { return DirOf(name.first) == dir; });
    for (const auto& file : files_) {
      if (DirOf(file.first) == dir) durable_names_.insert(file);
    }
    return Status::Ok();
  }
  bool Exists(const std::string& path) override {
    return files_.contains(path) || dirs_.contains(path);
  }

  // The n-th call from now of `call` ("write", "sync", "sync folder", "rename", "remove",
  // "truncate", "read"; n >= 1) fails with `status`, and all later ones of it.
  void FailAt(const std::string& call, int n, Status status) { faults_[call] = {n, status}; }
  void ClearFaults() { faults_.clear(); }
  int calls(const std::string& call) { return calls_[call]; }

  void Put(const std::string& path, std::string bytes) {
    (void)MakeDirs(DirOf(path));
    files_[path] = std::make_shared<Content>(Content{bytes, bytes});
    durable_names_[path] = files_[path];
  }
  // The file must be there.
  std::string& bytes(const std::string& path) { return files_.at(path)->bytes; }
  // Everything, to compare before and after.
  std::map<std::string, std::string> Snapshot() const {
    std::map<std::string, std::string> all;
    for (const auto& [path, content] : files_) all[path] = content->bytes;
    return all;
  }
  std::unique_ptr<MemDisk> DurableCopy() const {
    auto copy = std::make_unique<MemDisk>();
    copy->dirs_ = dirs_;
    for (const auto& [path, content] : durable_names_) copy->Put(path, content->synced);
    return copy;
  }
  std::unique_ptr<MemDisk> Copy() const {
    auto copy = std::make_unique<MemDisk>();
    copy->dirs_ = dirs_;
    for (const auto& [path, content] : files_) copy->Put(path, content->bytes);
    return copy;
  }

 private:
  friend class MemFile;
  struct Planned {
    int left = 0;
    Status status;
  };
  Status Fault(const std::string& call) {
    calls_[call]++;
    const auto planned = faults_.find(call);
    if (planned == faults_.end()) return Status::Ok();
    if (planned->second.left > 1) {
      planned->second.left--;
      return Status::Ok();
    }
    return planned->second.status;
  }
  static std::string DirOf(const std::string& path) { return path.substr(0, path.rfind('/')); }

  std::map<std::string, ContentRef> files_;
  std::map<std::string, ContentRef> durable_names_;
  std::set<std::string> dirs_;
  std::map<std::string, Planned> faults_;
  std::map<std::string, int> calls_;
};

class MemFile : public File {
 public:
  MemFile(MemDisk& disk, MemDisk::ContentRef content) : disk_(disk), content_(std::move(content)) {}

  Status Read(uint64_t offset, size_t size, std::string& out) override {
    if (Status s = disk_.Fault("read"); !s.ok()) return s;
    out.clear();
    if (offset < content_->bytes.size()) out = content_->bytes.substr(offset, size);
    return Status::Ok();
  }
  Status Write(uint64_t offset, std::string_view bytes) override {
    if (Status s = disk_.Fault("write"); !s.ok()) return s;
    std::string& content = content_->bytes;
    if (content.size() < offset + bytes.size()) content.resize(offset + bytes.size());
    content.replace(offset, bytes.size(), bytes);
    return Status::Ok();
  }
  Status Sync() override {
    if (Status s = disk_.Fault("sync"); !s.ok()) return s;
    content_->synced = content_->bytes;
    return Status::Ok();
  }
  Status Truncate(uint64_t size) override {
    if (Status s = disk_.Fault("truncate"); !s.ok()) return s;
    content_->bytes.resize(size);
    return Status::Ok();
  }
  Result<uint64_t> Size() override { return static_cast<uint64_t>(content_->bytes.size()); }

 private:
  MemDisk& disk_;
  MemDisk::ContentRef content_;
};

inline Result<std::unique_ptr<File>> MemDisk::Open(const std::string& path, OpenMode mode) {
  const auto found = files_.find(path);
  if (mode != OpenMode::kCreate) {
    if (found == files_.end()) return Status::NotFound(path + ": no such file");
    return std::unique_ptr<File>(std::make_unique<MemFile>(*this, found->second));
  }
  if (!dirs_.contains(DirOf(path))) return Status::NotFound(path + ": no such folder");
  if (found == files_.end()) files_[path] = std::make_shared<Content>();
  files_[path]->bytes.clear();
  return std::unique_ptr<File>(std::make_unique<MemFile>(*this, files_[path]));
}

}  // namespace zk::storage
