// SPDX-License-Identifier: Apache-2.0
//
// The command line of zkserver: flags, -Dkey=value, and the path of zoo.cfg, into one ServerConfig.
//
// Place: main. Threads: none. Invariant: messages come back, nothing is printed; a bad command line
// or file is kInvalid (exit code 2).
#pragma once

#include <string>
#include <vector>

#include "common/config.h"
#include "common/server_config.h"
#include "common/status.h"

namespace zk::io {

struct CommandLine {
  ConfigInputs inputs;            // -D and the environment's flags
  std::string config_file;        // empty: the embedded default
  std::vector<std::string> rest;  // of argv, for gflags; argv[0] first
};

// Takes -D... out of the arguments, because gflags knows only --flag. Reads SERVER_JVMFLAGS and
// JVMFLAGS.
CommandLine SplitArguments(int argc, char** argv);

// Reads the file (or takes the default), with the flags' overrides in `inputs`.
Result<ServerConfig> LoadConfig(const CommandLine& line, std::vector<std::string>* warnings);
// The number in dataDir/myid, if there is such a file; kInvalid if it holds no number.
Status LoadMyId(ServerConfig& config);

}  // namespace zk::io
