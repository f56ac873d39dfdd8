// SPDX-License-Identifier: Apache-2.0
#include "common/config.h"

#include <algorithm>
#include <map>

#include "common/config_keys.h"
#include "common/config_settings.h"
#include "common/properties.h"

namespace zk {

const char kDefaultConfigText[] =
    "tickTime=2000\n"
    "dataDir=./data\n"
    "clientPort=2181\n"
    "4lw.commands.whitelist=srvr,ruok,stat,mntr,conf,isro\n";

namespace {

constexpr std::string_view kPrefix = "zookeeper.";

std::string CanonicalKey(std::string_view key) {
  if (key.starts_with(kPrefix)) key.remove_prefix(kPrefix.size());
  return std::string(ResolveAlias(key));
}

// All settings, each key once: the last one given.
class Settings {
 public:
  explicit Settings(std::vector<std::string>* warnings) : warnings_(warnings) {}

  Status AddFile(std::string_view text, std::string_view file_name) {
    Result<std::vector<Property>> properties = ParseProperties(text);
    if (!properties.ok()) {
      return Status::Invalid(std::string(file_name) + ": " + properties.status().message());
    }
    std::map<std::string, Setting> in_file;
    for (const Property& property : *properties) {
      Setting setting = Make(property.key, property.value,
                             std::string(file_name) + ':' + std::to_string(property.line));
      const auto [earlier, is_new] = in_file.try_emplace(setting.key, setting);
      if (!is_new && earlier->second.value != setting.value) {
        warnings_->push_back(setting.Name() + ": given before at " + earlier->second.where +
                             ", the last one counts");
      }
      earlier->second = setting;
      Put(std::move(setting));
    }
    return Status::Ok();
  }

  // One -D. What is neither ours nor ZooKeeper's is for the Java VM: false.
  bool AddDefine(std::string_view define, std::string_view where) {
    const size_t equals = define.find('=');
    const std::string_view name = define.substr(0, equals);
    const std::string_view value =
        equals == std::string_view::npos ? std::string_view() : define.substr(equals + 1);
    Setting setting = Make(name, value, where);
    const KeyInfo* info = FindKey(setting.key);
    if (!name.starts_with(kPrefix)) {
      const bool bare = info != nullptr &&
                        (info->home == KeyHome::kBare || setting.key == "fsync.warningthresholdms");
      if (!bare) return false;
    }
    if (info != nullptr && info->home == KeyHome::kFile && info->use != KeyUse::kFatal) {
      warnings_->push_back(setting.Name() + ": has no effect here, it belongs into the file");
      return true;
    }
    Put(std::move(setting));
    return true;
  }

  void AddJvmFlags(std::string_view flags, std::string_view where) {
    std::string ignored;
    for (size_t start = 0; start < flags.size();) {
      const size_t end = std::min(flags.find_first_of(" \t\n", start), flags.size());
      const std::string_view flag = flags.substr(start, end - start);
      start = end + 1;
      if (flag.empty() || (flag.starts_with("-D") && AddDefine(flag.substr(2), where))) continue;
      ignored.append(1, ' ').append(flag.substr(0, flag.find('=')));  // a value may be a secret
    }
    if (ignored.empty()) return;
    warnings_->push_back(std::string(where) + ": for a Java VM only, ignored:" + ignored);
  }

  void Put(Setting setting) {
    const auto [at, is_new] = index_.try_emplace(setting.key, settings_.size());
    if (is_new) {
      settings_.push_back(std::move(setting));
    } else {
      settings_[at->second] = std::move(setting);
    }
  }

  static Setting Make(std::string_view key, std::string_view value, std::string_view where) {
    return {CanonicalKey(TrimBlanks(key)), std::string(TrimBlanks(value)), std::string(where)};
  }

  // In the order in which their keys first came.
  const std::vector<Setting>& all() const { return settings_; }
  bool IsOff(const std::string& key) const {
    const auto found = index_.find(key);
    return found != index_.end() && EqualsIgnoringCase(settings_[found->second].value, "false");
  }

