// SPDX-License-Identifier: Apache-2.0
#include "server/core/shard/four_letter.h"

#include <string>
#include <vector>

#include "gtest/gtest.h"

namespace zk {
namespace {

class FourLetterTest : public ::testing::Test {
 protected:
  FourLetterTest() : shards_(2) {
    config_.data_dir = "/var/lib/zookeeper";
    config_.data_log_dir = "/var/log/zookeeper";
    config_.tick_time_ms = 2000;
    env_.now = {{1'000'000}, {1'795'331'600'000}};  // Sun Nov 22 07:13:20 UTC 2026
    env_.client_port = 2181;
    replica_.last_processed = Zxid(0xc);
    replica_.node_count = 5;
    replica_.approximate_data_size = 44;
    ConnectionReport own;
    own.address = "127.0.0.1";
    own.port = 58582;
    own.reading = false;
    own.received = 1;
    own.expires = {1'010'000};
    ConnectionReport client;
    client.address = "127.0.0.1";
    client.port = 58490;
    client.received = 16;
    client.sent = 17;
    client.session = 0x100000a24a10000;
    client.last_op = "EXIS";
    client.established_ms = 1795331628168;
    client.timeout_ms = 30000;
    client.last_cxid = 15;
    client.last_zxid = 10;
    client.last_response_ms = 685306;
    client.last_latency_ms = 1;
    client.latency = {16, 98, 0, 30};
    client.expires = {1'030'000};
    shards_[0].connections = {own};
    shards_[0].connection_count = 1;
    shards_[0].packets_received = 1;
    shards_[1].connections = {client};
    shards_[1].connection_count = 1;
    shards_[1].packets_received = 20;
    shards_[1].packets_sent = 21;
    shards_[1].latency = {7, 94, 1, 67};
    shards_[1].watches_by_path = {{"/app/none", {0x100000a24a10000}},
                                  {"/app/cfg", {0x100000a24a10001, 0x100000a24a10000}}};
    shards_[1].watching_connections = 2;
    shards_[1].total_watches = 3;
    shards_[1].watch_count = 5;
  }
  std::string Ask(std::string_view word) const {
    return FourLetterAnswer(word, {config_, replica_, shards_, env_, serving_});
  }

