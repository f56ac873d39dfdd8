// SPDX-License-Identifier: Apache-2.0
#include "common/config.h"

#include <gtest/gtest.h>

#include <limits>
#include <string>
#include <vector>

#include "common/config_keys.h"
#include "common/config_settings.h"

namespace zk {
namespace {

const char kMinimal[] = "dataDir=/d\nclientPort=2181\n";

struct Outcome {
  bool ok = false;
  ServerConfig config;
  std::string error;
  std::vector<std::string> warnings;
};

Outcome Parse(const std::string& text, const ConfigInputs& inputs = {}) {
  Outcome outcome;
  Result<ServerConfig> result = ParseConfigText(text, "zoo.cfg", inputs, &outcome.warnings);
  outcome.ok = result.ok();
  if (result.ok()) {
    outcome.config = *result;
  } else {
    outcome.error = result.status().message();
  }
  return outcome;
}
// The configuration of a minimal file and these lines; they are lines 3 and following.
Outcome With(const std::string& lines) { return Parse(kMinimal + lines); }

std::string Joined(const std::vector<std::string>& lines) {
  std::string all;
  for (const std::string& line : lines) all += line + '\n';
  return all;
}

TEST(Config, DefaultsOfJava) {
  const Outcome o = Parse(kMinimal);
  ASSERT_TRUE(o.ok) << o.error;
  EXPECT_EQ(Joined(o.warnings), "");
  EXPECT_EQ(o.config.data_dir, "/d");
  EXPECT_EQ(o.config.data_log_dir, "/d");
  EXPECT_EQ(o.config.client_port, 2181);
  EXPECT_EQ(o.config.tick_time_ms, 3000);
  EXPECT_EQ(o.config.min_session_timeout_ms, 6000);
  EXPECT_EQ(o.config.max_session_timeout_ms, 60'000);
  EXPECT_EQ(o.config.limits.max_connections_per_address, 60u);
  EXPECT_EQ(o.config.limits.jute_max_buffer, 0xfffffu);
  EXPECT_EQ(o.config.autopurge_snap_retain_count, 3);
  EXPECT_EQ(o.config.autopurge_interval_ms, 0);
  EXPECT_EQ(o.config.four_letter_whitelist, (std::set<std::string>{"srvr"}));
  EXPECT_TRUE(o.config.force_sync);
  EXPECT_TRUE(o.config.auth.digest_enabled);
  EXPECT_FALSE(o.config.auth.x509_provider || o.config.auth.sasl_provider);
}

TEST(Config, TheEmbeddedDefault) {
  const Outcome o = Parse(kDefaultConfigText);
  ASSERT_TRUE(o.ok) << o.error;
  EXPECT_EQ(Joined(o.warnings), "");
  EXPECT_EQ(o.config.tick_time_ms, 2000);
  EXPECT_EQ(o.config.data_dir, "./data");
  EXPECT_EQ(o.config.client_port, 2181);
  EXPECT_EQ(o.config.four_letter_whitelist,
            (std::set<std::string>{"conf", "isro", "mntr", "ruok", "srvr", "stat"}));
}

TEST(Config, ZooKeepersSampleSaysNothing) {
  const Outcome o =
      Parse("tickTime=2000\ninitLimit=10\nsyncLimit=5\ndataDir=/tmp/zookeeper\nclientPort=2181\n");
  ASSERT_TRUE(o.ok) << o.error;
  EXPECT_EQ(Joined(o.warnings), "");
  EXPECT_EQ(o.config.init_limit, 10);
  EXPECT_EQ(o.config.sync_limit, 5);
}

TEST(Config, EveryWorkingMemberIsRead) {
  const Outcome o = With(
      "dataLogDir=/l\nclientPortAddress=127.0.0.1\nclientPortListenBacklog=7\ntickTime=100\n"
      "minSessionTimeout=300\nmaxSessionTimeout=900\nmaxClientCnxns=0\nmaxCnxns=9\n"
      "autopurge.snapRetainCount=5\nautopurge.purgeInterval=2\ndatadir.autocreate=false\n"
      "db.autocreate=false\nsnapshot.trust.empty=true\nsnapshot.compression.method=snappy\n"
      "fsync.warningthresholdms=20\nclientTcpKeepAlive=true\nextendedTypesEnabled=true\n"
      "emulate353TTLNodes=true\ndigest.enabled=false\ncloseSessionTxn.enabled=false\n"
      "enforceQuota=true\nenableEagerACLCheck=true\nserializeLastProcessedZxid.enabled=true\n"
      "znode.container.checkIntervalMs=11\nznode.container.maxPerMinute=12\n"
      "znode.container.maxNeverUsedIntervalMs=13\nglobalOutstandingLimit=14\nmaxBatchSize=15\n"
      "snapCount=16\nsnapSizeLimitInKb=17\ntxnLogSizeLimitInKb=18\npreAllocSize=19\n"
      "nio.sessionlessCnxnTimeout=20\nserval.loops=2\nensembleAuthName=e\n"
      "authProvider.1=org.apache.zookeeper.server.auth.EnsembleAuthenticationProvider\n"
      "DigestAuthenticationProvider.enabled=false\nDigestAuthenticationProvider.digestAlg=SHA-256\n"
      "DigestAuthenticationProvider.superDigest=super:abc=\n");
  ASSERT_TRUE(o.ok) << o.error;
  EXPECT_EQ(Joined(o.warnings), "");
  const ServerConfig& c = o.config;
  EXPECT_EQ(c.data_log_dir, "/l");
  EXPECT_EQ(c.client_port_address, "127.0.0.1");
  EXPECT_EQ(c.listen_backlog, 7);
  EXPECT_EQ(c.tick_time_ms, 100);
  EXPECT_EQ(c.min_session_timeout_ms, 300);
  EXPECT_EQ(c.max_session_timeout_ms, 900);
  EXPECT_EQ(c.limits.max_connections_per_address, 0u);
  EXPECT_EQ(c.limits.max_connections, 9u);
  EXPECT_EQ(c.autopurge_snap_retain_count, 5);
  EXPECT_EQ(c.autopurge_interval_ms, 7'200'000);
  EXPECT_FALSE(c.data_dir_autocreate || c.db_autocreate || c.digest_enabled || c.close_session_txn);
  EXPECT_TRUE(c.snapshot_trust_empty && c.tcp_keep_alive && c.extended_types && c.emulate_353_ttl);
  EXPECT_TRUE(c.enforce_quota && c.eager_acl_check && c.serialize_last_zxid);
  EXPECT_EQ(c.snapshot_compression, Compression::kSnappy);
  EXPECT_EQ(c.fsync_warning_ms, 20);
  EXPECT_EQ(c.container_check_interval_ms, 11);
  EXPECT_EQ(c.container_max_per_minute, 12);
  EXPECT_EQ(c.container_max_never_used_ms, 13);
  EXPECT_EQ(c.limits.global_outstanding, 14u);
  EXPECT_EQ(c.limits.sync_txns, 15u);
  EXPECT_EQ(c.limits.snap_count, 16);
  EXPECT_EQ(c.limits.snap_size_bytes, 17 << 10);
  EXPECT_EQ(c.limits.log_size_limit_bytes, 18 << 10);
  EXPECT_EQ(c.limits.preallocate_bytes, 19u << 10);
  EXPECT_EQ(c.limits.handshake_timeout.ms, 20);
  EXPECT_EQ(c.loops, 2);
  EXPECT_TRUE(c.auth.ensemble_provider);
  EXPECT_EQ(c.auth.ensemble_auth_name, "e");
  EXPECT_FALSE(c.auth.digest_enabled);
  EXPECT_EQ(c.auth.digest_alg, "SHA-256");
  EXPECT_EQ(c.auth.super_digest, "super:abc=");
}

TEST(Config, BothSpellingsWorkInTheFileAndTheLastCounts) {
  EXPECT_EQ(With("zookeeper.snapCount=7\n").config.limits.snap_count, 7);
  EXPECT_EQ(With("zookeeper.tickTime=70\n").config.tick_time_ms, 70);
  const Outcome o = With("snapCount=5\nzookeeper.snapCount=6\n");
  EXPECT_EQ(o.config.limits.snap_count, 6);
  EXPECT_EQ(Joined(o.warnings),
            "zoo.cfg:4: snapCount=6: given before at zoo.cfg:3, the last one counts\n");
}

TEST(Config, ValuesAreTrimmedAndPropertiesSyntaxHolds) {
  const Outcome o = Parse("dataDir : /d \t\n  clientPort 2181 \n! no\ntickTime=20\\\n  00\n");
  ASSERT_TRUE(o.ok) << o.error;
  EXPECT_EQ(o.config.data_dir, "/d");
  EXPECT_EQ(o.config.tick_time_ms, 2000);
}

TEST(Config, Precedence) {
  ConfigInputs inputs;
  inputs.server_jvm_flags = "-Dzookeeper.snapCount=10 -Dzookeeper.maxCnxns=10";
  EXPECT_EQ(Parse(kMinimal, inputs).config.limits.snap_count, 10);
  inputs.jvm_flags = "-Dzookeeper.snapCount=11";
  EXPECT_EQ(Parse(kMinimal, inputs).config.limits.snap_count, 11);
  inputs.defines = {"zookeeper.snapCount=12"};
  EXPECT_EQ(Parse(kMinimal, inputs).config.limits.snap_count, 12);
  const std::string file = std::string(kMinimal) + "snapCount=13\n";
  EXPECT_EQ(Parse(file, inputs).config.limits.snap_count, 13);
  inputs.overrides = {{"snapCount", "14"}, {"clientPort", "99"}};
  const Outcome o = Parse(file, inputs);
  EXPECT_EQ(o.config.limits.snap_count, 14);
  EXPECT_EQ(o.config.client_port, 99);
  EXPECT_EQ(o.config.limits.max_connections, 10u);
  EXPECT_EQ(Joined(o.warnings), "");
}

TEST(Config, DefinesThatJavaReadsWithoutPrefix) {
  ConfigInputs inputs;
  inputs.defines = {"jute.maxbuffer=0x200000", "readonlymode.enabled=true",
                    "fsync.warningthresholdms=5", "znode.container.maxPerMinute=3"};
  const Outcome o = Parse(kMinimal, inputs);
  ASSERT_TRUE(o.ok) << o.error;
  EXPECT_EQ(Joined(o.warnings), "");
  EXPECT_EQ(o.config.limits.jute_max_buffer, 0x200000u);
  EXPECT_EQ(o.config.fsync_warning_ms, 5);
  EXPECT_EQ(o.config.container_max_per_minute, 3);
  EXPECT_TRUE(o.config.read_only_mode);
  EXPECT_TRUE(o.config.four_letter_whitelist.contains("isro"));
}

TEST(Config, FlagsOfAJavaVmAreIgnoredInOneLineWithoutTheirValues) {
  ConfigInputs inputs;
  inputs.server_jvm_flags = " -Xmx1000m  -XX:+UseG1GC -Djavax.net.ssl.keyStorePassword=hush\t-Dx ";
  inputs.defines = {"com.sun.management.jmxremote.port=1"};
  const Outcome o = Parse(kMinimal, inputs);
  ASSERT_TRUE(o.ok) << o.error;
  EXPECT_EQ(Joined(o.warnings),
            "SERVER_JVMFLAGS: for a Java VM only, ignored: -Xmx1000m -XX:+UseG1GC "
            "-Djavax.net.ssl.keyStorePassword -Dx\n"
            "-Dcom.sun.management.jmxremote.port: for a Java VM only, ignored\n");
}

TEST(Config, DefineOfAKeyThatOnlyTheFileHolds) {
  ConfigInputs inputs;
  inputs.defines = {"zookeeper.tickTime=5", "zookeeper.log.dir=/x", "zookeeper.snapCont=9"};
  const Outcome o = Parse(kMinimal, inputs);
  EXPECT_EQ(o.config.tick_time_ms, 3000);
  EXPECT_EQ(Joined(o.warnings),
            "-D: tickTime=5: has no effect here, it belongs into the file\n"
            "-D: snapCont: unknown key, ignored; did you mean snapCount?\n");
}

TEST(Config, UnknownKeysNameTheNearest) {
  struct Case {
    const char *line, *warning;
  };
  for (const Case& c : std::initializer_list<Case>{
           {"ticktime=1", "zoo.cfg:3: ticktime: unknown key, ignored; did you mean tickTime?\n"},
           {"maxClientConns=1", "did you mean maxClientCnxns?"},
           {"autopurge.purgeInteval=1", "did you mean autopurge.purgeInterval?"},
           {"4lw.command.whitelist=*", "did you mean 4lw.commands.whitelist?"},
           {"somethingElseAltogether=1",
            "zoo.cfg:3: somethingElseAltogether: unknown key, ignored\n"}}) {
    const Outcome o = With(c.line);
    EXPECT_TRUE(o.ok) << o.error;
    const std::string all = Joined(o.warnings);
    EXPECT_NE(all.find(c.warning), std::string::npos) << all;
  }
  EXPECT_EQ(NearestKey(std::string(100'000, 'x')), "");
}

TEST(Config, BadValuesNamePlaceKeyValueAndWhatIsAllowed) {
  struct Case {
    const char *line, *error;
  };
  for (const Case& c : std::initializer_list<Case>{
           {"tickTime=abc",
            "zoo.cfg:3: tickTime=abc: expected a whole number of ms from 0 to 2147483647"},
           {"tickTime=", "zoo.cfg:3: tickTime=: expected a whole number"},
           {"tickTime=-1", "from 0 to"},
           {"tickTime=99999999999999999999", "from 0 to"},
           {"tickTime=2000ms", "expected a whole number of ms"},
           {"clientPort=65536",
            "zoo.cfg:3: clientPort=65536: expected a whole number from 0 to 65535"},
           {"forceSync=maybe", "zoo.cfg:3: forceSync=maybe: expected true or false"},
           {"digest.enabled=1", "expected true or false"},
           {"snapshot.compression.method=zip", "expected gz, snappy or nothing"},
           {"autopurge.purgeInterval=1w", "expected a whole number of hours, or one with ms"},
           {"electionAlg=1", "Invalid electionAlg value. Only 3 is supported."},
           {"peerType=leader", "Unrecognised peertype: leader"},
           {"standaloneEnabled=on", "expected true or false"},
           {"jute.maxbuffer=0", "expected a whole number of bytes from 1"},
           {"jute.maxbuffer=4m", "expected a whole number of bytes"},
           {"globalOutstandingLimit=0", "from 1"},
           {"DigestAuthenticationProvider.digestAlg=ROT13", "expected the name of a hash"},
           {"metricsProvider.httpPort=\\u12", "zoo.cfg: line 3: "},
           {"server.1=localhost", "zoo.cfg:3: server.1=localhost: expected host:port:electionPort"},
           {"server.x=a:1:2", "expected host:port:electionPort"}}) {
    const Outcome o = With(c.line);
    EXPECT_FALSE(o.ok) << c.line;
    EXPECT_NE(o.error.find(c.error), std::string::npos) << c.line << " -> " << o.error;
    EXPECT_EQ(o.error.find('\n'), std::string::npos);
  }
}

TEST(Config, WhatAsksForProtectionIsFatal) {
  for (const char* line :
       {"ssl.keyStore.location=/k.pem",
        "ssl.quorum.trustStore.location=/t",
        "ssl.clientAuth=want",
        "ssl.protocol=TLSv1.3",
        "zookeeper.ssl.keyStore.location=/k",
        "secureClientPort=2281",
        "secureClientPortAddress=0.0.0.0",
        "sslQuorum=true",
        "sslQuorum=TRUE",
        "portUnification=true",
        "client.portUnification=true",
        "sslQuorumReloadCertFiles=true",
        "quorum.auth.enableSasl=true",
        "quorum.auth.serverRequireSasl=true",
        "quorum.auth.kerberos.servicePrincipal=zk/_HOST",
        "authProvider.1=org.apache.zookeeper.server.auth.SASLAuthenticationProvider",
        "authProvider.x509=org.apache.zookeeper.server.auth.X509AuthenticationProvider",
        "authProvider.1=com.example.Own",
        "enforce.auth.enabled=true",
        "enforce.auth.schemes=sasl",
        "sessionRequireClientSASLAuth=true",
        "reconfigEnabled=true",
        "audit.enable=true",
        "dynamicConfigFile=/x"}) {
    const Outcome o = With(line);
    EXPECT_FALSE(o.ok) << line;
    EXPECT_NE(o.error.find("zoo.cfg:3: "), std::string::npos) << o.error;
    EXPECT_NE(o.error.find("not supported"), std::string::npos) << o.error;
    ConfigInputs inputs;
    std::string define = line;
    if (!define.starts_with("zookeeper.")) define = "zookeeper." + define;
    inputs.defines = {define};
    EXPECT_FALSE(Parse(kMinimal, inputs).ok) << line;
  }
}

TEST(Config, ValuesThatAskForNothingAreHarmless) {
  for (const char* line :
       {"sslQuorum=false",
        "reconfigEnabled=false",
        "quorum.auth.enableSasl=false",
        "quorum.auth.learner.saslLoginContext=QuorumLearner",
        "audit.enable=false",
        "sessionRequireClientSASLAuth=false",
        "enforce.auth.enabled=false",
        "ssl.crl=false",
        "ssl.hostnameVerification=true",
        "ssl.clientAuth=need",
        "ssl.keyStore.location=",
        "portUnification=no",
        "leaderServes=yes",
        "cnxTimeout=5000",
        "syncEnabled=true",
        "admin.enableServer=false",
        "admin.enableServer=false\nadmin.serverPort=9",
        "metricsProvider.className=org.apache.zookeeper.metrics.impl.NullMetricsProvider",
        "serverCnxnFactory=org.apache.zookeeper.server.NettyServerCnxnFactory",
        "authProvider.1=org.apache.zookeeper.server.auth.DigestAuthenticationProvider",
        "standaloneEnabled=true",
        "electionAlg=3",
        "peerType=participant",
        "flushDelay=0",
        "maxResponseCacheSize=0",
        "commitProcessor.maxCommitBatchSize=1"}) {
    const Outcome o = With(line);
    EXPECT_TRUE(o.ok) << line << " -> " << o.error;
    EXPECT_EQ(Joined(o.warnings), "") << line;
  }
}

TEST(Config, KnownButNotSupportedSaysSoInOneLine) {
  struct Case {
    const char *line, *warning;
  };
  for (const Case& c : std::initializer_list<Case>{
           {"cnxTimeout=7", "zoo.cfg:3: cnxTimeout=7: not supported yet, ignored (an ensemble)\n"},
           {"leaderServes=no", "leaderServes=no: not supported yet"},
           {"admin.serverPort=9090", "not supported yet, ignored (the HTTP admin server)"},
           {"metricsProvider.className="
            "org.apache.zookeeper.metrics.prometheus.PrometheusMetricsProvider",
            "not supported yet, ignored (an endpoint for Prometheus)"},
           {"superUser=bob", "not supported yet, ignored (SASL)"},
           {"localSessionsEnabled=true", "not supported yet"},
           {"peerType=observer", "not supported yet"},
           {"maxResponseCacheSize=10", "maxResponseCacheSize=10: not supported, ignored\n"},
           {"request_throttle_drop_stale=false", "not supported, ignored"},
           {"requestThrottleLimit=5", "request_throttle_max_requests=5: not supported, ignored"},
           {"connectionMaxTokens=5", "connection_throttle_tokens=5: not supported"},
           {"group.1=1:2", "not supported, ignored (an ensemble)"},
           {"forceSync=no", "a power failure can lose writes"},
           {"skipACL=yes", "no access control list is checked"},
           {"snapCount=1", "raised to 2"},
           {"autopurge.snapRetainCount=1", "raised to 3"},
           {"4lw.commands.whitelist=ruok,rouk", "rouk is not a four-letter word"}}) {
    const Outcome o = With(c.line);
    EXPECT_TRUE(o.ok) << c.line << " -> " << o.error;
    ASSERT_EQ(o.warnings.size(), 1u) << c.line << Joined(o.warnings);
    EXPECT_NE((o.warnings[0] + '\n').find(c.warning), std::string::npos) << o.warnings[0];
  }
}

TEST(Config, SecretsAppearNowhere) {
  const Outcome o = With(
      "DigestAuthenticationProvider.superDigest=super:hush\n"
      "SASLAuthenticationProvider.superPassword=hush\nmy.password=hush\n"
      "DigestAuthenticationProvider.superDigset=super:hush\n");
  ASSERT_TRUE(o.ok) << o.error;
  EXPECT_EQ(o.config.auth.super_digest, "super:hush");
  EXPECT_EQ(Joined(o.warnings).find("hush"), std::string::npos) << Joined(o.warnings);
  EXPECT_EQ(Joined(DumpConfig(o.config)).find("hush"), std::string::npos);
  for (const auto& [key, value] : o.config.source) EXPECT_EQ(value.find("hush"), std::string::npos);
  EXPECT_EQ(With("ssl.keyStore.password=hush").error.find("hush"), std::string::npos);
  EXPECT_EQ(With("ssl.keyStore.passwd=hush").error.find("hush"), std::string::npos);
  EXPECT_EQ(With("DigestAuthenticationProvider.superDigest=hush").error.find("hush"),
            std::string::npos);
}

TEST(Config, RulesAmongSettings) {
  struct Case {
    const char *text, *error;
  };
  for (const Case& c : std::initializer_list<Case>{
           {"", "zoo.cfg: dataDir is not set"},
           {"dataDir=\nclientPort=1", "dataDir is not set"},
           {"dataDir=/d\nclientPortAddress=::1", "clientPortAddress is set but clientPort is not"},
           {"dataDir=/d\ntickTime=0", "tickTime is not set"},
           {"dataDir=/d\nminSessionTimeout=9\nmaxSessionTimeout=8",
            "minSessionTimeout must not be larger than maxSessionTimeout"},
           {"dataDir=/d\nminSessionTimeout=60001", "minSessionTimeout must not be larger"}}) {
    const Outcome o = Parse(c.text);
    EXPECT_FALSE(o.ok) << c.text;
    EXPECT_NE(o.error.find(c.error), std::string::npos) << o.error;
  }
}

TEST(Config, WithoutAClientPortNobodyCanConnect) {
  const Outcome o = Parse("dataDir=/d\n");
  EXPECT_TRUE(o.ok);
  EXPECT_EQ(o.config.client_port, -1);
  EXPECT_EQ(Joined(o.warnings), "zoo.cfg: clientPort is not set: no client can connect\n");
}

TEST(Config, ServerLines) {
  const char kOneIgnored[] =
      "zoo.cfg: Invalid configuration, only one server specified (ignoring)\n";
  Outcome o = With("server.1=localhost:2888:3888\n");
  ASSERT_TRUE(o.ok) << o.error;
  EXPECT_EQ(Joined(o.warnings), kOneIgnored);
  ASSERT_EQ(o.config.servers.size(), 1u);
  EXPECT_EQ(o.config.servers[0].sid, 1);
  EXPECT_EQ(o.config.servers[0].text, "localhost:2888:3888");
  // The line of the Docker image, which gives the client port.
  o = Parse("dataDir=/d\nserver.1=localhost:2888:3888;2181\n");
  ASSERT_TRUE(o.ok) << o.error;
  EXPECT_EQ(o.config.client_port, 2181);
  o = Parse("dataDir=/d\nserver.3=[::1]:2888:3888:participant;[::2]:7\n");
  ASSERT_TRUE(o.ok) << o.error;
  EXPECT_EQ(o.config.client_port, 7);
  EXPECT_EQ(o.config.client_port_address, "::2");
  EXPECT_TRUE(With("server.1=a:1:2|b:3:4;2181\n").ok);
}

TEST(Config, AnEnsembleIsRefused) {
  struct Case {
    const char *lines, *error;
  };
  for (const Case& c : std::initializer_list<Case>{
           {"server.1=a:1:2\nserver.2=b:1:2\nserver.3=c:1:2\n", "3 voting servers: an ensemble is"},
           {"server.1=a:1:2\nserver.2=b:1:2\n", "an ensemble is not supported yet"},
           {"standaloneEnabled=false\n", "number of participants should be >0"},
           {"standaloneEnabled=false\nserver.1=a:1:2\n", "an ensemble is not supported yet"},
           {"server.1=a:1:2:observer\n", "Observers w/o participants is an invalid configuration"},
           {"server.1=a:1:2\nserver.2=b:1:2:observer\n",
            "Observers w/o quorum is an invalid configuration"},
           {"server.1=a:1:2;2182\n", "clientPort=2181 is different from the 2182 of server.1"},
           {"server.1=a:1:2;;2281\n", "TLS is not supported yet"},
           {"server.1=a:1\n", "expected host:port:electionPort"},
           {"server.1=a:1:2:boss\n", "expected host:port:electionPort"},
           {"server.1=:1:2\n", "expected host:port:electionPort"},
           {"server.1=a:1:2;70000\n", "expected host:port:electionPort"},
           {"server.1=[::1:1:2\n", "expected host:port:electionPort"},
           {"server.1=a:1:2;1;2;3\n", "expected host:port:electionPort"}}) {
    const Outcome o = With(c.lines);
    EXPECT_FALSE(o.ok) << c.lines;
    EXPECT_NE(o.error.find(c.error), std::string::npos) << o.error;
  }
}

TEST(Config, PurgeIntervalWithUnits) {
  struct Case {
    const char* value;
    int64_t ms;
  };
  for (const Case& c : std::initializer_list<Case>{{"0", 0},
                                                   {"24", 86'400'000},
                                                   {"-1", 0},
                                                   {"250ms", 250},
                                                   {"10s", 10'000},
                                                   {"10m", 600'000},
                                                   {"2h", 7'200'000},
                                                   {"1d", 86'400'000}}) {
    EXPECT_EQ(With(std::string("autopurge.purgeInterval=") + c.value).config.autopurge_interval_ms,
              c.ms)
        << c.value;
  }
}

TEST(Config, SizesThatAreOff) {
  EXPECT_EQ(With("snapSizeLimitInKb=0").config.limits.snap_size_bytes,
            std::numeric_limits<int64_t>::max());
  EXPECT_EQ(With("txnLogSizeLimitInKb=-1").config.limits.log_size_limit_bytes, -1);
  EXPECT_EQ(With("maxClientCnxns=-1").config.limits.max_connections_per_address, 0u);
  EXPECT_EQ(With("4lw.commands.whitelist=*").config.four_letter_whitelist,
            (std::set<std::string>{"*", "srvr"}));
  EXPECT_EQ(With("4lw.commands.whitelist= , mntr ,").config.four_letter_whitelist,
            (std::set<std::string>{"mntr", "srvr"}));
}

TEST(Config, BuffersFitALargerFrame) {
  Limits limits = With("jute.maxbuffer=104857600").config.limits;
  EXPECT_EQ(limits.jute_extra_size, 104857600u);
  EXPECT_GT(limits.output_hard, 2 * limits.jute_max_buffer);
  EXPECT_GT(limits.sync_bytes, limits.jute_max_buffer + (64 << 10));
  EXPECT_GT(limits.outstanding_bytes, limits.jute_max_buffer);
  EXPECT_EQ(With("jute.maxbuffer.extrasize=5").config.limits.jute_extra_size, 1024u);
  EXPECT_EQ(With("jute.maxbuffer=10").config.limits.jute_extra_size, 1024u);
}

TEST(Config, RelativeFoldersAreDoubted) {
  EXPECT_EQ(Joined(Parse("dataDir=d\ndataLogDir=./l\nclientPort=1").warnings),
            "dataDir: d is relative. Prepend ./ to indicate that you're sure!\n");
}

TEST(Config, DumpShowsWhatCounts) {
  const std::string dump = Joined(DumpConfig(With("tickTime=50\nsnapCount=9\n").config));
  for (const char* line : {"dataDir=/d\n", "dataLogDir=/d\n", "clientPort=2181\n", "tickTime=50\n",
                           "minSessionTimeout=100\n", "snapCount=9\n"}) {
    EXPECT_NE(dump.find(line), std::string::npos) << dump;
  }
}

TEST(Config, MessagesAreOneBoundedLine) {
  const Outcome o = With("unheardOf=a\\nb" + std::string(1000, 'c'));
  ASSERT_EQ(o.warnings.size(), 1u);
  EXPECT_EQ(o.warnings[0].find('\n'), std::string::npos);
  EXPECT_LT(o.warnings[0].size(), 300u);
}

TEST(ConfigKeys, EveryWorkingKeyHasAReader) {
  for (const KeyInfo& info : AllKeys()) {
    const std::string key = std::string(info.name) + (info.name.ends_with('.') ? "1" : "");
    EXPECT_EQ(FindKey(key), &info) << key << " is hidden by another";
    EXPECT_TRUE(info.use != KeyUse::kWorks || HasReader(key)) << key;
  }
}

TEST(ConfigKeys, EveryAliasLeadsToAKnownKey) {
  for (const char* name :
       {"connectionMaxTokens", "connectionTokenFillTime", "connectionTokenFillCount",
        "connectionFreezeTime", "connectionDropIncrease", "connectionDropDecrease",
        "connectionDecreaseRatio", "requestThrottleLimit", "requestThrottleStallTime",
        "requestThrottleDropStale", "requestStaleLatencyCheck", "requestStaleConnectionCheck",
        "throttledOpWaitTime", "maxConcurrentSnapSyncs", "maxConcurrentDiffSyncs",
        "maxTimeToWaitForEpoch", "advancedFlowControlEnabled", "outstandingHandshake.limit"}) {
    EXPECT_NE(ResolveAlias(name), name);
    EXPECT_NE(FindKey(ResolveAlias(name)), nullptr) << name;
  }
}

}  // namespace
}  // namespace zk
