// SPDX-License-Identifier: Apache-2.0
#include "server/core/pipeline/prep.h"

#include <gtest/gtest.h>

#include <ostream>
#include <string>
#include <vector>

#include "common/log.h"
#include "tests/core/pipeline/prep_harness.h"

namespace zk {

// For gtest's messages.
void PrintTo(ErrorCode code, std::ostream* out) { *out << ErrorCodeName(code); }

namespace {

using test::AclOf;
using test::Acls;
using test::CreateBody;
using test::CreateTtlBody;
using test::PrepHarness;
using test::SetAclBody;
using test::SetDataBody;
using test::ToHex;
using test::VersionBody;

struct Case {
  const char* name;
  OpCode op;
  std::string body;
  ErrorCode expected;
};

constexpr auto kOk = ErrorCode::kOk;
constexpr auto kBad = ErrorCode::kBadArguments;

class PrepTest : public ::testing::Test {
 protected:
  PrepTest() {
    harness_.config.extended_types = true;
    Fill();
  }
  void Fill() {
    harness_.Reset();
    Make("/a");
    Make("/a/b");
    Make("/e", 1);
    ASSERT_EQ(harness_.Do(OpCode::kCreateContainer, CreateBody("/c", "", 4)), kOk);
    Acls read({AclOf(kPermRead, "world", "anyone")});
    ASSERT_EQ(harness_.Do(OpCode::kCreate, CreateBody("/r", "", 0, read)), kOk);
    Acls hidden({AclOf(kPermAll & ~kPermRead, "world", "anyone")});
    ASSERT_EQ(harness_.Do(OpCode::kCreate, CreateBody("/h", "", 0, hidden)), kOk);
  }
  void Make(const char* path, int32_t flags = 0) {
    ASSERT_EQ(harness_.Do(OpCode::kCreate, CreateBody(path, "data", flags)), kOk) << path;
  }
  // Each case on its own, in flight and rolled out of the way by a fresh tree when it changed it.
  void RunAll(const std::vector<Case>& cases) {
    for (const Case& c : cases) {
      const Zxid before = harness_.zxid;
      const uint64_t digest = harness_.db->tree.digest();
      EXPECT_EQ(harness_.Run(c.op, c.body), c.expected) << c.name;
      EXPECT_EQ(harness_.zxid, before.Next()) << c.name;
      EXPECT_EQ(harness_.Type(), c.expected == kOk ? c.op : OpCode::kError) << c.name;
      if (c.expected != kOk) {
        EXPECT_EQ(harness_.in_flight.back().size(), 36u) << c.name << ": header and code only";
        EXPECT_EQ(harness_.overlay().size(), 0u) << c.name;
      }
      harness_.ApplyAll();
      if (c.expected == kOk) {
        Fill();
      } else {
        EXPECT_EQ(harness_.db->tree.digest(), digest) << c.name;
      }
    }
  }