  ServerConfig config_;
  ReplicaStats replica_;
  std::vector<ShardReport> shards_;
  EnvReport env_;
  bool serving_ = true;
};

constexpr std::string_view kServerLines =
    "Latency min/avg/max: 1/13.4286/67\n"
    "Received: 21\n"
    "Sent: 21\n"
    "Connections: 2\n"
    "Outstanding: 0\n"
    "Zxid: 0xc\n"
    "Mode: standalone\n"
    "Node count: 5\n";

TEST_F(FourLetterTest, Srvr) {
  EXPECT_EQ(Ask("srvr"),
            "Zookeeper version: " + std::string(kServerVersion) + "\n" + std::string(kServerLines));
}

TEST_F(FourLetterTest, Stat) {
  EXPECT_EQ(Ask("stat"), "Zookeeper version: " + std::string(kServerVersion) +
                             "\nClients:\n"
                             " /127.0.0.1:58582[0](queued=0,recved=1,sent=0)\n"
                             " /127.0.0.1:58490[1](queued=0,recved=16,sent=17)\n\n" +
                             std::string(kServerLines));
}

TEST_F(FourLetterTest, ReadOnlyModeHasALineOfItsOwn) {
  replica_.mode = "read-only";
  EXPECT_NE(Ask("srvr").find("\nREAD-ONLY mode; serving only read-only clients\nLatency"),
            std::string::npos);
  EXPECT_EQ(Ask("isro"), "ro");
}

TEST_F(FourLetterTest, Cons) {
  EXPECT_EQ(Ask("cons"),
            " /127.0.0.1:58582[0](queued=0,recved=1,sent=0)\n"
            " /127.0.0.1:58490[1](queued=0,recved=16,sent=17,sid=0x100000a24a10000,lop=EXIS,"
            "est=1795331628168,to=30000,lcxid=0xf,lzxid=0xa,lresp=685306,llat=1,minlat=0,avglat=6,"
            "maxlat=30)\n\n");
  shards_[1].connections[0].last_cxid = -1;
  shards_[1].connections[0].last_zxid = -1;
  EXPECT_NE(Ask("cons").find("to=30000,lzxid=0xffffffffffffffff,lresp"), std::string::npos);
}

TEST_F(FourLetterTest, Conf) {
  env_.data_dir_bytes = 10;
  env_.log_dir_bytes = 20;
  EXPECT_EQ(Ask("conf"),
            "clientPort=2181\n"
            "secureClientPort=-1\n"
            "dataDir=/var/lib/zookeeper/version-2\n"
            "dataDirSize=10\n"
            "dataLogDir=/var/log/zookeeper/version-2\n"
            "dataLogSize=20\n"
            "tickTime=2000\n"
            "maxClientCnxns=60\n"
            "minSessionTimeout=4000\n"
            "maxSessionTimeout=40000\n"
            "clientPortListenBacklog=-1\n"
            "serverId=0\n");
  EXPECT_EQ(Ask("dirs"), "datadir_size: 10\nlogdir_size: 20\n");
}

TEST_F(FourLetterTest, Watches) {
  EXPECT_EQ(Ask("wchs"), "2 connections watching 2 paths\nTotal watches:3\n");
  EXPECT_EQ(Ask("wchp"),
            "/app/cfg\n\t0x100000a24a10001\n\t0x100000a24a10000\n"
            "/app/none\n\t0x100000a24a10000\n\n");
  EXPECT_EQ(Ask("wchc"),
            "0x100000a24a10000\n\t/app/cfg\n\t/app/none\n"
            "0x100000a24a10001\n\t/app/cfg\n\n");
  shards_[1].watches_by_path.clear();
  EXPECT_EQ(Ask("wchp"), "\n");
  EXPECT_EQ(Ask("wchc"), "\n");
}

TEST_F(FourLetterTest, Dump) {
  replica_.session_buckets = {{{1795331639000}, {}},
                              {{1795331643000}, {0x100000a24a10001}},
                              {{1795331659000}, {0x100000a24a10000}}};
  replica_.ephemerals = {{0x100000a24a10001, {"/app/eph2"}}, {0x100000a24a10000, {"/app/eph"}}};
  EXPECT_EQ(Ask("dump"),
            "SessionTracker dump:\n"
            "Session Sets (3)/(2):\n"
            "0 expire at Sun Nov 22 07:13:59 UTC 2026:\n"
            "1 expire at Sun Nov 22 07:14:03 UTC 2026:\n"
            "\t0x100000a24a10001\n"
            "1 expire at Sun Nov 22 07:14:19 UTC 2026:\n"
            "\t0x100000a24a10000\n"
            "ephemeral nodes dump:\n"
            "Sessions with Ephemerals (2):\n"
            "0x100000a24a10001:\n"
            "\t/app/eph2\n"
            "0x100000a24a10000:\n"
            "\t/app/eph\n"
            "Connections dump:\n"
            "Connections Sets (2)/(2):\n"
            "1 expire at Sun Nov 22 07:13:40 UTC 2026:\n"
            "\tip: /127.0.0.1:58582 sessionId: 0x0\n"
            "1 expire at Sun Nov 22 07:14:00 UTC 2026:\n"
            "\tip: /127.0.0.1:58490 sessionId: 0x100000a24a10000\n");
}

TEST_F(FourLetterTest, SmallOnes) {
  EXPECT_EQ(Ask("ruok"), "imok");
  EXPECT_EQ(Ask("isro"), "rw");
  EXPECT_EQ(Ask("crst"), "Connection stats reset.\n");
  EXPECT_EQ(Ask("srst"), "Server stats reset.\n");
  EXPECT_EQ(Ask("gtmk"), "306");
  EXPECT_EQ(Ask(std::string_view("stmk\0\0\0\0\0\0\0\x4d", 12)), "77");
  EXPECT_EQ(Ask("hash"), "");
  replica_.digest_history = {{Zxid(0x80), 6786734438}, {Zxid(0x100), ~uint64_t{0}}};
  EXPECT_EQ(Ask("hash"), "80: 6786734438\n100: -1\n");
  env_.host_name = "zk1";
  EXPECT_EQ(Ask("envi").substr(0, 13), "Environment:\n");
  EXPECT_NE(Ask("envi").find("\nhost.name=zk1\n"), std::string::npos);
}

TEST_F(FourLetterTest, NotServing) {
  serving_ = false;
  const std::string text = "This ZooKeeper instance is not currently serving requests";
  for (const char* word : {"srvr", "stat", "mntr", "conf", "cons", "wchs", "wchp", "wchc", "dump",
                           "dirs", "crst", "srst"}) {
    EXPECT_EQ(Ask(word), text + "\n") << word;
  }
  EXPECT_EQ(Ask("hash"), text);
  EXPECT_EQ(Ask("isro"), "null");
  EXPECT_EQ(Ask("ruok"), "imok");
  EXPECT_EQ(Ask("gtmk"), "306");
}

// Telegraf drops the whole answer if one line is not `^zk_(\w+)\s+([\w\.\-]+)`.
TEST_F(FourLetterTest, MntrLinesSuitTheStrictestReader) {
  env_.summaries = {{"fsynctime", {3, 7, 1, 4}}};
  env_.counters = {{"snap_count", 2}};
  const std::string text = Ask("mntr");
  std::vector<std::string> keys;
  for (size_t at = 0; at < text.size();) {
    const size_t end = text.find('\n', at);
    ASSERT_NE(end, std::string::npos);
    const std::string line = text.substr(at, end - at);
    at = end + 1;
    ASSERT_TRUE(line.starts_with("zk_")) << line;
    const size_t tab = line.find('\t');
    ASSERT_NE(tab, std::string::npos) << line;
    for (const char c : line.substr(3, tab - 3)) ASSERT_TRUE(std::isalnum(c) || c == '_') << line;
    ASSERT_GT(line.size(), tab + 1) << line;
    const char first = line[tab + 1];
    ASSERT_TRUE(std::isalnum(first) || first == '.' || first == '-' || first == '_') << line;
    keys.push_back(line.substr(3, tab - 3));
  }
  EXPECT_EQ(keys[0], "version");
  EXPECT_EQ(keys[1], "server_state");
  for (const char* key : {"avg_latency",
                          "max_latency",
                          "min_latency",
                          "packets_received",
                          "packets_sent",
                          "num_alive_connections",
                          "outstanding_requests",
                          "znode_count",
                          "watch_count",
                          "ephemerals_count",
                          "approximate_data_size",
                          "open_file_descriptor_count",
                          "max_file_descriptor_count",
                          "uptime",
                          "global_sessions",
                          "local_sessions",
                          "sum_fsynctime",
                          "avg_snapshottime",
                          "cnt_election_time",
                          "looking_count"}) {
    EXPECT_EQ(std::count(keys.begin(), keys.end(), key), 1) << key;
  }
  EXPECT_NE(text.find("zk_avg_fsynctime\t2.3333\n"), std::string::npos);
  EXPECT_NE(text.find("zk_snap_count\t2\n"), std::string::npos);
  EXPECT_NE(text.find("zk_watch_count\t5\n"), std::string::npos);
}

TEST_F(FourLetterTest, PartsAreMadeOnlyWhereShown) {
  EXPECT_FALSE(FourLetterParts("mntr").connections);
  EXPECT_FALSE(FourLetterParts("srvr").watches);
  EXPECT_TRUE(FourLetterParts("stat").connections);
  EXPECT_TRUE(FourLetterParts("wchc").watches);
  EXPECT_FALSE(FourLetterParts("ruok").connections);
}

TEST(FourLetterText, Averages) {
  EXPECT_EQ(AverageText({}), "0.0");
  EXPECT_EQ(AverageText({7, 94, 0, 0}), "13.4286");
  EXPECT_EQ(AverageText({2, 4, 0, 0}), "2.0");
  EXPECT_EQ(AverageText({4, 1, 0, 0}), "0.25");
  EXPECT_EQ(AverageText({20'000, 1, 0, 0}), "0.0001");  // half up
  EXPECT_EQ(AverageText({3, 28, 0, 0}), "9.3333");
}

TEST(FourLetterText, Dates) {
  EXPECT_EQ(DateText({0}), "Thu Jan 01 00:00:00 UTC 1970");
  EXPECT_EQ(DateText({951'782'400'000}), "Tue Feb 29 00:00:00 UTC 2000");
  EXPECT_EQ(DateText({951'868'799'999}), "Tue Feb 29 23:59:59 UTC 2000");
  EXPECT_EQ(DateText({1'795'331'639'000}), "Sun Nov 22 07:13:59 UTC 2026");
  EXPECT_EQ(DateText({4'102'444'800'000}), "Fri Jan 01 00:00:00 UTC 2100");
}

}  // namespace
}  // namespace zk
