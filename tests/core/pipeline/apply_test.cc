// SPDX-License-Identifier: Apache-2.0
#include "server/core/pipeline/apply.h"

#include <gtest/gtest.h>

#include <optional>
#include <string>
#include <vector>

#include "common/random.h"
#include "tests/core/pipeline/prep_harness.h"

namespace zk {
namespace {

using test::AclOf;
using test::Acls;
using test::CreateBody;
using test::OpenAcls;
using test::PrepHarness;
using test::SetDataBody;
using test::ToHex;
using test::VersionBody;

constexpr int64_t kSession = 0x0100000000000001;
constexpr int64_t kTime = 1'700'000'000'000;

class ApplyTest : public ::testing::Test {
 protected:
  template <typename Body>
  ApplyResult Apply(OpCode type, const Body& body, int64_t zxid,
                    std::optional<proto::TxnDigest> digest = {}, int64_t session = kSession) {
    proto::TxnHeader header;
    header.clientId = session;
    header.zxid = zxid;
    header.time = kTime + zxid;
    header.type = static_cast<int32_t>(type);
    payload_.clear();
    EncodeTxn(header, body, digest, payload_);
    DecodedTxn txn;
    EXPECT_EQ(DecodeTxn(payload_, txn), TxnDecode::kOk);
    sink_.batch = &batch_;
    result_ = ApplyTxn(db_, txn, &sink_);
    return result_;
  }
  ApplyResult Create(const char* path, int64_t zxid, int32_t parent_cversion = -1,
                     bool ephemeral = false, OpCode type = OpCode::kCreate) {
    proto::CreateTxn txn;
    txn.path = jute::String(path);
    txn.data = "data";
    txn.acl = OpenAcls();
    txn.ephemeral = ephemeral;
    txn.parentCVersion = parent_cversion;
    return Apply(type, txn, zxid);
  }
  ApplyResult Delete(const char* path, int64_t zxid) {
    proto::DeleteTxn txn;
    txn.path = jute::String(path);
    return Apply(OpCode::kDelete, txn, zxid);
  }
  ApplyResult Set(const char* path, int64_t zxid, int32_t version) {
    proto::SetDataTxn txn;
    txn.path = jute::String(path);
    txn.data = "new";
    txn.version = version;
    return Apply(OpCode::kSetData, txn, zxid);
  }
  std::string Reply() const {
    return ToHex(std::string_view(batch_.arena).substr(result_.body_offset, result_.body_size));
  }
  // "+/a" created, "-/a" deleted, "*/a" changed, since the last call.
  std::vector<std::string> Changes() {
    std::vector<std::string> result;
    for (const Change& change : batch_.changes) {
      EXPECT_NE(change.acl, nullptr);
      EXPECT_EQ(change.parent_acl == nullptr, change.kind == Change::Kind::kDataChanged);
      const char mark = change.kind == Change::Kind::kCreated   ? '+'
                        : change.kind == Change::Kind::kDeleted ? '-'
                                                                : '*';
      result.push_back(mark + std::string(batch_.PathOf(change)));
    }
    batch_.Clear();
    return result;
  }
  using Paths = std::vector<std::string>;

