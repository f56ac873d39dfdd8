// SPDX-License-Identifier: Apache-2.0
//
// The oracles themselves: what is true passes, and each planted lie is noticed by the right check.
// A simulator that finds nothing says something only if this holds.
#include "tests/sim/oracle.h"

#include <gtest/gtest.h>

#include <functional>
#include <string>
#include <vector>

#include "tests/sim/expiry_oracle.h"
#include "tests/sim/oracle_fixture.h"

namespace zk::sim {
namespace {

const Identities kAnybody{{"ip", "127.0.0.1"}};
const Identities kRoot{{"digest", "root"}};

// --- the history: what no server may write
// --------------------------------------------------------

struct BadChange {
  const char* name;
  Change change;
  int64_t session = kMine;
  int32_t cxid = 0;
  int64_t zxid = 0;  // 0: the next one
};

class ModelTreeLies : public ::testing::TestWithParam<BadChange> {};

// What is there then: /a with child /a/b, /p, /e (ephemeral, mine); cxid 7 is done; kOthers is
// closed.
History Before() {
  History h;
  h.Add(Create("/a", 1), kMine, 7);
  h.Add(Create("/p", 2));
  h.Add(Create("/a/s", 1));
  h.Add(Delete("/a/s"));
  h.Add(Create("/e", 3, "", true));
  h.Add(Create("/closed", 4, "", true), kOthers);
  h.Add(CloseSession({"/closed"}), kOthers);
  h.Add(Create("/a/b", 2));
  return h;
}

TEST_P(ModelTreeLies, AreNoticed) {
  History h = Before();
  ASSERT_EQ(h.wrong(), std::vector<std::string>());
  const BadChange& lie = GetParam();
  const int64_t next = h.tree().last().value + 1;
  EXPECT_NE(h.Try(lie.change, lie.session, lie.cxid, lie.zxid == 0 ? next : lie.zxid), "");
}

INSTANTIATE_TEST_SUITE_P(
    History, ModelTreeLies,
    ::testing::Values(BadChange{"a transaction is lost", Create("/x", 5), kMine, 0, 12},
                      BadChange{"a transaction comes twice", Create("/a/b", 2), kMine, 0, 10},
                      BadChange{"a request is done twice", SetData("/p", "", 1), kMine, 7},
                      BadChange{"create of what is there", Create("/p", 5)},
                      BadChange{"create without a parent", Create("/x/y", 1)},
                      BadChange{"create skips a cversion", Create("/x", 6)},
                      BadChange{"create repeats a cversion", Create("/a/s", 2)},
                      BadChange{"create below an ephemeral", Create("/e/x", 1)},
                      BadChange{"an ephemeral of nobody", Create("/x", 5, "", true), 0x99},
                      BadChange{"an ephemeral of the dead", Create("/x", 5, "", true), kOthers},
                      BadChange{"delete of what is not there", Delete("/x")},
                      BadChange{"delete of a parent", Delete("/a")},
                      BadChange{"setData skips a version", SetData("/p", "", 2)},
                      BadChange{"setData repeats a version", SetData("/p", "", 0)},
                      BadChange{"setData of what is not there", SetData("/x", "", 1)},
                      BadChange{"setACL of what is not there", SetAcl("/x", Open(), 1)},
                      BadChange{"a session id twice", OpenSession()},
                      BadChange{"an ephemeral survives its session", CloseSession({})},
                      BadChange{"a close takes others' nodes", CloseSession({"/e", "/p"})},
                      BadChange{"a close of nobody", CloseSession({}), 0x99},
                      BadChange{"half a multi", Multi({Create("/x", 5), Delete("/y")})},
                      BadChange{"no such type", {static_cast<OpCode>(77), ""}},
                      BadChange{"a body cut short", {OpCode::kDelete, "\0\0"}}),
    [](const auto& info) {
      std::string name = info.param.name;
      for (char& c : name) c = std::isalnum(static_cast<unsigned char>(c)) != 0 ? c : '_';
      return name;
    });

TEST(ModelTree, KeepsEveryState) {
  History h = Before();
  h.Add(SetData("/p", "two", 1));
  h.Add(CloseSession({"/e"}));
  h.Add(CloseSession({}));  // by the clock and by its client: the second has nothing to do
  h.Add(Multi({Create("/m", 5), SetData("/m", "new", 1)}));
  h.Add(Multi({Create("/n", 6), Failed(ErrorCode::kNoNode)}));
  ASSERT_EQ(h.wrong(), std::vector<std::string>());
  const ModelTree& t = h.tree();
  EXPECT_EQ(t.At("/p", Zxid(3)), nullptr);
  EXPECT_EQ(t.At("/p", Zxid(4))->data, "one");
  EXPECT_EQ(t.Now("/p")->data, "two");
  EXPECT_EQ(t.At("/e", Zxid(11))->owner, kMine);
  EXPECT_EQ(t.Now("/e"), nullptr);
  EXPECT_EQ(t.Now("/m")->data, "new");
  EXPECT_EQ(t.Now("/n"), nullptr) << "a failed multi changes nothing";
  EXPECT_TRUE(t.SessionOpenAt(kMine, Zxid(11)));
  EXPECT_FALSE(t.SessionOpenAt(kMine, Zxid(12)));
}

// --- replies
// --------------------------------------------------------------------------------------

// zxids: 3 /a "one", 4 /a "two", 5 /a/b, 6 /secret for root only, 7 and 8 a failed create and a
// failed multi of mine, 9 a multi of mine, 10 a sequential node of mine, 11 an ephemeral of mine.
class Replies : public ::testing::Test {
 protected:
  Replies() : oracle_(&h_.tree(), verdict_.fail()) {
    h_.Add(Create("/a", 1), kMine, 1);
    h_.Add(SetData("/a", "two", 1), kMine, 2);
    h_.Add(Create("/a/b", 1), kMine, 3);
    h_.Add(Create("/secret", 2, "", false, OnlyRoot()), kMine, 4);
    h_.Add(Failed(ErrorCode::kNodeExists), kMine, 5);
    h_.Add(Multi({Failed(ErrorCode::kOk), Failed(ErrorCode::kNoNode)}), kMine, 6);
    h_.Add(Multi({Create("/m", 3), SetData("/m", "x", 1)}), kMine, 7);
    h_.Add(Create("/q0000000003", 4), kMine, 8);
    h_.Add(Create("/e", 5, "", true), kMine, 9);
    EXPECT_EQ(h_.wrong(), std::vector<std::string>());
  }

