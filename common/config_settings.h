// SPDX-License-Identifier: Apache-2.0
//
// How each working key changes the configuration, and what must hold among them.
//
// Place: between config.h, which gathers settings, and ServerConfig. Threads: plain values.
// Invariant: every key that config_keys.cc calls kWorks has its reader here (a test counts them).
// Source: operations reference, §1.1 (messages) and 1.3 to 1.5.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "common/config_servers.h"
#include "common/config_values.h"
#include "common/server_config.h"
#include "common/status.h"

namespace zk {

// What is known while settings are applied one by one.
struct ConfigDraft {
  ServerConfig config;
  std::vector<ServerLine> servers;
  bool standalone_enabled = true;
  bool extra_size_given = false;
  std::vector<std::string>* warnings = nullptr;

  void Warn(const Setting& setting, std::string_view text) {
    warnings->push_back(setting.Name() + ": " + std::string(text));
  }
  // Of a key that is not known, without its value.
  void WarnOfKey(const Setting& setting, std::string_view text) {
    warnings->push_back(setting.NameOnly() + ": " + std::string(text));
  }
};

// Reads one setting of a working key into the draft.
Status ApplySetting(const Setting& setting, ConfigDraft& draft);

// True if ApplySetting() has a reader for the key (a family: any key of it).
bool HasReader(std::string_view key);

// Fills in what depends on several settings and refuses what does not fit together. `file` is for
// messages.
Status FinishConfig(std::string_view file, ConfigDraft& draft);

}  // namespace zk
