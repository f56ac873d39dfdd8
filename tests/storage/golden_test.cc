// SPDX-License-Identifier: Apache-2.0
//
// A directory that Java 3.8.0 wrote, and what Java served from it (tests/golden/README.md).

#include <gtest/gtest.h>

#include <boost/json/src.hpp>
#include <fstream>
#include <sstream>

#include "server/core/tree/node.h"
#include "server/storage/recovery.h"
#include "server/storage/snapshot_writer.h"
#include "tests/storage/log_util.h"

namespace zk::storage {
namespace {

namespace json = boost::json;

std::string Golden(const std::string& name) {
  std::ifstream file("tests/golden/standalone/" + name, std::ios::binary);
  EXPECT_TRUE(file.good()) << name;
  std::stringstream bytes;
  bytes << file.rdbuf();
  return bytes.str();
}

json::object Expected(const std::string& name) { return json::parse(Golden(name)).as_object(); }

std::string Hexadecimal(std::string_view bytes) {
  std::string out;
  for (const char c : bytes) {
    constexpr char kDigits[] = "0123456789abcdef";
    out += kDigits[static_cast<uint8_t>(c) >> 4];
    out += kDigits[c & 15];
  }
  return out;
}

json::object StatOf(const Node& node) {
  const proto::Stat s = node.ClientStat(true, false);
  return {{"czxid", s.czxid},
          {"mzxid", s.mzxid},
          {"ctime", s.ctime},
          {"mtime", s.mtime},
          {"version", s.version},
          {"cversion", s.cversion},
          {"aversion", s.aversion},
          {"ephemeralOwner", s.ephemeralOwner},
          {"dataLength", s.dataLength},
          {"numChildren", s.numChildren},
          {"pzxid", s.pzxid}};
}

json::array AclOf(const AclList& list) {
  json::array out;
  for (const AclEntry& e : list) {
    out.push_back(json::object{{"perms", e.perms}, {"scheme", e.id.scheme}, {"id", e.id.id}});
  }
  return out;
}

json::object Served(const Database& db) {
  json::object nodes;
  std::vector<const Node*> stack{db.tree.root()};
  while (!stack.empty()) {
    const Node* node = stack.back();
    stack.pop_back();
    for (const Node* child : node->children()) stack.push_back(child);
    json::value data;
    if (!node->data().is_null()) data = Hexadecimal(node->data().view());
    const std::string path(node->path().empty() ? "/" : node->path());
    nodes[path] = json::object{
        {"data", data}, {"stat", StatOf(*node)}, {"acl", AclOf(*db.tree.AclOf(*node))}};
  }
  json::array sessions;
  for (const auto& session : db.sessions) sessions.push_back(session.first);
  return {{"zxid", db.last_processed.value}, {"sessions", sessions}, {"nodes", nodes}};
}

void ExpectServed(const Database& db, const std::string& name) {
  const json::object expected = Expected(name);
  const json::object served = Served(db);
  EXPECT_EQ(served.at("zxid"), expected.at("zxid"));
  EXPECT_EQ(served.at("sessions"), expected.at("sessions"));
  const json::object& ours = served.at("nodes").as_object();
  const json::object& theirs = expected.at("nodes").as_object();
  EXPECT_EQ(ours.size(), theirs.size());
  for (const auto& node : theirs) {
    const json::value* mine = ours.if_contains(node.key());
    ASSERT_NE(mine, nullptr) << node.key();
    EXPECT_EQ(*mine, node.value()) << node.key();
  }
}

class GoldenTest : public testing::Test {
 protected:
  GoldenTest() {
    config_.data_dir = "/data";
    config_.data_log_dir = "/data";
    config_.extended_types = true;
  }
  void Put(const std::vector<std::string>& names) {
    disk_ = MemDisk();
    for (const std::string& name : names) disk_.Put(kDir + "/" + name, Golden(name));
  }
  // Strict: every digest of Java's is compared, and nothing needs tolerance.
  Result<Recovered> Run() { return Recover(disk_, config_, {.strict = true}); }

