// SPDX-License-Identifier: Apache-2.0
#include "server/io/command_line.h"

#include <sys/stat.h>

#include <cstdlib>
#include <string_view>

#include "server/io/posix_disk.h"
#include "server/storage/epoch_files.h"

namespace zk::io {
namespace {

constexpr size_t kConfigBytesMax = 1 << 20;

std::string Environment(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? std::string() : std::string(value);
}

}  // namespace

CommandLine SplitArguments(int argc, char** argv) {
  CommandLine line;
  for (int i = 0; i < argc; ++i) {
    const std::string_view argument = argv[i];
    if (i > 0 && argument.size() > 2 && argument.substr(0, 2) == "-D") {
      line.inputs.defines.emplace_back(argument.substr(2));
    } else {
      line.rest.emplace_back(argument);
    }
  }
  line.inputs.server_jvm_flags = Environment("SERVER_JVMFLAGS");
  line.inputs.jvm_flags = Environment("JVMFLAGS");
  return line;
}

Result<ServerConfig> LoadConfig(const CommandLine& line, std::vector<std::string>* warnings) {
  if (line.config_file.empty()) {
    return ParseConfigText(kDefaultConfigText, "(default)", line.inputs, warnings);
  }
  PosixDisk disk;
  const Result<std::string> text = storage::ReadSmallFile(disk, line.config_file, kConfigBytesMax);
  if (!text.ok())
    return Status::Invalid("cannot read the configuration: " + text.status().message());
  return ParseConfigText(*text, line.config_file, line.inputs, warnings);
}

Status LoadMyId(ServerConfig& config) {
  struct stat found;
  // In a folder out of reach there is none: the folder is the trouble then, DataFolders says so.
  if (stat((config.data_dir + "/myid").c_str(), &found) != 0 || !S_ISREG(found.st_mode)) {
    return Status::Ok();
  }
  PosixDisk disk;
  const Result<Sid> sid = storage::ReadMyId(disk, config.data_dir);
  if (sid.ok()) {
    config.my_id = *sid;
    return Status::Ok();
  }
  return sid.status().code() == StatusCode::kNotFound ? Status::Ok() : sid.status();
}

}  // namespace zk::io
