// SPDX-License-Identifier: Apache-2.0
#include "common/config_keys.h"

#include <algorithm>
#include <cstdint>
#include <iterator>
#include <numeric>
#include <utility>
#include <vector>

#include "common/config_values.h"

namespace zk {
namespace {

using enum KeyUse;
using enum KeyHome;

// Sorted by topic, as in the reference.
constexpr KeyInfo kKeys[] = {
    // Files and the client's side.
    {"dataDir", kWorks, kFile, "", ""},
    {"dataLogDir", kWorks, kFile, "", ""},
    {"clientPort", kWorks, kFile, "", ""},
    {"clientPortAddress", kWorks, kFile, "", ""},
    {"clientPortListenBacklog", kWorks, kFile, "", ""},
    {"tickTime", kWorks, kFile, "", ""},
    {"maxClientCnxns", kWorks, kFile, "", ""},
    {"minSessionTimeout", kWorks, kFile, "", ""},
    {"maxSessionTimeout", kWorks, kFile, "", ""},
    {"autopurge.snapRetainCount", kWorks, kFile, "", ""},
    {"autopurge.purgeInterval", kWorks, kFile, "", ""},
    {"serval.loops", kWorks, kFile, "", ""},
    {"secureClientPort", kFatal, kFile, "", "TLS"},
    {"secureClientPortAddress", kFatal, kFile, "", "TLS"},

    // The ensemble.
    {"server.", kWorks, kFile, "", ""},
    {"initLimit", kWorks, kFile, "", ""},
    {"syncLimit", kWorks, kFile, "", ""},
    {"electionAlg", kWorks, kFile, "", ""},
    {"peerType", kWorks, kFile, "", ""},
    {"standaloneEnabled", kWorks, kFile, "", ""},
    {"group.", kIgnored, kFile, "", "an ensemble"},
    {"weight.", kIgnored, kFile, "", "an ensemble"},
    {"dynamicConfigFile", kFatal, kFile, "", "an ensemble"},
    {"reconfigEnabled", kFatal, kFile, "", "reconfiguration"},
    {"connectToLearnerMasterLimit", kIgnored, kFile, "", "an ensemble"},
    {"quorumListenOnAllIPs", kLater, kFile, "", "an ensemble"},
    {"localSessionsEnabled", kLater, kFile, "", "an ensemble"},
    {"localSessionsUpgradingEnabled", kLater, kFile, "", "an ensemble"},
    {"syncEnabled", kIgnored, kFile, "true", "an ensemble"},
    {"observer.syncEnabled", kIgnored, kProperty, "true", "an ensemble"},
    {"observerMasterPort", kIgnored, kFile, "0", "an ensemble"},
    {"multiAddress.enabled", kIgnored, kProperty, "", "an ensemble"},
    {"multiAddress.", kIgnored, kProperty, "true|1000", "an ensemble"},
    {"oraclePath", kIgnored, kFile, "", "an ensemble"},
    {"sslQuorum", kFatal, kFile, "", "TLS between servers"},
    {"sslQuorumReloadCertFiles", kFatal, kFile, "", "TLS between servers"},
    {"portUnification", kFatal, kFile, "", "TLS between servers"},
    {"quorum.auth.learner.saslLoginContext", kFatal, kFile, "QuorumLearner",
     "SASL between servers"},
    {"quorum.auth.server.saslLoginContext", kFatal, kFile, "QuorumServer", "SASL between servers"},
    {"quorum.auth.kerberos.servicePrincipal", kFatal, kFile, "zkquorum/localhost",
     "SASL between servers"},
    {"quorum.auth.", kFatal, kFile, "", "SASL between servers"},
    {"quorum.cnxn.threads.size", kIgnored, kFile, "20", "SASL between servers"},
    {"leaderServes", kLater, kProperty, "yes|true", "an ensemble"},
    {"cnxTimeout", kLater, kProperty, "5000", "an ensemble"},
    {"quorumCnxnTimeoutMs", kIgnored, kProperty, "-1", "an ensemble"},
    {"electionPortBindRetry", kLater, kProperty, "3", "an ensemble"},
    {"tcpKeepAlive", kLater, kProperty, "", "an ensemble"},
    {"commitLogCount", kLater, kProperty, "500", "an ensemble"},
    {"snapshotSizeFactor", kIgnored, kProperty, "0.33", "an ensemble"},
    {"forceSnapshotSync", kIgnored, kProperty, "", "an ensemble"},
    {"fastleader.", kIgnored, kProperty, "200|60000", "an ensemble"},
    {"leader.maxTimeToWaitForEpoch", kIgnored, kProperty, "-1", "an ensemble"},
    {"leader.maxConcurrentSnapSyncs", kIgnored, kProperty, "10", "an ensemble"},
    {"leader.maxConcurrentDiffSyncs", kIgnored, kProperty, "100", "an ensemble"},
    {"leader.ackLoggingFrequency", kIgnored, kProperty, "1000", "an ensemble"},
    {"leader.closeSocketAsync", kIgnored, kProperty, "", "an ensemble"},
    {"leader.nodelay", kIgnored, kBare, "true", "an ensemble"},
    {"follower.nodelay", kIgnored, kBare, "true", "an ensemble"},
    {"learner.", kIgnored, kProperty, "", "an ensemble"},
    {"leaderConnectDelayDuringRetryMs", kIgnored, kProperty, "100", "an ensemble"},
    {"observer.reconnectDelayMs", kIgnored, kProperty, "0", "an ensemble"},
    {"observer.election.DelayMs", kIgnored, kProperty, "200", "an ensemble"},
    {"observerMaster.sizeLimit", kIgnored, kProperty, "33554432", "an ensemble"},
    {"follower.skipLearnerRequestToNextProcessor", kIgnored, kProperty, "", "an ensemble"},
    {"forward_learner_requests_to_commit_processor_disabled", kIgnored, kProperty, "",
     "an ensemble"},
    {"messageTracker.", kIgnored, kProperty, "false|10", "an ensemble"},

    // Storage.
    {"preAllocSize", kWorks, kProperty, "", ""},
    {"snapCount", kWorks, kProperty, "", ""},
    {"snapSizeLimitInKb", kWorks, kProperty, "", ""},
    {"txnLogSizeLimitInKb", kWorks, kProperty, "", ""},
    {"forceSync", kWorks, kProperty, "", ""},
    {"fsync.warningthresholdms", kWorks, kProperty, "", ""},
    {"maxBatchSize", kWorks, kProperty, "", ""},
    {"flushDelay", kLater, kProperty, "0", "group commit has no delay here"},
    {"maxWriteQueuePollTime", kLater, kProperty, "0", "group commit has no delay here"},
    {"snapshot.compression.method", kWorks, kProperty, "", ""},
    {"snapshot.trust.empty", kWorks, kProperty, "", ""},
    {"datadir.autocreate", kWorks, kProperty, "", ""},
    {"db.autocreate", kWorks, kProperty, "", ""},
    {"digest.enabled", kWorks, kProperty, "", ""},
    {"serializeLastProcessedZxid.enabled", kWorks, kProperty, "", ""},
    {"closeSessionTxn.enabled", kWorks, kProperty, "", ""},

    // Requests.
    {"globalOutstandingLimit", kWorks, kProperty, "", ""},
    {"maxCnxns", kWorks, kProperty, "", ""},
    {"jute.maxbuffer", kWorks, kBare, "", ""},
    {"jute.maxbuffer.extrasize", kWorks, kProperty, "", ""},
    {"readonlymode.enabled", kWorks, kBare, "", ""},
    {"znode.container.checkIntervalMs", kWorks, kBare, "", ""},
    {"znode.container.maxPerMinute", kWorks, kBare, "", ""},
    {"znode.container.maxNeverUsedIntervalMs", kWorks, kBare, "", ""},
    {"enforceQuota", kWorks, kProperty, "", ""},
    {"extendedTypesEnabled", kWorks, kProperty, "", ""},
    {"emulate353TTLNodes", kWorks, kProperty, "", ""},
    {"enableEagerACLCheck", kWorks, kProperty, "", ""},
    {"clientTcpKeepAlive", kWorks, kProperty, "", ""},
    {"nio.sessionlessCnxnTimeout", kWorks, kProperty, "", ""},
    {"4lw.commands.whitelist", kWorks, kProperty, "", ""},
    {"largeRequestMaxBytes", kIgnored, kProperty, "104857600", ""},
    {"largeRequestThreshold", kIgnored, kProperty, "-1", ""},
    {"request_throttle_max_requests", kIgnored, kProperty, "0", ""},
    {"request_throttle_stall_time", kIgnored, kProperty, "100", ""},
    {"request_throttle_drop_stale", kIgnored, kProperty, "true", ""},
    {"request_stale_latency_check", kIgnored, kProperty, "", ""},
    {"request_stale_connection_check", kIgnored, kProperty, "true", ""},
    {"request_throttler.shutdownTimeout", kIgnored, kProperty, "10000", ""},
    {"throttled_op_wait_time", kIgnored, kProperty, "0", ""},
    {"connection_throttle_tokens", kIgnored, kProperty, "0", ""},
    {"connection_throttle_fill_time", kIgnored, kProperty, "1", ""},
    {"connection_throttle_fill_count", kIgnored, kProperty, "1", ""},
    {"connection_throttle_freeze_time", kIgnored, kProperty, "-1", ""},
    {"connection_throttle_drop_increase", kIgnored, kProperty, "0.02", ""},
    {"connection_throttle_drop_decrease", kIgnored, kProperty, "0.002", ""},
    {"connection_throttle_decrease_ratio", kIgnored, kProperty, "0", ""},
    {"connection_throttle_weight_enabled", kIgnored, kProperty, "", ""},
    {"connection_throttle_global_session_weight", kIgnored, kProperty, "3", ""},
    {"connection_throttle_renew_session_weight", kIgnored, kProperty, "2", ""},
    {"connection_throttle_local_session_weight", kIgnored, kProperty, "1", ""},
    {"maxResponseCacheSize", kIgnored, kProperty, "400|0", ""},
    {"maxGetChildrenResponseCacheSize", kIgnored, kProperty, "400|0", ""},
    {"testingonly.initialZxid", kIgnored, kProperty, "", ""},

    // Threads and buffers of the Java server.
    {"serverCnxnFactory", kNoMeaning, kProperty, "", ""},
    {"intBufferStartingSizeBytes", kIgnored, kProperty, "1024", ""},
    {"watchManagerName", kIgnored, kProperty, "", ""},
    {"watcherCleanThreadsNum", kIgnored, kProperty, "2", ""},
    {"watcherCleanThreshold", kIgnored, kProperty, "1000", ""},
    {"watcherCleanIntervalInSeconds", kIgnored, kProperty, "600", ""},
    {"maxInProcessingDeadWatchers", kIgnored, kProperty, "-1", ""},
    {"bitHashCacheSize", kIgnored, kProperty, "10", ""},
    {"pathStats.", kIgnored, kProperty, "", ""},
    {"nio.", kIgnored, kProperty, "65536|5000", ""},
    {"commitProcessor.", kIgnored, kProperty, "5000|-1|1", ""},
    {"netty.", kIgnored, kProperty, "false|-1", ""},
    {"jvm.pause.", kIgnored, kFile, "false|10000|1000|500", ""},

    // Watching the server.
    {"metricsProvider.className", kLater, kFile,
     "org.apache.zookeeper.metrics.impl.DefaultMetricsProvider|"
     "org.apache.zookeeper.metrics.impl.NullMetricsProvider",
     "an endpoint for Prometheus"},
    {"metricsProvider.", kNoMeaning, kFile, "", ""},
    {"admin.enableServer", kLater, kProperty, "", "the HTTP admin server"},
    {"admin.", kLater, kProperty, "", "the HTTP admin server"},
    {"audit.enable", kFatal, kProperty, "", "the audit log"},
    {"audit.impl.class", kLater, kProperty, "org.apache.zookeeper.audit.Slf4jAuditLogger",
     "the audit log"},

    // Security.
    {"skipACL", kWorks, kProperty, "", ""},
    {"authProvider.", kWorks, kProperty, "", ""},
    {"DigestAuthenticationProvider.enabled", kWorks, kProperty, "", ""},
    {"DigestAuthenticationProvider.superDigest", kWorks, kProperty, "", ""},
    {"DigestAuthenticationProvider.digestAlg", kWorks, kProperty, "", ""},
    {"ensembleAuthName", kWorks, kProperty, "", ""},
    {"ssl.clientAuth", kFatal, kProperty, "need|none", "TLS"},
    {"ssl.quorum.clientAuth", kFatal, kProperty, "need|none", "TLS between servers"},
    {"ssl.hostnameVerification", kFatal, kProperty, "true|false", "TLS"},
    {"ssl.quorum.hostnameVerification", kFatal, kProperty, "true|false", "TLS between servers"},
    {"ssl.authProvider", kFatal, kProperty, "x509", "TLS"},
    {"ssl.quorum.", kFatal, kProperty, "false|5000", "TLS between servers"},
    {"ssl.", kFatal, kProperty, "false|5000", "TLS"},
    {"client.portUnification", kFatal, kProperty, "", "TLS"},
    {"client.certReload", kLater, kProperty, "", "TLS"},
    {"fips-mode", kLater, kProperty, "", "TLS"},
    {"X509AuthenticationProvider.superUser", kLater, kProperty, "", "TLS"},
    {"sessionRequireClientSASLAuth", kFatal, kProperty, "", "enforced authentication"},
    {"enforce.auth.", kFatal, kProperty, "", "enforced authentication"},
    {"allowSaslFailedClients", kLater, kProperty, "", "SASL"},
    {"superUser", kLater, kProperty, "", "SASL"},
    {"superUser.", kLater, kProperty, "", "SASL"},
    {"SASLAuthenticationProvider.superPassword", kIgnored, kProperty, "", "SASL"},
    {"letAnySaslUserDoX", kIgnored, kProperty, "", "SASL"},
    {"sasl.serverconfig", kLater, kProperty, "Server", "SASL"},
    {"java.security.auth.login.config", kLater, kBare, "", "SASL"},
    {"kerberos.removeHostFromPrincipal", kLater, kProperty, "", "SASL"},
    {"kerberos.removeRealmFromPrincipal", kLater, kProperty, "", "SASL"},
    {"kerberos.", kIgnored, kProperty, "false|60000", "SASL"},
    {"requireKerberosConfig", kIgnored, kProperty, "", "SASL"},
    {"security.auth_to_local", kIgnored, kProperty, "", "SASL"},
    {"kinit", kIgnored, kProperty, "", "SASL"},
    {"IPAuthenticationProvider.usexforwardedfor", kIgnored, kProperty, "", "the HTTP admin server"},

    // Settings of Java's clients and of its logging, which scripts hand to servers as well.
    {"sasl.client", kNoMeaning, kProperty, "", ""},
    {"sasl.client.", kNoMeaning, kProperty, "", ""},
    {"sasl.clientconfig", kNoMeaning, kProperty, "", ""},
    {"server.principal", kNoMeaning, kProperty, "", ""},
    {"server.realm", kNoMeaning, kProperty, "", ""},
    {"client.secure", kNoMeaning, kProperty, "", ""},
    {"clientCnxnSocket", kNoMeaning, kProperty, "", ""},
    {"disableAutoWatchReset", kNoMeaning, kProperty, "", ""},
    {"request.timeout", kNoMeaning, kProperty, "", ""},
    {"root.logger", kNoMeaning, kProperty, "", ""},
    {"console.threshold", kNoMeaning, kProperty, "", ""},
    {"log.", kNoMeaning, kProperty, "", ""},
    {"tracelog.", kNoMeaning, kProperty, "", ""},
    {"auditlog.", kNoMeaning, kProperty, "", ""},
    {"jmx.", kNoMeaning, kProperty, "", ""},
};

constexpr std::pair<std::string_view, std::string_view> kAliases[] = {
    {"connectionMaxTokens", "connection_throttle_tokens"},
    {"connectionTokenFillTime", "connection_throttle_fill_time"},
    {"connectionTokenFillCount", "connection_throttle_fill_count"},
    {"connectionFreezeTime", "connection_throttle_freeze_time"},
    {"connectionDropIncrease", "connection_throttle_drop_increase"},
    {"connectionDropDecrease", "connection_throttle_drop_decrease"},
    {"connectionDecreaseRatio", "connection_throttle_decrease_ratio"},
    {"requestThrottleLimit", "request_throttle_max_requests"},
    {"requestThrottleStallTime", "request_throttle_stall_time"},
    {"requestThrottleDropStale", "request_throttle_drop_stale"},
    {"requestStaleLatencyCheck", "request_stale_latency_check"},
    {"requestStaleConnectionCheck", "request_stale_connection_check"},
    {"throttledOpWaitTime", "throttled_op_wait_time"},
    {"maxConcurrentSnapSyncs", "leader.maxConcurrentSnapSyncs"},
    {"maxConcurrentDiffSyncs", "leader.maxConcurrentDiffSyncs"},
    {"maxTimeToWaitForEpoch", "leader.maxTimeToWaitForEpoch"},
    {"advancedFlowControlEnabled", "netty.advancedFlowControl.enabled"},
    {"outstandingHandshake.limit", "netty.server.outstandingHandshake.limit"},
};

// Levenshtein distance, ignoring case, so that a wrong capital is the nearest of all.
size_t Distance(std::string_view a, std::string_view b) {
  std::vector<size_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), size_t{0});
  for (size_t i = 1; i <= a.size(); i++) {
    size_t diagonal = row[0];
    row[0] = i;
    for (size_t j = 1; j <= b.size(); j++) {
      const size_t above = row[j];
      const bool same = LowerCase(a[i - 1]) == LowerCase(b[j - 1]);
      row[j] = std::min({above + 1, row[j - 1] + 1, diagonal + (same ? 0 : 1)});
      diagonal = above;
    }
  }
  return row[b.size()];
}

}  // namespace

