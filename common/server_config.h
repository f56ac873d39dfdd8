// SPDX-License-Identifier: Apache-2.0
//
// ServerConfig: everything a server is told, parsed and validated once.
//
// Place: filled by config.h from zoo.cfg, -D flags and the environment; read-only afterwards.
// Threads: immutable after start.
#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "common/acl.h"
#include "common/limits.h"
#include "common/types.h"

namespace zk {

enum class Compression { kNone, kGzip, kSnappy };

struct ServerConfig {
  // Files.
  std::string data_dir;      // snapshots, myid, epochs (without version-2)
  std::string data_log_dir;  // logs; = data_dir when not given
  bool data_dir_autocreate = true;
  bool db_autocreate = true;
  bool snapshot_trust_empty = false;
  Compression snapshot_compression = Compression::kNone;
  int autopurge_snap_retain_count = 3;
  int64_t autopurge_interval_ms = 0;  // 0 = off
  bool force_sync = true;
  int64_t fsync_warning_ms = 1000;

  // Client listener.
  std::string client_port_address;  // empty = wildcard
  int client_port = -1;             // 0 = any free port (tests), -1 = none
  int listen_backlog = -1;
  bool tcp_keep_alive = false;

  // Time.
  int64_t tick_time_ms = 3000;
  int64_t min_session_timeout_ms = -1;  // resolved to 2 and 20 ticks by validation
  int64_t max_session_timeout_ms = -1;
  int init_limit = 0;
  int sync_limit = 0;

  // Semantics.
  bool extended_types = false;
  bool emulate_353_ttl = false;
  bool digest_enabled = true;
  bool close_session_txn = true;
  bool enforce_quota = false;
  bool eager_acl_check = false;
  bool read_only_mode = false;
  bool serialize_last_zxid = false;  // Java 3.8 writes none; 3.9 and later do
  int64_t container_check_interval_ms = 60'000;
  int64_t container_max_per_minute = 10'000;
  int64_t container_max_never_used_ms = 0;

  AuthOptions auth;
  Limits limits;

  // Four-letter words: names, or "*" for all; srvr is always in.
  std::set<std::string> four_letter_whitelist{"srvr"};

  // Ensemble (parsed and kept; a standalone server only prints it).
  struct Server {
    Sid sid = 0;
    std::string text;  // the value of the server.N line
  };
  std::vector<Server> servers;
  Sid my_id = 0;

  // Ours: loops, see ARCHITECTURE.md. 0 = choose by the number of cores.
  int loops = 0;

  // What was read, for `conf` and for messages: key -> value.
  std::map<std::string, std::string> source;
};

}  // namespace zk