  MemDisk disk_;
  ServerConfig config_;
};

TEST_F(GoldenTest, DirectoriesOfJavaLoadToWhatJavaServed) {
  struct Case {
    std::vector<std::string> files;
    const char* expected;
  };
  const Case cases[] = {
      {{"snapshot.0", "log.1"}, "first.json"},
      {{"snapshot.57"}, "first.json"},
      {{"snapshot.57.gz"}, "first.json"},
      {{"snapshot.57.snappy"}, "first.json"},
      {{"snapshot.0", "log.1", "snapshot.57"}, "first.json"},
      {{"snapshot.0", "log.1", "log.58"}, "second.json"},
      {{"snapshot.57", "log.58"}, "second.json"},
      {{"snapshot.57.gz", "log.58"}, "second.json"},
      {{"snapshot.57.snappy", "log.58"}, "second.json"},
      {{"snapshot.0", "log.1", "snapshot.57.gz", "log.58"}, "second.json"},
  };
  for (const Case& c : cases) {
    std::string what;
    for (const std::string& name : c.files) what += name + " ";
    SCOPED_TRACE(what);
    Put(c.files);
    const auto recovered = Run();
    ASSERT_TRUE(recovered.ok()) << recovered.status().message();
    EXPECT_TRUE(recovered->messages.empty()) << recovered->messages[0];
    ExpectServed(*recovered->db, c.expected);
    // Opened, and left to Java as it was.
    for (const std::string& name : c.files) {
      EXPECT_EQ(disk_.bytes(kDir + "/" + name), Golden(name)) << name;
    }
  }
}

TEST_F(GoldenTest, LogsWithoutSnapshotAreRefused) {
  Put({"log.1"});
  EXPECT_EQ(Run().status().code(), StatusCode::kCorruption);
  config_.snapshot_trust_empty = true;
  const auto recovered = Run();
  ASSERT_TRUE(recovered.ok()) << recovered.status().message();
  ExpectServed(*recovered->db, "first.json");
}

TEST_F(GoldenTest, EveryLogRecordIsWrittenAsJavaWroteIt) {
  for (const auto& [name, first, count] : {std::tuple("log.1", 1, 0x57), {"log.58", 0x58, 14}}) {
    Put({name});
    const std::string path = kDir + "/" + name;
    const ReadResult read = ReadLog(disk_, path);
    ASSERT_EQ(read.records.size(), static_cast<size_t>(count));
    EXPECT_EQ(read.verdict, LogVerdict::kClean);
    for (const std::string& payload : read.payloads) {
      DecodedTxn txn;
      ASSERT_EQ(DecodeTxn(payload, txn), TxnDecode::kOk);
      EXPECT_TRUE(txn.trailing.empty());
      std::string again;
      EncodeTxn(txn.header, txn.body, txn.digest, again);
      EXPECT_EQ(again, payload);
    }
    MemDisk ours;
    (void)ours.MakeDirs(kDir);
    TxnLog log(ours, LogOptions(), Zxid(first - 1));
    for (size_t i = 0; i < read.records.size(); i++) {
      const LogEntry entry{read.records[i].zxid, read.payloads[i]};
      ASSERT_TRUE(log.Append({&entry, 1}).ok());
    }
    ASSERT_TRUE(log.Sync().ok());
    EXPECT_EQ(log.position(), read.offset);
    EXPECT_EQ(ours.bytes(path).substr(0, log.position()),
              disk_.bytes(path).substr(0, log.position()));
  }
}

TEST_F(GoldenTest, TheEmptyDatabaseIsJavasByteForByte) {
  disk_ = MemDisk();
  ASSERT_TRUE(Run().ok());
  EXPECT_EQ(Hexadecimal(disk_.bytes(kDir + "/snapshot.0")), Hexadecimal(Golden("snapshot.0")));
}

TEST_F(GoldenTest, OurSnapshotsOfJavasStateLoadToTheSame) {
  for (const Compression c : {Compression::kNone, Compression::kGzip, Compression::kSnappy}) {
    Put({"snapshot.57.gz", "log.58"});
    const auto recovered = Run();
    ASSERT_TRUE(recovered.ok());
    config_.snapshot_compression = c;
    ASSERT_TRUE(WriteSnapshot(disk_, SnapshotWriter::OptionsOf(config_), *recovered->db).ok());
    const auto again = Run();
    ASSERT_TRUE(again.ok());
    EXPECT_EQ(again->snapshot, Zxid(0x65));
    EXPECT_EQ(again->replayed, 0u);
    ExpectServed(*again->db, "second.json");
  }
}

}  // namespace
}  // namespace zk::storage
