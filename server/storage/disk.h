// SPDX-License-Identifier: Apache-2.0
//
// Disk: the file system as storage sees it.
//
// Place: implemented by server/io/posix_disk (real) and tests/sim (tears, loses and reorders what
// was not synced). Threads: each file has one user at a time; Disk itself may be used from several.
// Invariants: nothing is durable before Sync() of the file; a name is durable only after SyncDir()
// of its folder. A failed Sync() must never be retried: the caller stops acknowledging.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "common/status.h"

namespace zk::storage {

class File {
 public:
  virtual ~File() = default;
  // Reads up to `size` bytes at `offset` into `out` (replaced); shorter only at the end of the
  // file.
  virtual Status Read(uint64_t offset, size_t size, std::string& out) = 0;
  // Writes all of `bytes` at `offset`, extending the file where needed.
  virtual Status Write(uint64_t offset, std::string_view bytes) = 0;
  // fdatasync: data, and the size where it changed.
  virtual Status Sync() = 0;
  virtual Status Truncate(uint64_t size) = 0;
  virtual Result<uint64_t> Size() = 0;
};

enum class OpenMode {
  kRead,       // must exist
  kReadWrite,  // must exist
  kCreate,     // created, or emptied if it exists
};

class Disk {
 public:
  virtual ~Disk() = default;
  // kNotFound if it must exist and does not.
  virtual Result<std::unique_ptr<File>> Open(const std::string& path, OpenMode mode) = 0;
  // Names in the folder, sorted, without "." and "..". kNotFound if there is no such folder.
  virtual Result<std::vector<std::string>> List(const std::string& dir) = 0;
  virtual Status MakeDirs(const std::string& dir) = 0;
  // Replaces `to` atomically.
  virtual Status Rename(const std::string& from, const std::string& to) = 0;
  virtual Status Remove(const std::string& path) = 0;
  virtual Status SyncDir(const std::string& dir) = 0;
  virtual bool Exists(const std::string& path) = 0;
};

}  // namespace zk::storage