  static SimRequest Request(OpCode op, const std::string& path, int32_t xid = 0) {
    SimRequest r;
    r.op = op;
    r.path = path;
    r.xid = xid;
    r.acl = Open();
    return r;
  }
  void Write(const SimRequest& r, int64_t zxid, ErrorCode error, const std::string& body) {
    oracle_.CheckWrite(r, kMine, kAnybody, {r.xid, zxid, static_cast<int32_t>(error)}, body);
  }
  void Read(const SimRequest& r, int64_t zxid, ErrorCode error, const std::string& body,
            const Identities& ids = kAnybody) {
    oracle_.CheckRead(r, kMine, ids, {r.xid, zxid, static_cast<int32_t>(error)}, body);
  }
  proto::Stat StatAt(const std::string& path, int64_t zxid) const {
    return h_.tree().At(path, Zxid(zxid))->ClientStat();
  }
  std::string DataReply(const std::string& data, const proto::Stat& stat) const {
    return jute::Encoded(proto::GetDataResponse{jute::Buffer(data), stat});
  }
  static std::string Names(const std::vector<std::string>& names) {
    jute::Vector<jute::String> wire;
    for (const std::string& name : names) wire.items.emplace_back(name);
    return jute::Encoded(proto::GetChildrenResponse{wire});
  }
  void ExpectClean() { EXPECT_TRUE(verdict_.clean()) << verdict_.text(); }
  void ExpectOnly(const std::string& invariant) {
    EXPECT_TRUE(verdict_.Names(invariant)) << verdict_.text();
  }