  PrepHarness harness_;
};

TEST_F(PrepTest, CreateChecksInOrder) {
  const Acls none;
  const Acls bad({AclOf(31, "nobody", "x")});
  const auto op = OpCode::kCreate;
  RunAll({
      {"truncated", op, CreateBody("/x").substr(0, 20), ErrorCode::kMarshallingError},
      {"empty", op, "", ErrorCode::kMarshallingError},
      {"flags before all else", op, CreateBody("x", "", 7, none), kBad},
      {"negative flags", op, CreateBody("/x", "", -1), kBad},
      {"ttl without a ttl", op, CreateBody("/x", "", 5), kBad},
      {"null path", op, CreateBody({}), ErrorCode::kMarshallingError},
      {"no slash", op, CreateBody("abc", "", 0, none), kBad},
      {"empty path", op, CreateBody(""), kBad},
      {"NUL", op, CreateBody(std::string("/x\0y", 4)), kBad},
      {"no ACL before no parent", op, CreateBody("/none/x", "", 0, none), ErrorCode::kInvalidAcl},
      {"bad ACL", op, CreateBody("/x", "", 0, bad), ErrorCode::kInvalidAcl},
      {"no parent before bad path", op, CreateBody("/none/..", ""), ErrorCode::kNoNode},
      {"trailing slash, parent missing", op, CreateBody("/none/"), ErrorCode::kNoNode},
      {"not allowed before bad path", op, CreateBody("/r/.."), ErrorCode::kNoAuth},
      {"bad path", op, CreateBody("/a/.."), kBad},
      {"trailing slash", op, CreateBody("/a/"), kBad},
      {"double slash", op, CreateBody("//x"), kBad},
      {"double slash below", op, CreateBody("/a//x"), ErrorCode::kNoNode},
      {"root", op, CreateBody("/"), ErrorCode::kNodeExists},
      {"exists", op, CreateBody("/a"), ErrorCode::kNodeExists},
      {"exists before ephemeral parent", op, CreateBody("/zookeeper"), ErrorCode::kNodeExists},
      {"ephemeral parent", op, CreateBody("/e/x"), ErrorCode::kNoChildrenForEphemerals},
      {"container parent", op, CreateBody("/c/x"), kOk},
      {"null data", op, CreateBody("/x", {}), kOk},
      {"trailing bytes", op, CreateBody("/x") + "more", kOk},
      {"ok", op, CreateBody("/a/x"), kOk},
      {"create2", OpCode::kCreate2, CreateBody("/a/x"), kOk},
  });
}

TEST_F(PrepTest, CreateTtlChecksItsTtl) {
  const auto op = OpCode::kCreateTtl;
  RunAll({
      {"zero", op, CreateTtlBody("/t", 0), kBad},
      {"negative", op, CreateTtlBody("/t", -1), kBad},
      {"longest", op, CreateTtlBody("/t", 0xFFFFFFFFFF), kOk},
      {"too long", op, CreateTtlBody("/t", 0x10000000000), kBad},
      {"without its ttl", op, CreateBody("/t", "", 5), ErrorCode::kMarshallingError},
      {"sequential", op, CreateTtlBody("/t", 10, 6), kOk},
      {"other flags", op, CreateTtlBody("/t", 10, 0), kBad},
      {"other flags, no ttl", op, CreateTtlBody("/t", -1, 0), kBad},
      {"ephemeral flags, no ttl", op, CreateTtlBody("/t", -1, 1), kBad},
  });
}

TEST_F(PrepTest, TtlNeedsExtendedTypes) {
  harness_.config.extended_types = false;
  Fill();
  RunAll({
      {"before the ttl itself", OpCode::kCreateTtl, CreateTtlBody("/t", 0),
       ErrorCode::kUnimplemented},
      {"create with the flag", OpCode::kCreate, CreateBody("/t", "", 6), ErrorCode::kUnimplemented},
      {"container is fine", OpCode::kCreateContainer, CreateBody("/k", "", 4), kOk},
  });
}

TEST_F(PrepTest, DeleteChecksInOrder) {
  const auto op = OpCode::kDelete;
  Make("/r2");
  RunAll({
      {"truncated", op, VersionBody("/a").substr(0, 8), ErrorCode::kMarshallingError},
      {"null path", op, VersionBody({}), ErrorCode::kMarshallingError},
      {"no slash", op, VersionBody("abc"), kBad},
      {"NUL", op, VersionBody(std::string("/a\0", 3)), kBad},
      {"root", op, VersionBody("/"), kBad},
      {"zookeeper", op, VersionBody("/zookeeper"), kBad},
      {"quota", op, VersionBody("/zookeeper/quota"), kBad},
      {"config", op, VersionBody("/zookeeper/config"), kBad},
      {"no parent", op, VersionBody("/none/x"), ErrorCode::kNoNode},
      {"parent forbids, node missing", op, VersionBody("/r/none"), ErrorCode::kNoAuth},
      {"missing", op, VersionBody("/none"), ErrorCode::kNoNode},
      {"trailing slash is a missing node", op, VersionBody("/a/b/"), ErrorCode::kNoNode},
      {"version before children", op, VersionBody("/a", 5), ErrorCode::kBadVersion},
      {"version -2", op, VersionBody("/a", -2), ErrorCode::kBadVersion},
      {"children", op, VersionBody("/a", 0), ErrorCode::kNotEmpty},
      {"version", op, VersionBody("/a/b", 0), kOk},
      {"any version", op, VersionBody("/a/b"), kOk},
      {"another's ephemeral", op, VersionBody("/e"), kOk},
  });
}

TEST_F(PrepTest, SetDataChecksInOrder) {
  const auto op = OpCode::kSetData;
  RunAll({
      {"truncated", op, SetDataBody("/a", "x").substr(0, 9), ErrorCode::kMarshallingError},
      {"null path", op, SetDataBody({}, "x"), kBad},
      {"bad path", op, SetDataBody("/none/", "x"), kBad},
      {"empty path", op, SetDataBody("", "x"), kBad},
      {"missing", op, SetDataBody("/none", "x"), ErrorCode::kNoNode},
      {"not allowed before version", op, SetDataBody("/r", "x", 5), ErrorCode::kNoAuth},
      {"config", op, SetDataBody("/zookeeper/config", "x"), ErrorCode::kNoAuth},
      {"version", op, SetDataBody("/a", "x", 1), ErrorCode::kBadVersion},
      {"version -2", op, SetDataBody("/a", "x", -2), ErrorCode::kBadVersion},
      {"ok", op, SetDataBody("/a", "x", 0), kOk},
      {"null data", op, SetDataBody("/a", {}), kOk},
      {"root", op, SetDataBody("/", "x"), kOk},
  });
}

TEST_F(PrepTest, SetAclChecksInOrder) {
  const auto op = OpCode::kSetAcl;
  const Acls open = test::OpenAcls();
  const Acls bad({AclOf(31, "digest", "a:b:c")});
  RunAll({
      {"truncated", op, SetAclBody("/a", open).substr(0, 9), ErrorCode::kMarshallingError},
      {"null path", op, SetAclBody({}, open), kBad},
      {"bad path before ACL", op, SetAclBody("a", Acls()), kBad},
      {"null ACL", op, SetAclBody("/none", Acls::Null()), ErrorCode::kInvalidAcl},
      {"bad ACL before missing", op, SetAclBody("/none", bad), ErrorCode::kInvalidAcl},
      {"missing", op, SetAclBody("/none", open), ErrorCode::kNoNode},
      {"not allowed before version", op, SetAclBody("/r", open, 9), ErrorCode::kNoAuth},
      {"version", op, SetAclBody("/a", open, 1), ErrorCode::kBadVersion},
      {"ok", op, SetAclBody("/a", open, 0), kOk},
      {"list", op, SetAclBody("/a", Acls({AclOf(1, "ip", "10.0.0.0/8")})), kOk},
  });
}

TEST_F(PrepTest, DeleteContainerChecksInOrder) {
  const auto op = OpCode::kDeleteContainer;
  RunAll({
      {"no slash", op, "abc", kBad},
      {"special", op, "/zookeeper", kBad},
      {"missing", op, "/none", ErrorCode::kNoNode},
      {"children", op, "/a", ErrorCode::kNotEmpty},
      {"ephemeral", op, "/e", ErrorCode::kBadVersion},
      {"container", op, "/c", kOk},
  });
}

TEST_F(PrepTest, OperationsThatAreNone) {
  RunAll({
      {"reconfig", OpCode::kReconfig, "", ErrorCode::kReconfigDisabled},
      {"check alone", OpCode::kCheck, VersionBody("/a"), ErrorCode::kUnimplemented},
      {"createSession too short", OpCode::kCreateSession, "ab", ErrorCode::kMarshallingError},
      {"read", OpCode::kGetData, VersionBody("/a"), ErrorCode::kUnimplemented},
  });
}

TEST_F(PrepTest, ReconfigThatDoesNotDecodeMakesNoTransaction) {
  EXPECT_FALSE(Prep::MakesTxn(OpCode::kReconfig, "x"));
  EXPECT_TRUE(Prep::MakesTxn(OpCode::kReconfig, jute::Encoded(proto::ReconfigRequest())));
  EXPECT_TRUE(Prep::MakesTxn(OpCode::kCreate, "x"));
}

TEST_F(PrepTest, ClosingSessionMayOnlyClose) {
  harness_.session_error = ErrorCode::kSessionExpired;
  const auto gone = ErrorCode::kSessionExpired;
  RunAll({
      {"undecodable create first", OpCode::kCreate, "", ErrorCode::kMarshallingError},
      {"bad flags first", OpCode::kCreate, CreateBody("/x", "", 9), kBad},
      {"create before path", OpCode::kCreate, CreateBody("x"), gone},
      {"delete before all", OpCode::kDelete, "", gone},
      {"setData before all", OpCode::kSetData, "", gone},
      {"setACL before all", OpCode::kSetAcl, "", gone},
  });
  EXPECT_EQ(harness_.Run(OpCode::kCloseSession, ""), kOk);
}

TEST_F(PrepTest, KindOfNodeFollowsTheOperation) {
  struct Row {
    const char* path;
    OpCode op;
    int32_t flags;
    int64_t owner;
  };
  const SessionId session = harness_.session;
  for (const Row& row : {Row{"/0", OpCode::kCreate, 0, 0}, Row{"/1", OpCode::kCreate, 1, session},
                         Row{"/4", OpCode::kCreate, 4, 0}, Row{"/24", OpCode::kCreate2, 4, 0},
                         Row{"/21", OpCode::kCreate2, 1, session},
                         Row{"/k4", OpCode::kCreateContainer, 4, INT64_MIN},
                         Row{"/k0", OpCode::kCreateContainer, 0, INT64_MIN},
                         Row{"/k1", OpCode::kCreateContainer, 1, INT64_MIN}}) {
    ASSERT_EQ(harness_.Do(row.op, CreateBody(row.path, "", row.flags)), kOk) << row.path;
    EXPECT_EQ(harness_.Find(row.path)->stat().ephemeral_owner, row.owner) << row.path;
  }
  ASSERT_EQ(harness_.Do(OpCode::kCreateContainer, CreateBody("/ks-", "", 2)), kOk);
  const int32_t made = harness_.Find("")->stat().cversion - 1;
  const std::string sequential = "/ks-" + std::string("00000000") + std::to_string(made);
  ASSERT_NE(harness_.Find(sequential), nullptr) << sequential;
  EXPECT_EQ(harness_.Find(sequential)->stat().ephemeral_owner, INT64_MIN);
  ASSERT_EQ(harness_.Do(OpCode::kCreateTtl, CreateTtlBody("/ttl", 4000)), kOk);
  EXPECT_EQ(static_cast<uint64_t>(harness_.Find("/ttl")->stat().ephemeral_owner),
            0xff00000000000000u | 4000);
}

TEST_F(PrepTest, SequenceCountsCreatesOfTheParent) {
  Make("/s");
  const auto path_of_newest = [&] {
    return std::string(jute::Decoder(harness_.Body()).NullableBuffer().bytes());
  };
  harness_.Run(OpCode::kCreate, CreateBody("/s/n-", "", 2));
  EXPECT_EQ(path_of_newest(), "/s/n-0000000000");
  harness_.Run(OpCode::kCreate, CreateBody("/s/plain"));
  harness_.Run(OpCode::kCreate, CreateBody("/s/", "", 2));  // the number may be the whole name
  EXPECT_EQ(path_of_newest(), "/s/0000000002");
  harness_.Run(OpCode::kDelete, VersionBody("/s/plain"));
  harness_.Run(OpCode::kCreate, CreateBody("/s/", "", 3));  // a delete does not count back
  EXPECT_EQ(path_of_newest(), "/s/0000000003");
  EXPECT_EQ(harness_.Run(OpCode::kCreate, CreateBody("/s", "", 2)), kOk);  // of the root
  EXPECT_EQ(harness_.Run(OpCode::kCreate, CreateBody("/s/x/", "", 2)), ErrorCode::kNoNode);
  EXPECT_EQ(harness_.Run(OpCode::kCreate, CreateBody("/s/../", "", 2)), ErrorCode::kNoNode);
  harness_.ApplyAll();
}

TEST_F(PrepTest, SequenceAtItsEndCollides) {
  Make("/s");
  DecodedTxn txn;
  // As if 2^31 - 1 creates had happened.
  std::string payload;
  harness_.zxid = harness_.zxid.Next();
  proto::CreateTxn create;
  create.path = jute::String("/s/first");
  create.acl = test::OpenAcls();
  create.parentCVersion = INT32_MAX;
  proto::TxnHeader header;
  header.zxid = harness_.zxid.value;
  header.type = 1;
  EncodeTxn(header, create, std::nullopt, payload);
  ASSERT_EQ(DecodeTxn(payload, txn), TxnDecode::kOk);
  ApplyTxn(*harness_.db, txn, nullptr);
  EXPECT_EQ(harness_.Do(OpCode::kCreate, CreateBody("/s/n-", "", 2)), kOk);
  ASSERT_NE(harness_.Find("/s/n-2147483647"), nullptr);
  EXPECT_EQ(harness_.Do(OpCode::kCreate, CreateBody("/s/n-", "", 2)), ErrorCode::kNodeExists);
}

TEST_F(PrepTest, WritesInFlightAreSeen) {
  EXPECT_EQ(harness_.Run(OpCode::kCreate, CreateBody("/x", "1")), kOk);
  EXPECT_EQ(harness_.Run(OpCode::kCreate, CreateBody("/x", "1")), ErrorCode::kNodeExists);
  EXPECT_EQ(harness_.Run(OpCode::kCreate, CreateBody("/x/y", "1")), kOk);
  EXPECT_EQ(harness_.Run(OpCode::kDelete, VersionBody("/x")), ErrorCode::kNotEmpty);
  EXPECT_EQ(harness_.Run(OpCode::kSetData, SetDataBody("/x/y", "2", 0)), kOk);
  EXPECT_EQ(harness_.Run(OpCode::kSetData, SetDataBody("/x/y", "3", 0)), ErrorCode::kBadVersion);
  EXPECT_EQ(harness_.Run(OpCode::kSetData, SetDataBody("/x/y", "3", 1)), kOk);
  EXPECT_EQ(harness_.Run(OpCode::kDelete, VersionBody("/x/y", 2)), kOk);
  EXPECT_EQ(harness_.Run(OpCode::kDelete, VersionBody("/x/y")), ErrorCode::kNoNode);
  EXPECT_EQ(harness_.Run(OpCode::kDelete, VersionBody("/x")), kOk);
  EXPECT_EQ(harness_.Run(OpCode::kSetData, SetDataBody("/x", "")), ErrorCode::kNoNode);
  EXPECT_EQ(harness_.Run(OpCode::kCreate, CreateBody("/x", "again", 1)), kOk);
  EXPECT_EQ(harness_.Run(OpCode::kCreate, CreateBody("/x/y")), ErrorCode::kNoChildrenForEphemerals);
  Acls read({AclOf(kPermRead, "world", "anyone")});
  EXPECT_EQ(harness_.Run(OpCode::kSetAcl, SetAclBody("/x", read, 0)), kOk);
  EXPECT_EQ(harness_.Run(OpCode::kSetData, SetDataBody("/x", "")), ErrorCode::kNoAuth);
  EXPECT_EQ(harness_.Run(OpCode::kSetAcl, SetAclBody("/x", read, 0)), ErrorCode::kNoAuth);
  EXPECT_EQ(harness_.Run(OpCode::kCloseSession, ""), kOk);
  EXPECT_EQ(harness_.Run(OpCode::kCreate, CreateBody("/x", "third")), kOk);
  EXPECT_EQ(harness_.Find("/x"), nullptr);  // none of it is in the tree yet
  harness_.ApplyAll();
  EXPECT_EQ(harness_.Find("/x")->data().view(), "third");
}

TEST_F(PrepTest, ErrorTransactionIsHeaderAndCode) {
  harness_.time_ms = 0x1a2021fb499;
  harness_.session = 0x0100000e50670000;
  harness_.zxid = Zxid(0x100000010);
  EXPECT_EQ(harness_.Run(OpCode::kCreate, CreateBody("/a")), ErrorCode::kNodeExists);
  EXPECT_EQ(ToHex(harness_.in_flight.back()),
            "0100000e50670000"
            "00000007"
            "0000000100000011"
            "000001a2021fb499"
            "ffffffff"
            "ffffff92");
}

// The record of the storage format's worked example, from Java 3.8.0.
TEST(PrepGolden, WorkedExampleByteForByte) {
  PrepHarness harness;
  harness.session = 0x0100000e50670000;
  harness.zxid = Zxid(0x100000000);
  harness.time_ms = 0x1a2021fb462;
  const auto last = [&] { return ToHex(harness.in_flight.back()); };
  // The harness sends cxid 7 always.
  const std::string head =
      "0100000e50670000"
      "00000007";
  harness.Run(OpCode::kCreateSession, test::FromHex("00002710"));
  EXPECT_EQ(last(), head +
                        "0000000100000001"
                        "000001a2021fb462"
                        "fffffff6"
                        "00002710"
                        "00000002"
                        "0000000051c6d660");
  harness.time_ms = 0x1a2021fb499;
  harness.Run(OpCode::kCreate, CreateBody("/a", "hello"));
  EXPECT_EQ(last(), head +
                        "0000000100000002"
                        "000001a2021fb499"
                        "00000001"
                        "000000022f61"
                        "00000005"
                        "68656c6c6f"
                        "00000001"
                        "0000001f"
                        "00000005"
                        "776f726c64"
                        "00000006"
                        "616e796f6e65"
                        "00"
                        "00000001"
                        "00000002"
                        "000000016adb7266");
  harness.ApplyAll();
}

TEST_F(PrepTest, CloseSessionListsItsEphemerals) {
  const auto paths = [&] {
    std::vector<std::string> result;
    const std::string body = harness_.Body();
    jute::Decoder in(body);
    for (int32_t n = in.Int(); n > 0; n--) result.emplace_back(in.NullableBuffer().bytes());
    EXPECT_EQ(in.remaining(), 0u);
    return result;
  };
  harness_.Run(OpCode::kCreate, CreateBody("/a/e2", "", 1));
  harness_.Run(OpCode::kDelete, VersionBody("/e"));
  harness_.Run(OpCode::kCreate, CreateBody("/a/e3", "", 1));
  harness_.session++;
  harness_.Run(OpCode::kCreate, CreateBody("/other", "", 1));
  harness_.session--;
  harness_.Run(OpCode::kCloseSession, "");
  EXPECT_EQ(paths(), (std::vector<std::string>{"/a/e2", "/a/e3"}));
  harness_.Run(OpCode::kCloseSession, "");
  EXPECT_TRUE(paths().empty());
  harness_.Run(OpCode::kDelete, VersionBody("/a/b"));
  EXPECT_EQ(harness_.Run(OpCode::kDelete, VersionBody("/a")), kOk);  // its ephemerals are gone
  harness_.ApplyAll();
  EXPECT_NE(harness_.Find("/other"), nullptr);
}

TEST_F(PrepTest, CloseSessionWithoutBody) {
  harness_.config.close_session_txn = false;
  Fill();
  EXPECT_EQ(harness_.Run(OpCode::kCloseSession, ""), kOk);
  EXPECT_EQ(harness_.in_flight.back().size(), kTxnHeaderSize + kTxnDigestSize);
  harness_.ApplyAll();
  EXPECT_EQ(harness_.Find("/e"), nullptr);
}

TEST_F(PrepTest, NoDigestWhereItIsOff) {
  harness_.config.digest_enabled = false;
  Fill();
  harness_.Run(OpCode::kDelete, VersionBody("/a/b"));
  EXPECT_EQ(harness_.in_flight.back().size(), kTxnHeaderSize + 8);
  harness_.ApplyAll();
}

TEST_F(PrepTest, VersionsWrapAsJavas) {
  std::string payload;
  harness_.zxid = harness_.zxid.Next();
  proto::SetDataTxn set;
  set.path = jute::String("/a");
  set.version = -2;
  proto::TxnHeader header;
  header.zxid = harness_.zxid.value;
  header.type = 5;
  EncodeTxn(header, set, std::nullopt, payload);
  DecodedTxn txn;
  ASSERT_EQ(DecodeTxn(payload, txn), TxnDecode::kOk);
  ApplyTxn(*harness_.db, txn, nullptr);
  EXPECT_EQ(harness_.Do(OpCode::kSetData, SetDataBody("/a", "x", -2)), kOk);
  EXPECT_EQ(harness_.Find("/a")->stat().version, -1);
  EXPECT_EQ(harness_.Do(OpCode::kSetData, SetDataBody("/a", "x", 77)), ErrorCode::kBadVersion);
}

TEST_F(PrepTest, QuotaIsEnforcedOnlyWhenAsked) {
  const auto limit = [&] {
    Make("/q");
    for (const char* path : {"/zookeeper/quota/q"}) Make(path);
    ASSERT_EQ(harness_.Do(OpCode::kCreate,
                          CreateBody("/zookeeper/quota/q/zookeeper_limits",
                                     "count=-1,bytes=-1=;byteHardLimit=8;countHardLimit=2")),
              kOk);
    ASSERT_EQ(harness_.Do(OpCode::kCreate, CreateBody("/zookeeper/quota/q/zookeeper_stats", "")),
              kOk);
  };
  limit();
  EXPECT_EQ(harness_.Run(OpCode::kSetData, SetDataBody("/q", "far too long")), kOk);
  harness_.config.enforce_quota = true;
  Fill();
  limit();
  EXPECT_EQ(harness_.Do(OpCode::kSetData, SetDataBody("/q", "far too long")),
            ErrorCode::kQuotaExceeded);
  EXPECT_EQ(harness_.Do(OpCode::kSetData, SetDataBody("/q", "far too long", 99)),
            ErrorCode::kQuotaExceeded);  // before the version
  EXPECT_EQ(harness_.Do(OpCode::kCreate, CreateBody("/q/x", "123")), kOk);
  EXPECT_EQ(harness_.Do(OpCode::kCreate, CreateBody("/q/y", "")), ErrorCode::kQuotaExceeded);
  EXPECT_EQ(harness_.Do(OpCode::kSetData, SetDataBody("/q/x", "1")), kOk);
}

// Counts lines of the log.
class LogCounter : public google::LogSink {
 public:
  LogCounter() { google::AddLogSink(this); }
  ~LogCounter() override { google::RemoveLogSink(this); }
  using google::LogSink::send;
  void send(google::LogSeverity, const char*, const char*, int, const google::LogMessageTime&,
            const char* message, size_t size) override {
    lines.emplace_back(message, size);
  }
  std::vector<std::string> lines;
};

TEST_F(PrepTest, SoftQuotaIsSaidOnceAMinute) {
  harness_.config.enforce_quota = true;
  Fill();
  Make("/q");
  Make("/zookeeper/quota/q");
  Make("/zookeeper/quota/q/zookeeper_limits");
  ASSERT_EQ(harness_.Do(OpCode::kSetData,
                        SetDataBody("/zookeeper/quota/q/zookeeper_limits", "count=1,bytes=-1")),
            kOk);
  Make("/zookeeper/quota/q/zookeeper_stats");
  LogCounter log;
  for (int i = 0; i < 10; i++) Make(("/q/" + std::to_string(i)).c_str());
  ASSERT_EQ(log.lines.size(), 1u);
  EXPECT_EQ(log.lines[0], "quota of /q: 2 nodes, soft limit 1");
  harness_.time_ms += 60'000;
  Make("/q/x");
  EXPECT_EQ(log.lines.size(), 2u);
  harness_.time_ms -= 3'600'000;  // a clock that is set back does not silence it for an hour
  Make("/q/y");
  EXPECT_EQ(log.lines.size(), 3u);
}

TEST_F(PrepTest, AclIsStoredAsFixedUp) {
  harness_.ids.push_back({"digest", "alice:V55/p2T0OpjQ+low3NVAH4aLvm0="});
  Acls acl({AclOf(31, "auth", ""), AclOf(1, "world", "anyone"), AclOf(1, "world", "anyone")});
  ASSERT_EQ(harness_.Do(OpCode::kCreate, CreateBody("/x", "", 0, acl)), kOk);
  const AclList& stored = *harness_.db->tree.AclOf(*harness_.Find("/x"));
  ASSERT_EQ(stored.size(), 2u);
  EXPECT_EQ(stored[0].id.scheme, "digest");
  EXPECT_EQ(stored[1].id.scheme, "world");
}

TEST_F(PrepTest, EagerCheckLooksAtTheTreeOnly) {
  const Acls bad({AclOf(31, "nobody", "x")});
  struct Row {
    const char* name;
    OpCode op;
    std::string body;
    ErrorCode expected;
  };
  for (const Row& row : {
           Row{"create", OpCode::kCreate, CreateBody("/r/x"), ErrorCode::kNoAuth},
           Row{"create2", OpCode::kCreate2, CreateBody("/r/x"), ErrorCode::kNoAuth},
           Row{"delete", OpCode::kDelete, VersionBody("/r/x"), ErrorCode::kNoAuth},
           Row{"setData", OpCode::kSetData, SetDataBody("/r", ""), ErrorCode::kNoAuth},
           Row{"setACL", OpCode::kSetAcl, SetAclBody("/r", test::OpenAcls()), ErrorCode::kNoAuth},
           Row{"create's list", OpCode::kCreate, CreateBody("/x", "", 0, bad),
               ErrorCode::kInvalidAcl},
           Row{"setACL's list", OpCode::kSetAcl, SetAclBody("/a", bad), ErrorCode::kInvalidAcl},
           Row{"allowed", OpCode::kCreate, CreateBody("/a/x"), kOk},
           Row{"missing", OpCode::kSetData, SetDataBody("/none", ""), kOk},
           Row{"no path", OpCode::kDelete, VersionBody({}), kOk},
           Row{"undecodable", OpCode::kCreate, "x", kOk},
           Row{"multi", OpCode::kMulti, "", kOk},
       }) {
    EXPECT_EQ(harness_.prep().EagerCheck(row.op, row.body, harness_.ids), row.expected) << row.name;
  }
}

}  // namespace
}  // namespace zk
