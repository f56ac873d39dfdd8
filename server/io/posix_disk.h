// SPDX-License-Identifier: Apache-2.0
//
// PosixDisk: storage::Disk over the file system of this machine.
//
// Place: made by runtime and by tools. Threads: no state; each File has one user at a time.
// Invariants: a full disk (ENOSPC, EDQUOT) is kNoSpace, a missing name kNotFound, everything else
// kIo with the system's words; an interrupted or short call is continued here.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "server/storage/disk.h"

namespace zk::io {

class PosixDisk final : public storage::Disk {
 public:
  Result<std::unique_ptr<storage::File>> Open(const std::string& path,
                                              storage::OpenMode mode) override;
  Result<std::vector<std::string>> List(const std::string& dir) override;
  // Mode 0755 less the umask; an existing folder is fine, an existing file is not.
  Status MakeDirs(const std::string& dir) override;
  Status Rename(const std::string& from, const std::string& to) override;
  Status Remove(const std::string& path) override;
  Status SyncDir(const std::string& dir) override;
  bool Exists(const std::string& path) override;
};

}  // namespace zk::io