  Database db_;
  Batch batch_;
  ApplySink sink_;
  ApplyResult result_;
  std::string payload_;
};

TEST_F(ApplyTest, CreateRepliesByTheRequest) {
  sink_.request_op = OpCode::kCreate;
  Create("/a", 1, 1);
  EXPECT_EQ(Reply(), "000000022f61");
  EXPECT_EQ(Changes(), (Paths{"+/a"}));
  sink_.request_op = OpCode::kCreate2;
  Create("/b", 2, 2, true, OpCode::kCreate2);
  EXPECT_EQ(Reply(),
            "000000022f62"
            "0000000000000002"
            "0000000000000002"
            "0000018bcfe56802"
            "0000018bcfe56802"
            "00000000"
            "00000000"
            "00000000"
            "0100000000000001"
            "00000004"
            "00000000"
            "0000000000000002");
}

TEST_F(ApplyTest, SetDataAndSetAclReplyWithTheStat) {
  Create("/a", 1, 1);
  Changes();
  Set("/a", 2, 1);
  const std::string stat =
      "0000000000000001"
      "0000000000000002"
      "0000018bcfe56801"
      "0000018bcfe56802"
      "00000001"
      "00000000";
  EXPECT_EQ(Reply(), stat +
                         "00000000"
                         "0000000000000000"
                         "00000003"
                         "00000000"
                         "0000000000000001");
  EXPECT_EQ(Changes(), (Paths{"*/a"}));
  proto::SetACLTxn acl;
  acl.path = jute::String("/a");
  acl.acl = Acls({AclOf(1, "world", "anyone")});
  acl.version = 1;
  Apply(OpCode::kSetAcl, acl, 3);
  EXPECT_EQ(Reply(), stat +
                         "00000001"
                         "0000000000000000"
                         "00000003"
                         "00000000"
                         "0000000000000001");
  EXPECT_TRUE(Changes().empty());
}

TEST_F(ApplyTest, DeleteRepliesNothing) {
  Create("/a", 1, 1);
  Changes();
  Delete("/a", 2);
  EXPECT_EQ(Reply(), "");
  EXPECT_EQ(result_.error, ErrorCode::kOk);
  EXPECT_EQ(Changes(), (Paths{"-/a"}));
}

TEST_F(ApplyTest, ChangesCarryTheListsThatDecideWhoSeesThem) {
  proto::CreateTxn txn;
  txn.path = jute::String("/a");
  txn.acl = Acls({AclOf(2, "world", "anyone")});
  txn.parentCVersion = 1;
  Apply(OpCode::kCreate, txn, 1);
  txn.path = jute::String("/a/b");
  txn.acl = Acls({AclOf(4, "world", "anyone")});
  Apply(OpCode::kCreate, txn, 2);
  Delete("/a/b", 3);
  ASSERT_EQ(batch_.changes.size(), 3u);
  const auto perms = [](const AclRef& acl) { return (*acl)[0].perms; };
  EXPECT_EQ(perms(batch_.changes[0].acl), 2);
  EXPECT_EQ(perms(batch_.changes[0].parent_acl), 31);
  for (const size_t i : {1, 2}) {
    EXPECT_EQ(perms(batch_.changes[i].acl), 4);
    EXPECT_EQ(perms(batch_.changes[i].parent_acl), 2);
  }
}

TEST_F(ApplyTest, BuildsOnlyWhatIsAskedFor) {
  sink_.build_changes = false;
  Create("/a", 1, 1);
  EXPECT_TRUE(batch_.changes.empty());
  EXPECT_GT(result_.body_size, 0u);
  sink_.build_reply = false;
  sink_.build_changes = true;
  Set("/a", 2, 1);
  EXPECT_EQ(result_.body_size, 0u);
  EXPECT_EQ(batch_.changes.size(), 1u);
}

TEST_F(ApplyTest, ErrorChangesNothing) {
  proto::ErrorTxn txn;
  txn.err = -110;
  const uint64_t digest = db_.tree.digest();
  EXPECT_EQ(Apply(OpCode::kError, txn, 5).error, ErrorCode::kNodeExists);
  EXPECT_FALSE(result_.tolerated);
  EXPECT_EQ(db_.tree.digest(), digest);
  EXPECT_EQ(db_.last_processed, Zxid(5));
  EXPECT_EQ(Reply(), "");
}

TEST_F(ApplyTest, SessionsComeAndGo) {
  proto::CreateSessionTxn open;
  open.timeOut = 1234;
  Apply(OpCode::kCreateSession, open, 1);
  EXPECT_EQ(db_.sessions, (std::map<SessionId, int32_t>{{kSession, 1234}}));
  Create("/e1", 2, 1, true);
  Create("/e2", 3, 2, true);
  Create("/stays", 4, 3);
  Changes();
  proto::CloseSessionTxn close;
  close.paths2Delete.items = {jute::String("/e2"), jute::String("/e1")};
  Apply(OpCode::kCloseSession, close, 5);
  EXPECT_TRUE(db_.sessions.empty());
  EXPECT_EQ(Changes(), (Paths{"-/e2", "-/e1"}));
  EXPECT_FALSE(result_.tolerated);
  EXPECT_NE(db_.tree.Find("/stays"), nullptr);
  EXPECT_EQ(db_.tree.Find("")->stat().pzxid, 5);
}

TEST_F(ApplyTest, CloseSessionDeletesWhatTheListForgot) {
  Create("/e1", 2, 1, true);
  Create("/e2", 3, 2, true);
  proto::CloseSessionTxn close;
  close.paths2Delete.items = {jute::String("/e1"), jute::String("/gone")};
  Apply(OpCode::kCloseSession, close, 5);
  EXPECT_TRUE(result_.tolerated);
  EXPECT_EQ(db_.tree.ephemerals_count(), 0u);

  Create("/e3", 6, 3, true);
  Apply(OpCode::kCloseSession, std::string_view(), 7);  // a body of 3.5
  EXPECT_EQ(db_.tree.Find("/e3"), nullptr);
  EXPECT_FALSE(result_.tolerated);
}

TEST_F(ApplyTest, ReplayOverALaterStateIsTolerated) {
  Create("/a", 10, 5);
  EXPECT_EQ(Create("/a", 11, 4).error, ErrorCode::kNodeExists);
  EXPECT_TRUE(result_.tolerated);
  EXPECT_EQ(db_.tree.Find("")->stat().cversion, 5);
  // A create repairs the parent's counter even though the node is there; a create2 does not.
  Create("/a", 12, 9);
  EXPECT_EQ(db_.tree.Find("")->stat().cversion, 9);
  EXPECT_EQ(db_.tree.Find("")->stat().pzxid, 12);
  Create("/a", 13, 11, false, OpCode::kCreate2);
  EXPECT_EQ(db_.tree.Find("")->stat().cversion, 9);
  EXPECT_EQ(db_.tree.Find("/a")->stat().czxid, 10);
  EXPECT_EQ(Create("/none/x", 14, 1).error, ErrorCode::kNoNode);
  EXPECT_EQ(Set("/none", 15, 1).error, ErrorCode::kNoNode);
  EXPECT_EQ(Delete("/none", 16).error, ErrorCode::kNoNode);
  EXPECT_EQ(db_.tree.Find("")->stat().pzxid, 16);  // grows although the node was gone
  EXPECT_EQ(Delete("/none/x", 17).error, ErrorCode::kNoNode);
  EXPECT_TRUE(result_.tolerated);
  EXPECT_EQ(Changes(), (Paths{"+/a"}));
}

TEST_F(ApplyTest, VersionsAreAbsolute) {
  Create("/a", 1, 1);
  Set("/a", 5, 7);
  EXPECT_EQ(db_.tree.Find("/a")->stat().version, 7);
  Set("/a", 4, 6);  // older: applied all the same, as Java does in a fuzzy range
  EXPECT_EQ(db_.tree.Find("/a")->stat().version, 6);
  EXPECT_EQ(db_.last_processed, Zxid(5));
}

TEST_F(ApplyTest, OldCreateCountsUpTheParent) {
  proto::CreateTxnV0 txn;
  txn.path = jute::String("/a");
  txn.acl = OpenAcls();
  Apply(OpCode::kCreate, txn, 1);
  EXPECT_EQ(result_.error, ErrorCode::kOk);
  EXPECT_EQ(db_.tree.Find("")->stat().cversion, 1);
}

TEST_F(ApplyTest, MultiAppliesPartsThatFindSomethingElse) {
  Create("/a", 1, 1);
  Changes();
  const std::string first = test::FromHex(
      "000000022f61 00000000 00000001 0000001f 00000005 776f726c64 00000006 616e796f6e65 00 "
      "00000002");
  const std::string second = test::FromHex("000000022f61 00000001 78 00000001");
  proto::MultiTxn multi;
  multi.txns.items = {{1, jute::Buffer(first)}, {5, jute::Buffer(second)}};
  Apply(OpCode::kMulti, multi, 2);
  EXPECT_EQ(result_.error, ErrorCode::kOk);
  EXPECT_TRUE(result_.tolerated);
  EXPECT_EQ(db_.tree.Find("/a")->data().view(), "x");
  EXPECT_EQ(Changes(), (Paths{"*/a"}));
}

TEST_F(ApplyTest, DigestIsCompared) {
  Create("/a", 1, 1);
  const auto digest = static_cast<int64_t>(db_.tree.digest());
  proto::ErrorTxn none;
  EXPECT_EQ(Apply(OpCode::kError, none, 2).digest, DigestCheck::kNone);
  EXPECT_EQ(Apply(OpCode::kError, none, 3, proto::TxnDigest{2, digest}).digest,
            DigestCheck::kEqual);
  EXPECT_EQ(Apply(OpCode::kError, none, 4, proto::TxnDigest{3, digest + 1}).digest,
            DigestCheck::kNone);
  EXPECT_EQ(Apply(OpCode::kError, none, 5, proto::TxnDigest{2, digest + 1}).digest,
            DigestCheck::kMismatch);
  EXPECT_EQ(result_.actual_digest, static_cast<uint64_t>(digest));
  EXPECT_EQ(result_.expected_digest, static_cast<uint64_t>(digest) + 1);
}

TEST_F(ApplyTest, DigestsSayNothingWithinAFuzzySnapshot) {
  const auto digest = static_cast<int64_t>(db_.tree.digest());
  const proto::TxnDigest wrong{2, digest + 1};
  proto::ErrorTxn none;
  db_.loaded_digest = {Zxid(3), db_.tree.digest()};
  EXPECT_EQ(Apply(OpCode::kError, none, 2, wrong).digest, DigestCheck::kNone);
  // At its own zxid the snapshot's digest counts, afterwards the transactions'.
  EXPECT_EQ(Apply(OpCode::kError, none, 3, wrong).digest, DigestCheck::kEqual);
  EXPECT_EQ(db_.loaded_digest.zxid, Zxid());
  EXPECT_EQ(Apply(OpCode::kError, none, 4, wrong).digest, DigestCheck::kMismatch);

  db_.loaded_digest = {Zxid(6), db_.tree.digest() + 1};
  EXPECT_EQ(Apply(OpCode::kError, none, 6, wrong).digest, DigestCheck::kMismatch);
  db_.loaded_digest = {Zxid(8), db_.tree.digest()};
  EXPECT_EQ(Apply(OpCode::kError, none, 9, wrong).digest, DigestCheck::kNone);  // 8 never came
  EXPECT_EQ(Apply(OpCode::kError, none, 10, wrong).digest, DigestCheck::kMismatch);
}

TEST_F(ApplyTest, ReconfigRepliesWithDataAndStat) {
  proto::SetDataTxn txn;
  txn.path = jute::String("/zookeeper/config");
  txn.data = "cfg";
  txn.version = -1;
  Apply(OpCode::kReconfig, txn, 4);
  EXPECT_EQ(Reply().substr(0, 14), "00000003636667");
  EXPECT_EQ(result_.body_size, 7u + 68u);
  EXPECT_EQ(Changes(), (Paths{"*/zookeeper/config"}));
}

// What a fuzzy snapshot comes to: a tree that is already some way into the log that is replayed
// over it. From whatever record the replay starts, it must lead to the same tree.
TEST(ApplyModel, ReplayFromAnyEarlierRecordEndsTheSame) {
  PrepHarness harness;
  Random random(7);
  const auto path = [&] {
    std::string p = "/" + std::to_string(random.Uniform(2));
    while (random.OneIn(2)) p += "/" + std::to_string(random.Uniform(2));
    return p;
  };
  for (int round = 0; round < 60; round++) {
    harness.Reset();
    std::vector<std::string> log;
    for (int i = 0; i < 40; i++) {
      harness.session = static_cast<SessionId>(1 + random.Uniform(2));
      switch (random.Uniform(6)) {
        case 0:
        case 1:
        case 2:
          harness.Run(OpCode::kCreate,
                      CreateBody(path(), "d", static_cast<int32_t>(random.Uniform(2))));
          break;
        case 3:
          harness.Run(OpCode::kDelete, VersionBody(path()));
          break;
        case 4:
          harness.Run(OpCode::kSetData, SetDataBody(path(), std::to_string(i)));
          break;
        default:
          harness.Run(OpCode::kCloseSession, "");
      }
      log.push_back(harness.in_flight.back());
      harness.Apply();
    }
    for (size_t reached = 0; reached <= log.size(); reached += 5) {
      for (size_t from = 0; from <= reached; from += 3) {
        Database db;
        const auto apply = [&](size_t begin, size_t end) {
          for (size_t i = begin; i < end; i++) {
            DecodedTxn txn;
            ASSERT_EQ(DecodeTxn(log[i], txn), TxnDecode::kOk);
            ApplyTxn(db, txn, nullptr);
          }
        };
        apply(0, reached);
        apply(from, log.size());
        ASSERT_EQ(db.tree.digest(), harness.db->tree.digest())
            << "round " << round << ": at " << reached << ", replayed from " << from;
        ASSERT_EQ(db.tree.node_count(), harness.db->tree.node_count());
        ASSERT_EQ(db.tree.ephemerals_count(), harness.db->tree.ephemerals_count());
      }
    }
  }
}

}  // namespace
}  // namespace zk
