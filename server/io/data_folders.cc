// SPDX-License-Identifier: Apache-2.0
#include "server/io/data_folders.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>

#include "server/storage/file_names.h"

namespace zk::io {

DataFolders::DataFolders(const ServerConfig& config)
    : snapshot_dir_(storage::VersionDir(config.data_dir)),
      log_dir_(storage::VersionDir(config.data_log_dir)) {}

Status DataFolders::Claim() {
  if (Status s = ClaimOne(snapshot_dir_); !s.ok()) return s;
  return ClaimOne(log_dir_);
}

// By what it is and not by its name: a link may lead from the one to the other.
bool DataFolders::Has(int fd) const {
  struct stat asked;
  if (fstat(fd, &asked) != 0) return false;
  return std::any_of(held_.begin(), held_.end(), [&](const UniqueFd& one) {
    struct stat held;
    return fstat(one.get(), &held) == 0 && held.st_dev == asked.st_dev &&
           held.st_ino == asked.st_ino;
  });
}

Status DataFolders::ClaimOne(const std::string& dir) {
  if (faccessat(AT_FDCWD, dir.c_str(), R_OK | W_OK | X_OK, AT_EACCESS) != 0) {
    if (errno == ENOENT || errno == ENOTDIR) return Status::Ok();  // recovery makes it, or says why
    return Status::Invalid("cannot read and write in " + dir + ": " + std::strerror(errno));
  }
  UniqueFd fd(open(dir.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (fd.get() < 0) return Status::Invalid("open " + dir + ": " + std::strerror(errno));
  if (Has(fd.get())) return Status::Ok();
  if (flock(fd.get(), LOCK_EX | LOCK_NB) != 0 && errno == EWOULDBLOCK) {
    return Status::Invalid(dir + " is in use by another server");
  }
  held_.push_back(std::move(fd));
  return Status::Ok();
}

}  // namespace zk::io
