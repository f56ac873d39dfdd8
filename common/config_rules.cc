// SPDX-License-Identifier: Apache-2.0
// What settings must fulfil together, and what follows from several of them.
#include <algorithm>
#include <cstddef>
#include <limits>

#include "common/config_settings.h"

namespace zk {
namespace {

Status CheckServers(std::string_view file, ConfigDraft& d) {
  const auto fail = [&](std::string_view text) {
    return Status::Invalid(std::string(file) + ": " + std::string(text));
  };
  const auto observers = std::count_if(d.servers.begin(), d.servers.end(),
                                       [](const ServerLine& line) { return line.observer; });
  const auto voters = static_cast<std::ptrdiff_t>(d.servers.size()) - observers;
  for (const ServerLine& line : d.servers) d.config.servers.push_back({line.sid, line.text});
  if (voters > 1) {
    return fail(std::to_string(voters) +
                " voting servers: an ensemble is not supported yet by this version, it runs "
                "standalone only");
  }
  if (!d.standalone_enabled) {
    return fail(
        voters == 0
            ? "standaloneEnabled = false then number of participants should be >0"
            : "standaloneEnabled = false: an ensemble is not supported yet by this version, "
              "it runs standalone only");
  }
  if (observers > 0) {
    return fail(voters == 0 ? "Observers w/o participants is an invalid configuration"
                            : "Observers w/o quorum is an invalid configuration");
  }
  if (voters == 0) return Status::Ok();
  d.warnings->push_back(std::string(file) +
                        ": Invalid configuration, only one server specified (ignoring)");
  const ServerLine& line = d.servers.front();
  if (line.client_port < 0) return Status::Ok();
  if (d.config.client_port >= 0 && d.config.client_port != line.client_port) {
    return fail("clientPort=" + std::to_string(d.config.client_port) + " is different from the " +
                std::to_string(line.client_port) + " of server." + std::to_string(line.sid));
  }
  d.config.client_port = line.client_port;
  if (d.config.client_port_address.empty()) d.config.client_port_address = line.client_address;
  return Status::Ok();
}

Status CheckTimes(std::string_view file, ServerConfig& config) {
  if (config.tick_time_ms == 0) return Status::Invalid(std::string(file) + ": tickTime is not set");
  // Clients are told the timeout as an int.
  const auto ticks = [&](int64_t n) {
    return std::min<int64_t>(n * config.tick_time_ms, std::numeric_limits<int32_t>::max());
  };
  if (config.min_session_timeout_ms == -1) config.min_session_timeout_ms = ticks(2);
  if (config.max_session_timeout_ms == -1) config.max_session_timeout_ms = ticks(20);
  if (config.min_session_timeout_ms > config.max_session_timeout_ms) {
    return Status::Invalid(std::string(file) +
                           ": minSessionTimeout must not be larger than maxSessionTimeout (" +
                           std::to_string(config.min_session_timeout_ms) + " and " +
                           std::to_string(config.max_session_timeout_ms) + " ms)");
  }
  return Status::Ok();
}

// A larger jute.maxbuffer needs larger buffers around it: the static_asserts of limits.h.
void FitLimits(ConfigDraft& d) {
  Limits& limits = d.config.limits;
  const size_t frame = limits.jute_max_buffer;
  if (!d.extra_size_given) limits.jute_extra_size = std::max<size_t>(frame, 1024);
  limits.output_hard = std::max(limits.output_hard, 2 * frame + limits.output_soft);
  limits.sync_bytes = std::max(limits.sync_bytes, frame + (128 << 10));
  limits.outstanding_bytes = std::max(limits.outstanding_bytes, 2 * frame);
}

void WarnIfRelative(std::string_view key, const std::string& path, ConfigDraft& d) {
  if (path.starts_with('/') || path.starts_with("./")) return;
  d.warnings->push_back(std::string(key) + ": " + path +
                        " is relative. Prepend ./ to indicate that you're sure!");
}

}  // namespace

Status FinishConfig(std::string_view file, ConfigDraft& draft) {
  ServerConfig& config = draft.config;
  if (config.data_dir.empty()) return Status::Invalid(std::string(file) + ": dataDir is not set");
  WarnIfRelative("dataDir", config.data_dir, draft);
  if (config.data_log_dir.empty()) {
    config.data_log_dir = config.data_dir;
  } else {
    WarnIfRelative("dataLogDir", config.data_log_dir, draft);
  }
  if (Status status = CheckServers(file, draft); !status.ok()) return status;
  if (Status status = CheckTimes(file, config); !status.ok()) return status;
  if (config.client_port < 0) {
    if (!config.client_port_address.empty()) {
      return Status::Invalid(std::string(file) +
                             ": clientPortAddress is set but clientPort is not set");
    }
    draft.warnings->push_back(std::string(file) + ": clientPort is not set: no client can connect");
  }
  if (config.read_only_mode) config.four_letter_whitelist.insert("isro");
  FitLimits(draft);
  return Status::Ok();
}

}  // namespace zk