std::span<const KeyInfo> AllKeys() { return kKeys; }

const KeyInfo* FindKey(std::string_view key) {
  const KeyInfo* family = nullptr;
  for (const KeyInfo& info : kKeys) {
    if (info.name == key) return &info;
    const bool covers =
        info.name.ends_with('.') && key.size() > info.name.size() && key.starts_with(info.name);
    if (covers && (family == nullptr || family->name.size() < info.name.size())) family = &info;
  }
  return family;
}

std::string_view ResolveAlias(std::string_view key) {
  const auto* found = std::find_if(std::begin(kAliases), std::end(kAliases),
                                   [key](const auto& alias) { return alias.first == key; });
  return found == std::end(kAliases) ? key : found->second;
}

bool IsHarmless(const KeyInfo& info, std::string_view value) {
  if (value.empty()) return true;
  std::string_view rest = info.harmless.empty() ? "false|no" : info.harmless;
  while (!rest.empty()) {
    const size_t bar = rest.find('|');
    if (EqualsIgnoringCase(value, rest.substr(0, bar))) return true;
    rest = bar == std::string_view::npos ? std::string_view() : rest.substr(bar + 1);
  }
  return false;
}

std::string NearestKey(std::string_view key) {
  constexpr size_t kLongestKey = 64;  // what is longer resembles nothing; bounds the work
  if (key.size() > kLongestKey) return {};
  std::string_view nearest;
  size_t least = std::max<size_t>(2, key.size() / 4) + 1;
  const auto consider = [&](std::string_view name) {
    const size_t longer = std::max(key.size(), name.size());
    if (longer - std::min(key.size(), name.size()) >= least) return;  // the distance is no less
    const size_t distance = Distance(key, name);
    if (distance < least) {
      least = distance;
      nearest = name;
    }
  };
  for (const KeyInfo& info : kKeys) consider(info.name);
  for (const auto& alias : kAliases) consider(alias.second);
  return nearest.ends_with('.') ? std::string(nearest) + "..." : std::string(nearest);
}

}  // namespace zk
