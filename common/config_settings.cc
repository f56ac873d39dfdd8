// SPDX-License-Identifier: Apache-2.0
#include "common/config_settings.h"

#include <algorithm>
#include <iterator>
#include <limits>

namespace zk {
namespace {

constexpr int64_t kInt = std::numeric_limits<int32_t>::max();
constexpr int64_t kHourMs = 3'600'000;

// --- keys that are one member -------------------------------------------------------------------

struct BoolKey {
  std::string_view name;
  bool ServerConfig::*member;
};
constexpr BoolKey kBools[] = {
    {"datadir.autocreate", &ServerConfig::data_dir_autocreate},
    {"db.autocreate", &ServerConfig::db_autocreate},
    {"snapshot.trust.empty", &ServerConfig::snapshot_trust_empty},
    {"clientTcpKeepAlive", &ServerConfig::tcp_keep_alive},
    {"extendedTypesEnabled", &ServerConfig::extended_types},
    {"emulate353TTLNodes", &ServerConfig::emulate_353_ttl},
    {"digest.enabled", &ServerConfig::digest_enabled},
    {"closeSessionTxn.enabled", &ServerConfig::close_session_txn},
    {"enforceQuota", &ServerConfig::enforce_quota},
    {"enableEagerACLCheck", &ServerConfig::eager_acl_check},
    {"readonlymode.enabled", &ServerConfig::read_only_mode},
    {"serializeLastProcessedZxid.enabled", &ServerConfig::serialize_last_zxid},
};

struct LongKey {
  std::string_view name;
  int64_t low, high;
  std::string_view unit;
  int64_t ServerConfig::*member;
};
constexpr LongKey kLongs[] = {
    {"tickTime", 0, kInt, "ms", &ServerConfig::tick_time_ms},
    {"minSessionTimeout", -1, kInt, "ms", &ServerConfig::min_session_timeout_ms},
    {"maxSessionTimeout", -1, kInt, "ms", &ServerConfig::max_session_timeout_ms},
    {"fsync.warningthresholdms", 0, kInt, "ms", &ServerConfig::fsync_warning_ms},
    {"znode.container.checkIntervalMs", 1, kInt, "ms", &ServerConfig::container_check_interval_ms},
    {"znode.container.maxPerMinute", 1, kInt, "", &ServerConfig::container_max_per_minute},
    {"znode.container.maxNeverUsedIntervalMs", 0, kInt, "ms",
     &ServerConfig::container_max_never_used_ms},
};

struct IntKey {
  std::string_view name;
  int64_t low, high;
  std::string_view unit;
  int ServerConfig::*member;
};
constexpr IntKey kInts[] = {
    {"clientPort", 0, 65535, "", &ServerConfig::client_port},
    {"clientPortListenBacklog", -1, kInt, "", &ServerConfig::listen_backlog},
    {"initLimit", 0, kInt, "ticks", &ServerConfig::init_limit},
    {"syncLimit", 0, kInt, "ticks", &ServerConfig::sync_limit},
    {"serval.loops", 0, 64, "", &ServerConfig::loops},
};

struct SizeKey {
  std::string_view name;
  int64_t low, high;
  std::string_view unit;
  size_t Limits::*member;
};
constexpr SizeKey kSizes[] = {
    {"globalOutstandingLimit", 1, kInt, "", &Limits::global_outstanding},
    {"maxBatchSize", 1, kInt, "", &Limits::sync_txns},
    {"jute.maxbuffer", 1, kInt, "bytes", &Limits::jute_max_buffer},
};

struct StringKey {
  std::string_view name;
  std::string ServerConfig::*member;
};
constexpr StringKey kStrings[] = {
    {"dataDir", &ServerConfig::data_dir},
    {"dataLogDir", &ServerConfig::data_log_dir},
    {"clientPortAddress", &ServerConfig::client_port_address},
};

struct AuthStringKey {
  std::string_view name;
  std::string AuthOptions::*member;
};
constexpr AuthStringKey kAuthStrings[] = {
    {"ensembleAuthName", &AuthOptions::ensemble_auth_name},
};

template <typename Keys>
auto* Find(const Keys& keys, std::string_view name) {
  const auto* found = std::find_if(std::begin(keys), std::end(keys),
                                   [name](const auto& key) { return key.name == name; });
  return found == std::end(keys) ? nullptr : found;
}

// --- keys with a rule of their own --------------------------------------------------------------

using Draft = ConfigDraft;

// Zero and below mean "no limit" in Java; Limits says so with 0.
Status ReadConnectionLimit(const Setting& s, size_t& out) {
  int64_t value = 0;
  Status status = ReadInt(s, -1, kInt, "", value);
  if (status.ok()) out = static_cast<size_t>(std::max<int64_t>(value, 0));
  return status;
}
Status MaxClientCnxns(const Setting& s, Draft& d) {
  return ReadConnectionLimit(s, d.config.limits.max_connections_per_address);
}
Status MaxCnxns(const Setting& s, Draft& d) {
  return ReadConnectionLimit(s, d.config.limits.max_connections);
}

Status SnapRetainCount(const Setting& s, Draft& d) {
  int64_t count = 0;
  Status status = ReadInt(s, -kInt, kInt, "", count);
  if (!status.ok()) return status;
  if (count < 3) d.Warn(s, "raised to 3, the least that is kept");
  d.config.autopurge_snap_retain_count = static_cast<int>(std::max<int64_t>(count, 3));
  return status;
}

// Hours, or a number with a unit, as releases from 3.10 on read it.
Status PurgeInterval(const Setting& s, Draft& d) {
  struct Unit {
    std::string_view name;
    int64_t ms;
  };
  constexpr Unit kUnits[] = {
      {"ms", 1}, {"s", 1000}, {"m", 60'000}, {"h", kHourMs}, {"d", 24 * kHourMs}};
  Setting number = s;
  int64_t unit_ms = kHourMs;
  for (const Unit& unit : kUnits) {
    if (!number.value.ends_with(unit.name)) continue;
    number.value.resize(number.value.size() - unit.name.size());
    unit_ms = unit.ms;
    break;
  }
  int64_t value = 0;
  if (!ReadInt(number, -kInt, kInt, "", value).ok()) {
    return BadValue(s, "a whole number of hours, or one with ms, s, m, h or d behind it");
  }
  d.config.autopurge_interval_ms = std::max<int64_t>(value, 0) * unit_ms;
  return Status::Ok();
}

Status SnapCount(const Setting& s, Draft& d) {
  int64_t count = 0;
  Status status = ReadInt(s, -kInt, kInt, "transactions", count);
  if (!status.ok()) return status;
  if (count < 2) d.Warn(s, "raised to 2");
  d.config.limits.snap_count = std::max<int64_t>(count, 2);
  return status;
}

Status SnapSizeLimit(const Setting& s, Draft& d) {
  int64_t kilobytes = 0;
  Status status = ReadInt(s, -1, int64_t{1} << 40, "KB", kilobytes);
  if (status.ok()) {
    d.config.limits.snap_size_bytes =
        kilobytes <= 0 ? std::numeric_limits<int64_t>::max() : kilobytes << 10;
  }
  return status;
}

Status LogSizeLimit(const Setting& s, Draft& d) {
  int64_t kilobytes = 0;
  Status status = ReadInt(s, -1, int64_t{1} << 40, "KB", kilobytes);
  if (status.ok()) d.config.limits.log_size_limit_bytes = kilobytes <= 0 ? -1 : kilobytes << 10;
  return status;
}

Status PreAllocSize(const Setting& s, Draft& d) {
  int64_t kilobytes = 0;
  Status status = ReadInt(s, 0, int64_t{16} << 20, "KB", kilobytes);
  if (status.ok()) d.config.limits.preallocate_bytes = static_cast<size_t>(kilobytes) << 10;
  return status;
}

Status ExtraSize(const Setting& s, Draft& d) {
  int64_t bytes = 0;
  Status status = ReadInt(s, 0, kInt, "bytes", bytes);
  if (!status.ok()) return status;
  d.config.limits.jute_extra_size = static_cast<size_t>(std::max<int64_t>(bytes, 1024));
  d.extra_size_given = true;
  return status;
}

Status SessionlessTimeout(const Setting& s, Draft& d) {
  return ReadInt(s, 1, kInt, "ms", d.config.limits.handshake_timeout.ms);
}

Status ForceSync(const Setting& s, Draft& d) {
  Status status = ReadBool(s, d.config.force_sync);
  if (status.ok() && !d.config.force_sync) {
    d.Warn(s, "a power failure can lose writes that were acknowledged");
  }
  return status;
}

Status CompressionMethod(const Setting& s, Draft& d) {
  if (s.value.empty()) {
    d.config.snapshot_compression = Compression::kNone;
  } else if (s.value == "gz") {
    d.config.snapshot_compression = Compression::kGzip;
  } else if (s.value == "snappy") {
    d.config.snapshot_compression = Compression::kSnappy;
  } else {
    return BadValue(s, "gz, snappy or nothing");
  }
  return Status::Ok();
}

Status FourLetterWhitelist(const Setting& s, Draft& d) {
  static constexpr std::string_view kWords[] = {"conf", "cons", "crst", "dirs", "dump", "envi",
                                                "gtmk", "ruok", "stmk", "srst", "srvr", "stat",
                                                "wchc", "wchp", "wchs", "mntr", "isro", "hash"};
  d.config.four_letter_whitelist = {"srvr"};
  for (std::string_view rest = s.value; !rest.empty();) {
    const size_t comma = rest.find(',');
    const std::string_view word = TrimBlanks(rest.substr(0, comma));
    rest = comma == std::string_view::npos ? std::string_view() : rest.substr(comma + 1);
    if (word.empty()) continue;
    if (word != "*" && std::find(std::begin(kWords), std::end(kWords), word) == std::end(kWords)) {
      d.Warn(s, std::string(word) + " is not a four-letter word of the server");
    }
    d.config.four_letter_whitelist.emplace(word);
  }
  return Status::Ok();
}

Status ElectionAlg(const Setting& s, Draft&) {
  return s.value == "3"
             ? Status::Ok()
             : Status::Invalid(s.Name() + ": Invalid electionAlg value. Only 3 is supported.");
}

Status PeerType(const Setting& s, Draft& d) {
  if (EqualsIgnoringCase(s.value, "participant")) return Status::Ok();
  if (!EqualsIgnoringCase(s.value, "observer")) {
    return Status::Invalid(s.Name() + ": Unrecognised peertype: " + s.value +
                           ", expected participant or observer");
  }
  d.Warn(s, "not supported yet, ignored (an ensemble)");
  return Status::Ok();
}

Status StandaloneEnabled(const Setting& s, Draft& d) { return ReadBool(s, d.standalone_enabled); }

Status Server(const Setting& s, Draft& d) {
  Result<ServerLine> line = ParseServerLine(s);
  if (!line.ok()) return line.status();
  d.servers.push_back(std::move(*line));
  return Status::Ok();
}

Status SkipAcl(const Setting& s, Draft& d) {
  Status status = ReadBool(s, d.config.auth.skip_acl);
  if (status.ok() && d.config.auth.skip_acl) d.Warn(s, "no access control list is checked");
  return status;
}

Status DigestEnabled(const Setting& s, Draft& d) {
  return ReadBool(s, d.config.auth.digest_enabled);
}

Status DigestAlg(const Setting& s, Draft& d) {
  if (DigestOf("a:b", s.value).empty()) {
    return BadValue(s, "the name of a hash such as SHA1, SHA-256 or SHA3-256");
  }
  d.config.auth.digest_alg = s.value;
  return Status::Ok();
}

Status SuperDigest(const Setting& s, Draft& d) {
  if (!s.value.empty() && s.value.find(':') == std::string::npos) {
    return BadValue(s, "super: and the digest in base64 behind it");
  }
  d.config.auth.super_digest = s.value;
  return Status::Ok();
}

Status AuthProvider(const Setting& s, Draft& d) {
  constexpr std::string_view kPackage = "org.apache.zookeeper.server.auth.";
  const std::string_view name = s.value;
  const auto is = [&](std::string_view provider) {
    return name.starts_with(kPackage) && name.substr(kPackage.size()) == provider;
  };
  if (name.empty() || is("IPAuthenticationProvider") || is("DigestAuthenticationProvider")) {
    return Status::Ok();  // always there
  }
  if (is("EnsembleAuthenticationProvider")) {
    d.config.auth.ensemble_provider = true;
    return Status::Ok();
  }
  return Status::Invalid(s.Name() +
                         ": this authentication provider is not supported by this version; there "
                         "are those of ip, digest and ensemble");
}

struct Reader {
  std::string_view name;  // a family ends in '.'
  Status (*read)(const Setting&, Draft&);
};
constexpr Reader kReaders[] = {
    {"maxClientCnxns", MaxClientCnxns},
    {"maxCnxns", MaxCnxns},
    {"autopurge.snapRetainCount", SnapRetainCount},
    {"autopurge.purgeInterval", PurgeInterval},
    {"snapCount", SnapCount},
    {"snapSizeLimitInKb", SnapSizeLimit},
    {"txnLogSizeLimitInKb", LogSizeLimit},
    {"preAllocSize", PreAllocSize},
    {"jute.maxbuffer.extrasize", ExtraSize},
    {"nio.sessionlessCnxnTimeout", SessionlessTimeout},
    {"forceSync", ForceSync},
    {"snapshot.compression.method", CompressionMethod},
    {"4lw.commands.whitelist", FourLetterWhitelist},
    {"electionAlg", ElectionAlg},
    {"peerType", PeerType},
    {"standaloneEnabled", StandaloneEnabled},
    {"server.", Server},
    {"skipACL", SkipAcl},
    {"DigestAuthenticationProvider.enabled", DigestEnabled},
    {"DigestAuthenticationProvider.digestAlg", DigestAlg},
    {"DigestAuthenticationProvider.superDigest", SuperDigest},
    {"authProvider.", AuthProvider},
};

const Reader* FindReader(std::string_view key) {
  for (const Reader& reader : kReaders) {
    if (reader.name == key || (reader.name.ends_with('.') && key.starts_with(reader.name))) {
      return &reader;
    }
  }
  return nullptr;
}

}  // namespace

Status ApplySetting(const Setting& s, ConfigDraft& draft) {
  ServerConfig& config = draft.config;
  if (const Reader* reader = FindReader(s.key)) return reader->read(s, draft);
  if (const auto* key = Find(kBools, s.key)) return ReadBool(s, config.*key->member);
  if (const auto* key = Find(kLongs, s.key)) {
    return ReadInt(s, key->low, key->high, key->unit, config.*key->member);
  }
  int64_t value = 0;
  if (const auto* key = Find(kInts, s.key)) {
    Status status = ReadInt(s, key->low, key->high, key->unit, value);
    if (status.ok()) config.*key->member = static_cast<int>(value);
    return status;
  }
  if (const auto* key = Find(kSizes, s.key)) {
    Status status = ReadInt(s, key->low, key->high, key->unit, value);
    if (status.ok()) config.limits.*key->member = static_cast<size_t>(value);
    return status;
  }
  if (const auto* key = Find(kStrings, s.key)) {
    config.*key->member = s.value;
  } else if (const auto* auth = Find(kAuthStrings, s.key)) {
    config.auth.*auth->member = s.value;
  }
  return Status::Ok();
}

bool HasReader(std::string_view key) {
  return FindReader(key) != nullptr || Find(kBools, key) != nullptr ||
         Find(kLongs, key) != nullptr || Find(kInts, key) != nullptr ||
         Find(kSizes, key) != nullptr || Find(kStrings, key) != nullptr ||
         Find(kAuthStrings, key) != nullptr;
}

}  // namespace zk