  History h_;
  Verdict verdict_;
  Oracle oracle_;
};

TEST_F(Replies, TrueReadsPass) {
  Read(Request(OpCode::kGetData, "/a"), 3, ErrorCode::kOk, DataReply("one", StatAt("/a", 3)));
  Read(Request(OpCode::kGetData, "/a"), 11, ErrorCode::kOk, DataReply("two", StatAt("/a", 11)));
  Read(Request(OpCode::kGetData, "/none"), 11, ErrorCode::kNoNode, "");
  Read(Request(OpCode::kGetData, "/secret"), 11, ErrorCode::kNoAuth, "");
  Read(Request(OpCode::kGetChildren, "/a"), 11, ErrorCode::kOk, Names({"b"}));
  Read(Request(OpCode::kGetEphemerals, "/"), 11, ErrorCode::kOk, Names({"/e"}));
  Read(Request(OpCode::kSync, "/a"), 11, ErrorCode::kOk, "");
  ExpectClean();
}

TEST_F(Replies, AStaleRead) {
  Read(Request(OpCode::kGetData, "/a"), 4, ErrorCode::kOk, DataReply("one", StatAt("/a", 3)));
  ExpectOnly("I23");
}

TEST_F(Replies, AReadFromTheFuture) {
  Read(Request(OpCode::kGetData, "/a"), 3, ErrorCode::kOk, DataReply("two", StatAt("/a", 4)));
  ExpectOnly("I23");
}

TEST_F(Replies, EveryFieldOfAStatCounts) {
  const std::vector<std::function<void(proto::Stat&)>> lies = {
      [](auto& s) { s.czxid++; },
      [](auto& s) { s.mzxid--; },
      [](auto& s) { s.pzxid--; },
      [](auto& s) { s.ctime++; },
      [](auto& s) { s.mtime++; },
      [](auto& s) { s.version++; },
      [](auto& s) { s.cversion++; },
      [](auto& s) { s.aversion++; },
      [](auto& s) { s.dataLength++; },
      [](auto& s) { s.numChildren++; },
      [](auto& s) { s.ephemeralOwner = kOthers; }};
  for (size_t i = 0; i < lies.size(); i++) {
    Verdict verdict;
    Oracle oracle(&h_.tree(), verdict.fail());
    proto::Stat stat = StatAt("/a", 11);
    lies[i](stat);
    oracle.CheckRead(Request(OpCode::kExists, "/a"), kMine, kAnybody, {0, 11, 0},
                     jute::Encoded(proto::ExistsResponse{stat}));
    EXPECT_TRUE(verdict.Names("I23")) << "field " << i;
  }
}

TEST_F(Replies, AWrongErrorOfARead) {
  Read(Request(OpCode::kGetData, "/a"), 11, ErrorCode::kNoNode, "");
  ExpectOnly("I23");
}

TEST_F(Replies, AReadOfWhatIsForbidden) {
  Read(Request(OpCode::kGetData, "/secret"), 11, ErrorCode::kOk,
       DataReply("", StatAt("/secret", 11)));
  ExpectOnly("I23");
}

TEST_F(Replies, AChildTooFewAndOneTooMany) {
  Read(Request(OpCode::kGetChildren, "/a"), 11, ErrorCode::kOk, Names({}));
  ExpectOnly("I23");
  Verdict verdict;
  Oracle(&h_.tree(), verdict.fail())
      .CheckRead(Request(OpCode::kGetChildren, "/a"), kMine, kAnybody, {0, 11, 0},
                 Names({"b", "c"}));
  EXPECT_TRUE(verdict.Names("I23"));
}

TEST_F(Replies, AnEphemeralThatIsNotListed) {
  Read(Request(OpCode::kGetEphemerals, "/"), 11, ErrorCode::kOk, Names({}));
  ExpectOnly("I23");
}

TEST_F(Replies, AWrongCount) {
  const std::string seven("\0\0\0\7", 4);
  Read(Request(OpCode::kGetAllChildrenNumber, "/a"), 11, ErrorCode::kOk, seven);
  ExpectOnly("I23");
}

TEST_F(Replies, AReplyCutShort) {
  Read(Request(OpCode::kGetData, "/a"), 11, ErrorCode::kOk, "\1");
  ExpectOnly("I23");
}

TEST_F(Replies, ASyncThatDoesNotReachWhatWasAnswered) {
  SimRequest r = Request(OpCode::kSync, "/a");
  r.floor = Zxid(9);
  Read(r, 8, ErrorCode::kOk, "");
  ExpectOnly("I24");
}

TEST_F(Replies, TrueWritesPass) {
  Write(Request(OpCode::kCreate, "/a", 1), 3, ErrorCode::kOk,
        jute::Encoded(proto::CreateResponse{"/a"}));
  Write(Request(OpCode::kSetData, "/a", 2), 4, ErrorCode::kOk,
        jute::Encoded(proto::SetDataResponse{StatAt("/a", 4)}));
  Write(Request(OpCode::kCreate, "/a", 5), 7, ErrorCode::kNodeExists, "");
  ExpectClean();
  EXPECT_EQ(oracle_.greatest_answered(), Zxid(7));
}

TEST_F(Replies, ALostWrite) {  // acknowledged with a transaction that is somebody else's
  Write(Request(OpCode::kSetData, "/a", 2), 5, ErrorCode::kOk,
        jute::Encoded(proto::SetDataResponse{StatAt("/a", 5)}));
  ExpectOnly("I20");
}

TEST_F(Replies, AWriteThatWasNeverLogged) {
  Write(Request(OpCode::kDelete, "/a/b", 40), 99, ErrorCode::kOk, "");
  ExpectOnly("I20");
}

TEST_F(Replies, AWriteFromBeforeItWasSent) {
  SimRequest r = Request(OpCode::kCreate, "/a", 1);
  r.floor = Zxid(5);
  Write(r, 3, ErrorCode::kOk, jute::Encoded(proto::CreateResponse{"/a"}));
  ExpectOnly("I20");
}

TEST_F(Replies, SuccessWhereTheStateForbidsIt) {
  Write(Request(OpCode::kCreate, "/a", 5), 7, ErrorCode::kOk,
        jute::Encoded(proto::CreateResponse{"/a"}));
  ExpectOnly("I20");
}

TEST_F(Replies, AnErrorThatTheStateDoesNotExplain) {
  Write(Request(OpCode::kCreate, "/a", 1), 3, ErrorCode::kNoNode, "");
  ExpectOnly("I20");
}

TEST_F(Replies, AStatOfAnotherMoment) {
  Write(Request(OpCode::kSetData, "/a", 2), 4, ErrorCode::kOk,
        jute::Encoded(proto::SetDataResponse{StatAt("/a", 3)}));
  ExpectOnly("I23");
}

TEST_F(Replies, ASequenceNumberOffByOne) {
  SimRequest r = Request(OpCode::kCreate, "/q", 8);
  r.mode = CreateMode::kPersistentSequential;
  Write(r, 10, ErrorCode::kOk, jute::Encoded(proto::CreateResponse{"/q0000000003"}));
  ExpectClean();
  Write(r, 10, ErrorCode::kOk, jute::Encoded(proto::CreateResponse{"/q0000000004"}));
  ExpectOnly("I26");
}

// Results of a multi: one error of each operation, or kOk for all.
std::string MultiReply(const std::vector<ErrorCode>& errors) {
  std::string out;
  for (const ErrorCode error : errors) {
    jute::Encode(proto::MultiHeader{-1, false, static_cast<int32_t>(error)}, out);
    jute::Encode(proto::ErrorResponse{static_cast<int32_t>(error)}, out);
  }
  jute::Encode(proto::MultiHeader{-1, true, -1}, out);
  return out;
}

TEST_F(Replies, MultisAreJudgedOperationByOperation) {
  SimRequest r = Request(OpCode::kMulti, "", 6);
  r.subs = {Request(OpCode::kCheck, "/a"), Request(OpCode::kDelete, "/none"),
            Request(OpCode::kCheck, "/a")};
  Write(r, 8, ErrorCode::kOk,
        MultiReply({ErrorCode::kOk, ErrorCode::kNoNode, ErrorCode::kRuntimeInconsistency}));
  ExpectClean();
  Write(r, 8, ErrorCode::kOk,
        MultiReply({ErrorCode::kNoNode, ErrorCode::kOk, ErrorCode::kRuntimeInconsistency}));
  ExpectOnly("I25");
}

TEST_F(Replies, AMultiThatMustFailAndDidNot) {
  SimRequest r = Request(OpCode::kMulti, "", 7);
  r.subs = {Request(OpCode::kCreate, "/m"), Request(OpCode::kSetData, "/m")};
  std::string all_good;
  jute::Encode(proto::MultiHeader{1, false, 0}, all_good);
  jute::Encode(proto::CreateResponse{"/m"}, all_good);
  jute::Encode(proto::MultiHeader{5, false, 0}, all_good);
  jute::Encode(proto::SetDataResponse{StatAt("/m", 9)}, all_good);
  jute::Encode(proto::MultiHeader{-1, true, -1}, all_good);
  Write(r, 9, ErrorCode::kOk, all_good);
  ExpectClean();
  r.subs[1].version = 3;
  Write(r, 9, ErrorCode::kOk, all_good);
  ExpectOnly("I25");
}

TEST_F(Replies, AMultiWithoutItsEnd) {
  SimRequest r = Request(OpCode::kMulti, "", 7);
  r.subs = {Request(OpCode::kCheck, "/a")};
  std::string body;
  jute::Encode(proto::MultiHeader{13, false, 0}, body);
  Write(r, 9, ErrorCode::kOk, body);
  ExpectOnly("I25");
}

// --- expiry
// ---------------------------------------------------------------------------------------

TEST(Expiry, IsRightAfterTheTimeoutAndEarlyBefore) {
  ExpiryOracle expiry;
  expiry.ServerStarted(0);
  EXPECT_EQ(expiry.Expired(kMine, 1), "") << "its client never heard of it";
  expiry.Negotiated(kMine, 4000);
  expiry.Heard(kMine, 2'000'000);
  EXPECT_NE(expiry.Expired(kMine, 5'999'999), "");
  EXPECT_EQ(expiry.Expired(kMine, 6'000'000), "");
  expiry.Heard(kMine, 6'000'000);
  EXPECT_NE(expiry.Expired(kMine, 6'000'001), "");
}

TEST(Expiry, ANewServerWaitsTheWholeTimeout) {
  ExpiryOracle expiry;
  expiry.Negotiated(kMine, 4000);
  expiry.Heard(kMine, 1'000'000);
  expiry.ServerStarted(7'000'000);
  EXPECT_NE(expiry.Expired(kMine, 10'999'999), "");
  EXPECT_EQ(expiry.Expired(kMine, 11'000'000), "");
}

TEST(Expiry, LostBytesAreNotHeard) {
  ExpiryOracle expiry;
  expiry.Negotiated(kMine, 4000);
  expiry.Heard(kMine, 5'000'000);
  expiry.Lost(kMine);
  EXPECT_EQ(expiry.Expired(kMine, 6'000'000), "");
}

}  // namespace
}  // namespace zk::sim
