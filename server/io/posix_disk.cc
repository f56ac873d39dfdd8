// SPDX-License-Identifier: Apache-2.0
#include "server/io/posix_disk.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

namespace zk::io {
namespace {

Status Failure(const char* call, const std::string& path, int error) {
  std::string message = std::string(call) + " " + path + ": " + std::strerror(error);
  switch (error) {
    case ENOENT:
      return Status::NotFound(std::move(message));
    case ENOSPC:
    case EDQUOT:
      return Status::NoSpace(std::move(message));
    default:
      return Status::Io(std::move(message));
  }
}

template <typename Call>
auto Uninterrupted(Call call) {
  auto result = call();
  while (result < 0 && errno == EINTR) result = call();
  return result;
}

class PosixFile final : public storage::File {
 public:
  PosixFile(int fd, std::string path) : fd_(fd), path_(std::move(path)) {}
  ~PosixFile() override { ::close(fd_); }
  PosixFile(const PosixFile&) = delete;
  PosixFile& operator=(const PosixFile&) = delete;

  Status Read(uint64_t offset, size_t size, std::string& out) override {
    out.resize(size);
    size_t done = 0;
    while (done < size) {
      const ssize_t n = Uninterrupted([&] {
        return ::pread(fd_, out.data() + done, size - done, static_cast<off_t>(offset + done));
      });
      if (n < 0) return Failure("read", path_, errno);
      if (n == 0) break;
      done += static_cast<size_t>(n);
    }
    out.resize(done);
    return Status::Ok();
  }

  Status Write(uint64_t offset, std::string_view bytes) override {
    while (!bytes.empty()) {
      const ssize_t n = Uninterrupted(
          [&] { return ::pwrite(fd_, bytes.data(), bytes.size(), static_cast<off_t>(offset)); });
      if (n < 0) return Failure("write", path_, errno);
      offset += static_cast<uint64_t>(n);
      bytes.remove_prefix(static_cast<size_t>(n));
    }
    return Status::Ok();
  }

  Status Sync() override {
    if (Uninterrupted([&] { return ::fdatasync(fd_); }) < 0) {
      return Failure("fdatasync", path_, errno);
    }
    return Status::Ok();
  }

  Status Truncate(uint64_t size) override {
    if (Uninterrupted([&] { return ::ftruncate(fd_, static_cast<off_t>(size)); }) < 0) {
      return Failure("truncate", path_, errno);
    }
    return Status::Ok();
  }

  Result<uint64_t> Size() override {
    struct stat info;
    if (::fstat(fd_, &info) < 0) return Failure("stat", path_, errno);
    return static_cast<uint64_t>(info.st_size);
  }

 private:
  const int fd_;
  const std::string path_;
};

}  // namespace

Result<std::unique_ptr<storage::File>> PosixDisk::Open(const std::string& path,
                                                       storage::OpenMode mode) {
  int flags = O_CLOEXEC;
  switch (mode) {
    case storage::OpenMode::kRead:
      flags |= O_RDONLY;
      break;
    case storage::OpenMode::kReadWrite:
      flags |= O_RDWR;
      break;
    case storage::OpenMode::kCreate:
      flags |= O_RDWR | O_CREAT | O_TRUNC;
      break;
  }
  const int fd = Uninterrupted([&] { return ::open(path.c_str(), flags, 0644); });
  if (fd < 0) return Failure("open", path, errno);
  return std::unique_ptr<storage::File>(std::make_unique<PosixFile>(fd, path));
}

Result<std::vector<std::string>> PosixDisk::List(const std::string& dir) {
  DIR* handle = ::opendir(dir.c_str());
  if (handle == nullptr) return Failure("open folder", dir, errno);
  std::vector<std::string> names;
  errno = 0;
  while (const dirent* entry = ::readdir(handle)) {
    const std::string_view name = entry->d_name;
    if (name != "." && name != "..") names.emplace_back(name);
    errno = 0;
  }
  const int error = errno;
  ::closedir(handle);
  if (error != 0) return Failure("read folder", dir, error);
  std::sort(names.begin(), names.end());
  return names;
}

Status PosixDisk::MakeDirs(const std::string& dir) {
  for (size_t end = 0; end < dir.size();) {
    end = std::min(dir.find('/', end + 1), dir.size());
    const std::string part = dir.substr(0, end);
    if (::mkdir(part.c_str(), 0755) == 0) continue;
    const int error = errno;
    struct stat info;
    // Only what is missing must be makeable: a read-only parent that exists is fine.
    if (::stat(part.c_str(), &info) == 0 && S_ISDIR(info.st_mode)) continue;
    return Failure("make folder", part, error);
  }
  return Status::Ok();
}

Status PosixDisk::Rename(const std::string& from, const std::string& to) {
  if (::rename(from.c_str(), to.c_str()) < 0) return Failure("rename", from + " to " + to, errno);
  return Status::Ok();
}

Status PosixDisk::Remove(const std::string& path) {
  if (::unlink(path.c_str()) < 0) return Failure("remove", path, errno);
  return Status::Ok();
}

Status PosixDisk::SyncDir(const std::string& dir) {
  const int fd =
      Uninterrupted([&] { return ::open(dir.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC); });
  if (fd < 0) return Failure("open folder", dir, errno);
  const int result = Uninterrupted([&] { return ::fsync(fd); });
  const int error = errno;
  ::close(fd);
  if (result < 0) return Failure("fsync folder", dir, error);
  return Status::Ok();
}

bool PosixDisk::Exists(const std::string& path) {
  struct stat info;
  return ::stat(path.c_str(), &info) == 0;
}

}  // namespace zk::io