 private:
  std::vector<std::string>* warnings_;
  std::vector<Setting> settings_;
  std::map<std::string, size_t> index_;
};

std::string Reason(const KeyInfo& info) {
  return info.about.empty() ? std::string() : " (" + std::string(info.about) + ')';
}

// With the value only where the key is known by its own name: in a family names may be misspelt.
std::string NameOf(const Setting& setting, const KeyInfo& info) {
  return info.name == setting.key ? setting.Name() : setting.NameOnly();
}

Status RefuseFatal(const Setting& setting, const KeyInfo& info) {
  return Status::Invalid(NameOf(setting, info) + ": " + std::string(info.about) +
                         " is not supported yet by this version, and to run without it could do "
                         "harm; remove the line to do so");
}

// Applies a setting, or says why not.
Status Take(const Setting& setting, const Settings& settings, ConfigDraft& draft) {
  const KeyInfo* info = FindKey(setting.key);
  if (info == nullptr) {
    const std::string nearest = NearestKey(setting.key);
    draft.WarnOfKey(setting, nearest.empty()
                                 ? "unknown key, ignored"
                                 : "unknown key, ignored; did you mean " + nearest + '?');
    return Status::Ok();
  }
  draft.config.source[setting.key] = setting.is_secret() ? "***" : setting.value;
  switch (info->use) {
    case KeyUse::kWorks:
      return ApplySetting(setting, draft);
    case KeyUse::kFatal:
      return IsHarmless(*info, setting.value) ? Status::Ok() : RefuseFatal(setting, *info);
    case KeyUse::kLater: {
      const bool admin_is_off =
          setting.key.starts_with("admin.") && settings.IsOff("admin.enableServer");
      if (!IsHarmless(*info, setting.value) && !admin_is_off) {
        draft.Warn(setting, "not supported yet, ignored" + Reason(*info));
      }
      return Status::Ok();
    }
    case KeyUse::kIgnored:
      if (!IsHarmless(*info, setting.value)) {
        draft.Warn(setting, "not supported, ignored" + Reason(*info));
      }
      return Status::Ok();
    case KeyUse::kNoMeaning:
      return Status::Ok();
  }
  return Status::Ok();
}

Result<ServerConfig> Build(std::string_view text, std::string_view file_name,
                           const ConfigInputs& inputs, std::vector<std::string>* warnings) {
  Settings settings(warnings);
  settings.AddJvmFlags(inputs.server_jvm_flags, "SERVER_JVMFLAGS");
  settings.AddJvmFlags(inputs.jvm_flags, "JVMFLAGS");
  for (const std::string& define : inputs.defines) {
    if (!settings.AddDefine(define, "-D")) {
      warnings->push_back("-D" + define.substr(0, define.find('=')) +
                          ": for a Java VM only, ignored");
    }
  }
  if (Status status = settings.AddFile(text, file_name); !status.ok()) return status;
  for (const auto& [key, value] : inputs.overrides) {
    settings.Put(Settings::Make(key, value, "flags"));
  }
  ConfigDraft draft;
  draft.warnings = warnings;
  for (const Setting& setting : settings.all()) {
    if (Status status = Take(setting, settings, draft); !status.ok()) return status;
  }
  if (Status status = FinishConfig(file_name, draft); !status.ok()) return status;
  return std::move(draft.config);
}

}  // namespace

Result<ServerConfig> ParseConfigText(std::string_view text, std::string_view file_name,
                                     const ConfigInputs& inputs,
                                     std::vector<std::string>* warnings) {
  const size_t earlier = warnings->size();
  Result<ServerConfig> result = Build(text, file_name, inputs, warnings);
  for (size_t i = earlier; i < warnings->size(); i++) {
    (*warnings)[i] = OneLine(std::move((*warnings)[i]));
  }
  if (result.ok()) return result;
  return Status(result.status().code(), OneLine(result.status().message()));
}

std::vector<std::string> DumpConfig(const ServerConfig& config) {
  std::map<std::string, std::string> lines(config.source.begin(), config.source.end());
  lines["dataDir"] = config.data_dir;
  lines["dataLogDir"] = config.data_log_dir;
  lines["clientPort"] = std::to_string(config.client_port);
  lines["tickTime"] = std::to_string(config.tick_time_ms);
  lines["minSessionTimeout"] = std::to_string(config.min_session_timeout_ms);
  lines["maxSessionTimeout"] = std::to_string(config.max_session_timeout_ms);
  lines["maxClientCnxns"] = std::to_string(config.limits.max_connections_per_address);
  lines["jute.maxbuffer"] = std::to_string(config.limits.jute_max_buffer);
  std::vector<std::string> dump;
  for (const auto& [key, value] : lines) dump.push_back(OneLine(key + '=' + value));
  return dump;
}

}  // namespace zk
