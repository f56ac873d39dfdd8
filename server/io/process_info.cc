// SPDX-License-Identifier: Apache-2.0
#include "server/io/process_info.h"

#include <dirent.h>
#include <pwd.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/sysinfo.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <cstring>

#include "server/storage/file_names.h"

namespace zk::io {
namespace {

constexpr int64_t kMegabyte = 1 << 20;

int64_t CountEntries(const char* dir) {
  DIR* handle = ::opendir(dir);
  if (handle == nullptr) return 0;
  int64_t count = 0;
  while (const dirent* entry = ::readdir(handle)) count += entry->d_name[0] != '.';
  ::closedir(handle);
  return count - 1;  // the handle itself
}

}  // namespace

void FillEnvOnce(EnvReport& env) {
  utsname system = {};
  if (::uname(&system) == 0) {
    env.os_name = system.sysname;
    // Java's name of it.
    env.os_arch = std::strcmp(system.machine, "x86_64") == 0 ? "amd64" : system.machine;
    env.os_version = system.release;
    env.host_name = system.nodename;
  }
  char buffer[4096];
  passwd entry = {};
  passwd* found = nullptr;
  if (::getpwuid_r(::getuid(), &entry, buffer, sizeof(buffer), &found) == 0 && found != nullptr) {
    env.user_name = found->pw_name;
    env.user_home = found->pw_dir;
  }
  if (::getcwd(buffer, sizeof(buffer)) != nullptr) env.user_dir = buffer;
}

void FillEnvFor(std::string_view word, const ServerConfig& config, EnvReport& env) {
  if (word == "mntr") {
    env.open_files = CountEntries("/proc/self/fd");
    rlimit limit = {};
    if (::getrlimit(RLIMIT_NOFILE, &limit) == 0) {
      env.max_files = static_cast<int64_t>(limit.rlim_cur);
    }
  }
  if (word == "conf" || word == "dirs" || word == "mntr") {
    env.data_dir_bytes = DirectoryBytes(storage::VersionDir(config.data_dir));
    env.log_dir_bytes = DirectoryBytes(storage::VersionDir(config.data_log_dir));
  }
  if (word == "envi") {
    struct sysinfo memory = {};
    if (::sysinfo(&memory) == 0) {
      const int64_t unit = memory.mem_unit;
      env.memory_total_mb = static_cast<int64_t>(memory.totalram) * unit / kMegabyte;
      env.memory_free_mb = static_cast<int64_t>(memory.freeram) * unit / kMegabyte;
      env.memory_max_mb = env.memory_total_mb;
    }
  }
}

int64_t DirectoryBytes(const std::string& dir) {
  DIR* handle = ::opendir(dir.c_str());
  if (handle == nullptr) return 0;
  int64_t total = 0;
  while (const dirent* entry = ::readdir(handle)) {
    struct stat info;
    if (::fstatat(::dirfd(handle), entry->d_name, &info, 0) == 0 && S_ISREG(info.st_mode)) {
      total += info.st_size;
    }
  }
  ::closedir(handle);
  return total;
}

void RaiseDescriptorLimit() {
  rlimit limit = {};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
  limit.rlim_cur = limit.rlim_max;
  ::setrlimit(RLIMIT_NOFILE, &limit);
}

}  // namespace zk::io
