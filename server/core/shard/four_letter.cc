// SPDX-License-Identifier: Apache-2.0
#include "server/core/shard/four_letter.h"

#include <algorithm>
#include <map>
#include <set>

#include "jute/decoder.h"

namespace zk {
namespace {

constexpr std::string_view kNotServing =
    "This ZooKeeper instance is not currently serving requests";

// Connections are shown in buckets of this width.
constexpr int64_t kConnectionBucketMs = 10'000;

template <typename T>
void Line(std::string& out, std::string_view key, std::string_view between, const T& value) {
  out += key;
  out += between;
  if constexpr (std::is_convertible_v<T, std::string_view>) {
    out += value;
  } else {
    out += std::to_string(value);
  }
  out += '\n';
}

// Decimal with leading zeros.
std::string Padded(int64_t value, size_t width) {
  const std::string digits = std::to_string(value);
  return std::string(width - std::min(width, digits.size()), '0') + digits;
}

std::string Endpoint(const ConnectionReport& c) {
  return "/" + c.address + ":" + std::to_string(c.port);
}

void ConnectionHead(std::string& out, const ConnectionReport& c) {
  out += " " + Endpoint(c) + (c.reading ? "[1](" : "[0](");
  out += "queued=" + std::to_string(c.queued) + ",recved=" + std::to_string(c.received) +
         ",sent=" + std::to_string(c.sent);
}

void ConnectionDetail(std::string& out, const ConnectionReport& c) {
  if (c.session == 0) return;
  out += ",sid=" + Hex(c.session) + ",lop=" + c.last_op +
         ",est=" + std::to_string(c.established_ms) + ",to=" + std::to_string(c.timeout_ms);
  if (c.last_cxid >= 0) out += ",lcxid=" + Hex(c.last_cxid);
  const int64_t average = c.latency.count == 0 ? 0 : c.latency.sum_ms / c.latency.count;
  out += ",lzxid=" + Hex(c.last_zxid) + ",lresp=" + std::to_string(c.last_response_ms) +
         ",llat=" + std::to_string(c.last_latency_ms) +
         ",minlat=" + std::to_string(c.latency.min_ms) + ",avglat=" + std::to_string(average) +
         ",maxlat=" + std::to_string(c.latency.max_ms);
}

std::string Connections(const FourLetterInput& in, bool detailed) {
  std::string out;
  for (const ShardReport& shard : in.shards) {
    for (const ConnectionReport& c : shard.connections) {
      ConnectionHead(out, c);
      if (detailed) ConnectionDetail(out, c);
      out += ")\n";
    }
  }
  return out + "\n";
}

std::string Server(const FourLetterInput& in, bool with_clients) {
  const ShardReport total = Total(in.shards);
  std::string out;
  Line(out, "Zookeeper version", ": ", in.env.version);
  if (in.replica.mode == "read-only") {
    out += "READ-ONLY mode; serving only read-only clients\n";
  }
  if (with_clients) out += "Clients:\n" + Connections(in, /*detailed=*/false);
  Line(out, "Latency min/avg/max", ": ",
       std::to_string(total.latency.min_ms) + "/" + AverageText(total.latency) + "/" +
           std::to_string(total.latency.max_ms));
  Line(out, "Received", ": ", total.packets_received);
  Line(out, "Sent", ": ", total.packets_sent);
  Line(out, "Connections", ": ", total.connection_count);
  Line(out, "Outstanding", ": ", total.outstanding);
  Line(out, "Zxid", ": ", Hex(in.replica.last_processed));
  Line(out, "Mode", ": ", in.replica.mode);
  Line(out, "Node count", ": ", in.replica.node_count);
  return out;
}

std::string Configuration(const FourLetterInput& in) {
  const ServerConfig& c = in.config;
  const auto or_default = [](int64_t value, int64_t otherwise) {
    return value >= 0 ? value : otherwise;
  };
  std::string out;
  Line(out, "clientPort", "=", in.env.client_port);
  Line(out, "secureClientPort", "=", -1);
  Line(out, "dataDir", "=", c.data_dir + "/version-2");
  Line(out, "dataDirSize", "=", in.env.data_dir_bytes);
  Line(out, "dataLogDir", "=", c.data_log_dir + "/version-2");
  Line(out, "dataLogSize", "=", in.env.log_dir_bytes);
  Line(out, "tickTime", "=", c.tick_time_ms);
  Line(out, "maxClientCnxns", "=", c.limits.max_connections_per_address);
  Line(out, "minSessionTimeout", "=", or_default(c.min_session_timeout_ms, 2 * c.tick_time_ms));
  Line(out, "maxSessionTimeout", "=", or_default(c.max_session_timeout_ms, 20 * c.tick_time_ms));
  Line(out, "clientPortListenBacklog", "=", c.listen_backlog);
  Line(out, "serverId", "=", in.replica.mode == "standalone" ? 0 : c.my_id);
  return out;
}

std::string Environment(const EnvReport& env) {
  std::string out = "Environment:\n";
  Line(out, "zookeeper.version", "=", env.version);
  Line(out, "host.name", "=", env.host_name);
  Line(out, "os.name", "=", env.os_name);
  Line(out, "os.arch", "=", env.os_arch);
  Line(out, "os.version", "=", env.os_version);
  Line(out, "user.name", "=", env.user_name);
  Line(out, "user.home", "=", env.user_home);
  Line(out, "user.dir", "=", env.user_dir);
  Line(out, "os.memory.free", "=", std::to_string(env.memory_free_mb) + "MB");
  Line(out, "os.memory.max", "=", std::to_string(env.memory_max_mb) + "MB");
  Line(out, "os.memory.total", "=", std::to_string(env.memory_total_mb) + "MB");
  return out;
}

std::string WatchSummary(const FourLetterInput& in) {
  std::set<std::string_view> paths;
  for (const ShardReport& shard : in.shards) {
    for (const auto& [path, sessions] : shard.watches_by_path) paths.insert(path);
  }
  const ShardReport total = Total(in.shards);
  return std::to_string(total.watching_connections) + " connections watching " +
         std::to_string(paths.size()) +
         " paths\nTotal watches:" + std::to_string(total.total_watches) + "\n";
}

std::string WatchesByPath(const FourLetterInput& in) {
  std::map<std::string_view, std::vector<SessionId>> merged;
  for (const ShardReport& shard : in.shards) {
    for (const auto& [path, sessions] : shard.watches_by_path) {
      auto& all = merged[path];
      all.insert(all.end(), sessions.begin(), sessions.end());
    }
  }
  std::string out;
  for (const auto& [path, sessions] : merged) {
    out += path;
    out += '\n';
    for (const SessionId session : sessions) out += "\t" + Hex(session) + "\n";
  }
  return out + "\n";
}

std::string WatchesBySession(const FourLetterInput& in) {
  std::map<SessionId, std::set<std::string_view>> merged;
  for (const ShardReport& shard : in.shards) {
    for (const auto& [path, sessions] : shard.watches_by_path) {
      for (const SessionId session : sessions) merged[session].insert(path);
    }
  }
  std::string out;
  for (const auto& [session, paths] : merged) {
    out += Hex(session) + "\n";
    for (const std::string_view path : paths) {
      out += "\t";
      out += path;
      out += '\n';
    }
  }
  return out + "\n";
}

std::string ConnectionBuckets(const FourLetterInput& in) {
  std::map<int64_t, std::vector<const ConnectionReport*>> buckets;
  size_t count = 0;
  for (const ShardReport& shard : in.shards) {
    for (const ConnectionReport& c : shard.connections) {
      const int64_t left_ms = (c.expires - in.env.now.mono).ms;
      const int64_t at = in.env.now.wall.ms + left_ms;
      buckets[(at / kConnectionBucketMs + 1) * kConnectionBucketMs].push_back(&c);
      count++;
    }
  }
  std::string out = "Connections Sets (" + std::to_string(buckets.size()) + ")/(" +
                    std::to_string(count) + "):\n";
  for (const auto& [at, connections] : buckets) {
    out += std::to_string(connections.size()) + " expire at " + DateText({at}) + ":\n";
    for (const ConnectionReport* c : connections) {
      out += "\tip: " + Endpoint(*c) + " sessionId: " + Hex(c->session) + "\n";
    }
  }
  return out;
}

std::string Dump(const FourLetterInput& in) {
  size_t sessions = 0;
  for (const auto& [at, ids] : in.replica.session_buckets) sessions += ids.size();
  std::string out = "SessionTracker dump:\nSession Sets (" +
                    std::to_string(in.replica.session_buckets.size()) + ")/(" +
                    std::to_string(sessions) + "):\n";
  for (const auto& [at, ids] : in.replica.session_buckets) {
    out += std::to_string(ids.size()) + " expire at " + DateText(at) + ":\n";
    for (const SessionId id : ids) out += "\t" + Hex(id) + "\n";
  }
  out += "ephemeral nodes dump:\nSessions with Ephemerals (" +
         std::to_string(in.replica.ephemerals.size()) + "):\n";
  for (const auto& [id, paths] : in.replica.ephemerals) {
    out += Hex(id) + ":\n";
    for (const std::string& path : paths) out += "\t" + path + "\n";
  }
  return out + "Connections dump:\n" + ConnectionBuckets(in);
}

std::string Directories(const EnvReport& env) {
  return "datadir_size: " + std::to_string(env.data_dir_bytes) +
         "\nlogdir_size: " + std::to_string(env.log_dir_bytes) + "\n";
}

std::string Digests(const ReplicaStats& replica) {
  std::string out;
  for (const auto& [zxid, digest] : replica.digest_history) {
    out += Hex(zxid).substr(2) + ": " + std::to_string(static_cast<int64_t>(digest)) + "\n";
  }
  return out;
}

struct Word {
  std::string_view name;
  ReportParts parts;
  std::string (*answer)(const FourLetterInput&);
};

// Words that need a serving server.
const Word kWords[] = {
    {"srvr", {false, false}, [](const FourLetterInput& in) { return Server(in, false); }},
    {"stat", {true, false}, [](const FourLetterInput& in) { return Server(in, true); }},
    {"mntr", {false, false}, MonitorText},
    {"conf", {false, false}, Configuration},
    {"cons", {true, false}, [](const FourLetterInput& in) { return Connections(in, true); }},
    {"wchs", {false, true}, WatchSummary},
    {"wchp", {false, true}, WatchesByPath},
    {"wchc", {false, true}, WatchesBySession},
    {"dump", {true, false}, Dump},
    {"dirs", {false, false}, [](const FourLetterInput& in) { return Directories(in.env); }},
    {"crst",
     {false, false},
     [](const FourLetterInput&) { return std::string("Connection stats reset.\n"); }},
    {"srst",
     {false, false},
     [](const FourLetterInput&) { return std::string("Server stats reset.\n"); }},
};

const Word* FindWord(std::string_view name) {
  const auto it = std::find_if(std::begin(kWords), std::end(kWords),
                               [name](const Word& word) { return word.name == name; });
  return it == std::end(kWords) ? nullptr : it;
}

}  // namespace

ReportParts FourLetterParts(std::string_view word) {
  const Word* row = FindWord(word.substr(0, 4));
  return row == nullptr ? ReportParts{false, false} : row->parts;
}

std::string FourLetterAnswer(std::string_view word, const FourLetterInput& in) {
  const std::string_view name = word.substr(0, 4);
  if (name == "ruok") return "imok";
  if (name == "envi") return Environment(in.env);
  if (name == "gtmk") return std::to_string(in.env.trace_mask);
  if (name == "stmk") return std::to_string(TraceMaskOf(word));
  if (name == "isro") return !in.serving ? "null" : in.replica.mode == "read-only" ? "ro" : "rw";
  if (name == "hash") return in.serving ? Digests(in.replica) : std::string(kNotServing);
  const Word* row = FindWord(name);
  if (row == nullptr) return {};
  if (!in.serving) return std::string(kNotServing) + "\n";
  return row->answer(in);
}

int64_t TraceMaskOf(std::string_view word) {
  return word.size() < 12 ? kDefaultTraceMask : jute::Decoder(word.substr(4)).Long();
}

ShardReport Total(std::span<const ShardReport> shards) {
  const auto add_latency = [](LatencyStats& to, const LatencyStats& from) {
    if (from.count == 0) return;
    to.min_ms = to.count == 0 ? from.min_ms : std::min(to.min_ms, from.min_ms);
    to.max_ms = std::max(to.max_ms, from.max_ms);
    to.count += from.count;
    to.sum_ms += from.sum_ms;
  };
  ShardReport total;
  for (const ShardReport& shard : shards) {
    add_latency(total.latency, shard.latency);
    add_latency(total.read_latency, shard.read_latency);
    add_latency(total.update_latency, shard.update_latency);
    total.packets_received += shard.packets_received;
    total.packets_sent += shard.packets_sent;
    total.bytes_received += shard.bytes_received;
    total.outstanding += shard.outstanding;
    total.connections_rejected += shard.connections_rejected;
    total.auth_failed += shard.auth_failed;
    total.connection_count += shard.connection_count;
    total.watching_connections += shard.watching_connections;
    total.total_watches += shard.total_watches;
    total.watch_count += shard.watch_count;
    if (shard.last_response_bytes < 0) continue;
    total.last_response_bytes = shard.last_response_bytes;
    total.max_response_bytes = std::max(total.max_response_bytes, shard.max_response_bytes);
    total.min_response_bytes = total.min_response_bytes < 0
                                   ? shard.min_response_bytes
                                   : std::min(total.min_response_bytes, shard.min_response_bytes);
  }
  return total;
}

std::string AverageText(const LatencyStats& stats) {
  if (stats.count == 0) return "0.0";
  const int64_t scaled = (stats.sum_ms * 10'000 * 2 + stats.count) / (2 * stats.count);
  std::string out = std::to_string(scaled / 10'000) + "." + Padded(scaled % 10'000, 4);
  while (out.back() == '0' && out[out.size() - 2] != '.') out.pop_back();
  return out;
}

std::string DateText(WallTime time) {
  static constexpr const char* kDays[] = {"Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"};
  static constexpr const char* kMonths[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                            "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  const int64_t seconds = std::max<int64_t>(0, time.ms / 1000);
  const int64_t days = seconds / 86'400;
  // The civil calendar from days since 1970, years counted from March so that leap days come last.
  const int64_t shifted = days + 719'468;
  const int64_t era = shifted / 146'097;
  const int64_t day_of_era = shifted % 146'097;
  const int64_t year_of_era =
      (day_of_era - day_of_era / 1460 + day_of_era / 36'524 - day_of_era / 146'096) / 365;
  const int64_t day_of_year =
      day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
  const int64_t march_month = (5 * day_of_year + 2) / 153;
  const int64_t day = day_of_year - (153 * march_month + 2) / 5 + 1;
  const int64_t month = march_month < 10 ? march_month + 3 : march_month - 9;
  const int64_t year = year_of_era + era * 400 + (month <= 2 ? 1 : 0);
  return std::string(kDays[days % 7]) + " " + kMonths[month - 1] + " " + Padded(day, 2) + " " +
         Padded(seconds / 3600 % 24, 2) + ":" + Padded(seconds / 60 % 60, 2) + ":" +
         Padded(seconds % 60, 2) + " UTC " + std::to_string(year);
}

}  // namespace zk
