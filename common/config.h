// SPDX-License-Identifier: Apache-2.0
//
// From zoo.cfg, -D flags and the environment to one validated ServerConfig.
//
// Place: called once by main, by tools and by tests. Reads no file and no environment itself.
// Threads: pure functions.
// Precedence, the later wins: SERVER_JVMFLAGS, JVMFLAGS, -D on the command line, the file,
// overrides; as in Java, where the file sets the properties after the flags. What happens to a key:
// see config_keys.h. Security: no message holds the value of a secret. Source: operations reference
// §1; the tests hold the whole table.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "common/server_config.h"
#include "common/status.h"

namespace zk {

struct ConfigInputs {
  std::vector<std::string> defines;  // "key=value", what stood behind -D on the command line
  std::string server_jvm_flags;      // the variable SERVER_JVMFLAGS
  std::string jvm_flags;             // the variable JVMFLAGS
  // Key and value that beat the file: this server's own flags (--client_port).
  std::vector<std::pair<std::string, std::string>> overrides;
};

// `file_name` is for messages. Adds one line to `warnings` for everything a person should know:
// what is unknown, not supported yet, ignored or risky. kInvalid with one line otherwise (exit code
// 2).
Result<ServerConfig> ParseConfigText(std::string_view text, std::string_view file_name,
                                     const ConfigInputs& inputs,
                                     std::vector<std::string>* warnings);

// What `./dev run` starts with: port 2181, data under ./data.
extern const char kDefaultConfigText[];

// "key=value" lines of what was given and of what was made of it, for the log. Without secrets.
std::vector<std::string> DumpConfig(const ServerConfig& config);

}  // namespace zk
