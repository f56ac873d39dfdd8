// SPDX-License-Identifier: Apache-2.0
#include "server/core/shard/reads.h"

#include <algorithm>
#include <string>
#include <vector>

#include "gtest/gtest.h"
#include "jute/encoder.h"
#include "tests/core/shard/shard_fixture.h"

namespace zk {
namespace {

constexpr int32_t kMarshalling = -5;

std::string PathBody(std::string_view path) {
  std::string out;
  jute::Encoder(out).String(path);
  return out;
}
std::string NullBody() { return std::string(4, '\xff'); }
std::string WatchBody(std::string_view path, bool watch) {
  return PathBody(path) + std::string(1, watch ? '\1' : '\0');
}
std::string TypedBody(std::string_view path, int32_t number) {
  std::string out = PathBody(path);
  jute::Encoder(out).Int(number);
  return out;
}

AclRef Acl(AclList list) { return std::make_shared<AclList>(std::move(list)); }

class ReadsTest : public ::testing::Test {
 protected:
  ReadsTest() : c_(f_.Open()) {}
  // The one reply to a request.
  ReplyFrameView Ask(OpCode op, std::string_view body) {
    const auto replies = ParseReplies(f_.Ask(c_, Request(7, op, body)));
    EXPECT_EQ(replies.size(), 1u);
    return replies.empty() ? ReplyFrameView{0, 0, 0, {}, true} : replies.back();
  }
  int32_t Error(OpCode op, std::string_view body) {
    const ReplyFrameView reply = Ask(op, body);
    EXPECT_EQ(reply.xid, 7);
    EXPECT_EQ(reply.zxid, f_.db.last_processed.value);
    if (reply.err != 0) {
      EXPECT_EQ(reply.body, "");
    }
    return reply.err;
  }

  ShardFixture f_;
  ConnIndex c_;
};

TEST_F(ReadsTest, GetData) {
  f_.Create("/a", "hello");
  const ReplyFrameView reply = Ask(OpCode::kGetData, WatchBody("/a", false));
  proto::GetDataResponse response;
  ASSERT_TRUE(jute::Decode(reply.body, response));
  EXPECT_EQ(response.data.bytes(), "hello");
  EXPECT_EQ(response.stat.czxid, 1);
  EXPECT_EQ(response.stat.mzxid, 1);
  EXPECT_EQ(response.stat.pzxid, 1);
  EXPECT_EQ(response.stat.ctime, f_.now.wall.ms);
  EXPECT_EQ(response.stat.mtime, f_.now.wall.ms);
  EXPECT_EQ(response.stat.dataLength, 5);
  EXPECT_EQ(response.stat.numChildren, 0);
  EXPECT_EQ(jute::Encoded(response), reply.body);  // every field where it belongs
  EXPECT_EQ(reply.zxid, 1);
}

TEST_F(ReadsTest, StatOfEveryField) {
  f_.Create("/a");
  f_.Create("/a/b");
  f_.SetData("/a", "xy");
  const ReplyFrameView reply = Ask(OpCode::kExists, WatchBody("/a", false));
  proto::ExistsResponse response;
  ASSERT_TRUE(jute::Decode(reply.body, response));
  const Node* node = f_.db.tree.Find("/a");
  EXPECT_EQ(response.stat, node->ClientStat(false, false));
  EXPECT_EQ(response.stat.version, 1);
  EXPECT_EQ(response.stat.numChildren, 1);
  EXPECT_EQ(response.stat.mzxid, 3);
  EXPECT_EQ(response.stat.pzxid, 2);
}

TEST_F(ReadsTest, GetChildrenInBothForms) {
  f_.Create("/a");
  for (const char* path : {"/a/x", "/a/y", "/a/z"}) f_.Create(path);
  const std::string plain_body = Ask(OpCode::kGetChildren, WatchBody("/a", false)).body;
  proto::GetChildrenResponse plain;
  ASSERT_TRUE(jute::Decode(plain_body, plain));
  std::vector<std::string> names;
  for (const jute::String& name : plain.children) names.emplace_back(name.bytes());
  std::sort(names.begin(), names.end());
  EXPECT_EQ(names, (std::vector<std::string>{"x", "y", "z"}));
  const std::string body = Ask(OpCode::kGetChildren2, WatchBody("/a", false)).body;
  proto::GetChildren2Response full;
  ASSERT_TRUE(jute::Decode(body, full));
  EXPECT_EQ(full.children, plain.children);
  EXPECT_EQ(full.stat.numChildren, 3);
  EXPECT_EQ(jute::Encoded(full), body);
}

TEST_F(ReadsTest, ErrorsOfPaths) {
  struct Row {
    OpCode op;
    std::string body;
    int32_t error;
  };
  const std::string nul("/\0", 2);
  const Row rows[] = {
      {OpCode::kGetData, WatchBody("/none", false), -101},
      {OpCode::kGetData, WatchBody("", false), 0},  // an alias of the root
      {OpCode::kGetData, WatchBody("/a/", false), -101},
      {OpCode::kGetData, NullBody() + '\0', kMarshalling},
      {OpCode::kGetData, PathBody("/a"), kMarshalling},  // the watch flag is missing
      {OpCode::kGetData, "", kMarshalling},
      {OpCode::kGetData, std::string("\0\0\0\x09/a", 6), kMarshalling},
      {OpCode::kGetData, std::string("\x80\0\0\0/a", 6), kMarshalling},
      {OpCode::kGetData, std::string("\xff\xff\xff\xfb", 4), kMarshalling},
      {OpCode::kGetData, WatchBody("/a", false) + "trailing", 0},
      {OpCode::kGetData, WatchBody(nul, false), -101},
      {OpCode::kExists, WatchBody(nul, false), -8},
      {OpCode::kExists, WatchBody("/none", false), -101},
      {OpCode::kExists, NullBody() + '\0', kMarshalling},
      {OpCode::kGetChildren, WatchBody("/none", false), -101},
      {OpCode::kGetChildren, NullBody() + '\0', kMarshalling},
      {OpCode::kGetChildren2, WatchBody("/none", true), -101},
      {OpCode::kGetAcl, PathBody("/none"), -101},
      {OpCode::kGetAcl, NullBody(), kMarshalling},
      {OpCode::kGetAllChildrenNumber, PathBody("/none"), -101},
      {OpCode::kGetAllChildrenNumber, NullBody(), kMarshalling},
      {OpCode::kGetEphemerals, NullBody(), 0},
      {OpCode::kGetEphemerals, "", kMarshalling},
      {OpCode::kCheckWatches, TypedBody("/a", 0), kMarshalling},
      {OpCode::kCheckWatches, TypedBody("/a", 6), kMarshalling},
      {OpCode::kCheckWatches, TypedBody("/a", 1), -121},
      {OpCode::kRemoveWatches, TypedBody("/a", 3), -121},
      {OpCode::kRemoveWatches, PathBody("/a"), kMarshalling},
      {OpCode::kAddWatch, TypedBody("/a", 9), kMarshalling},
      {OpCode::kAddWatch, TypedBody("/a", -1), kMarshalling},
  };
  f_.Create("/a");
  for (const Row& row : rows) {
    EXPECT_EQ(Error(row.op, row.body), row.error)
        << static_cast<int>(row.op) << " " << ::testing::PrintToString(row.body);
  }
  EXPECT_FALSE(f_.shard.HasWatches());
}

TEST_F(ReadsTest, AclsDecide) {
  f_.Create("/closed", "", Acl({{kPermAll, {"digest", "u:hash"}}}));
  f_.Create("/write", "", Acl({{kPermWrite, {"world", "anyone"}}}));
  f_.Create("/mine", "", Acl({{kPermRead, {"ip", "127.0.0.0/8"}}}));
  for (const OpCode op : {OpCode::kGetData, OpCode::kGetChildren, OpCode::kGetChildren2}) {
    EXPECT_EQ(Error(op, WatchBody("/closed", true)), -102);
    EXPECT_EQ(Error(op, WatchBody("/write", true)), -102);
    EXPECT_EQ(Error(op, WatchBody("/mine", false)), 0);
  }
  EXPECT_FALSE(f_.shard.HasWatches());
  EXPECT_EQ(Error(OpCode::kGetAcl, PathBody("/closed")), -102);
  EXPECT_EQ(Error(OpCode::kGetAllChildrenNumber, PathBody("/closed")), -102);
  EXPECT_EQ(Error(OpCode::kExists, WatchBody("/closed", false)), 0);  // as 3.8.0: not checked
}

TEST_F(ReadsTest, GetAclMasksDigestsForWhoIsNoAdmin) {
  f_.Create("/a", "",
            Acl({{kPermRead, {"world", "anyone"}},
                 {kPermAll, {"digest", "user:hash:more"}},
                 {kPermAll, {"sasl", "a:b"}},
                 {kPermAll, {"digest", "nocolon"}}}));
  const std::string body = Ask(OpCode::kGetAcl, PathBody("/a")).body;
  proto::GetACLResponse response;
  ASSERT_TRUE(jute::Decode(body, response));
  ASSERT_EQ(response.acl.size(), 4u);
  EXPECT_EQ(response.acl.items[1].id.id.bytes(), "user:x");
  EXPECT_EQ(response.acl.items[2].id.id.bytes(), "a:b");
  EXPECT_EQ(response.acl.items[3].id.id.bytes(), "nocolon");
  EXPECT_EQ(jute::Encoded(response), body);
  f_.Create("/b", "",
            Acl({{kPermAdmin, {"ip", "127.0.0.1"}}, {kPermAll, {"digest", "user:hash"}}}));
  const std::string seen = Ask(OpCode::kGetAcl, PathBody("/b")).body;
  ASSERT_TRUE(jute::Decode(seen, response));
  EXPECT_EQ(response.acl.items[1].id.id.bytes(), "user:hash");
}

TEST_F(ReadsTest, CountsAndEphemerals) {
  EXPECT_EQ(Ask(OpCode::kGetAllChildrenNumber, PathBody("/")).body, std::string("\0\0\0\3", 4));
  const SessionId mine = f_.next_session - 1;
  f_.Create("/e", "", OpenAcl(), mine);
  f_.Create("/eph", "", OpenAcl(), mine);
  f_.Create("/x", "", OpenAcl(), mine);
  f_.Create("/other", "", OpenAcl(), mine + 77);
  const std::pair<std::string, size_t> rows[] = {
      {NullBody(), 3},     {PathBody(""), 3},     {PathBody("  \t"), 3},   {PathBody("/"), 3},
      {PathBody("/e"), 2}, {PathBody("/eph"), 1}, {PathBody("/other"), 0}, {PathBody("e"), 0}};
  for (const auto& [body, count] : rows) {
    const ReplyFrameView reply = Ask(OpCode::kGetEphemerals, body);
    proto::GetEphemeralsResponse response;
    ASSERT_TRUE(jute::Decode(reply.body, response));
    EXPECT_EQ(response.ephemerals.size(), count) << ::testing::PrintToString(body);
  }
}

TEST_F(ReadsTest, WhoAmIShowsNamesNotHashes) {
  std::string packet;
  jute::Encoder encoder(packet);
  encoder.Int(0);
  encoder.String("digest");
  encoder.String("bob:secret");
  EXPECT_EQ(Summary(f_.Ask(c_, Request(kAuthXid, OpCode::kAuth, packet))), "-4:0");
  const ReplyFrameView reply = Ask(OpCode::kWhoAmI, "");
  proto::WhoAmIResponse response;
  ASSERT_TRUE(jute::Decode(reply.body, response));
  ASSERT_EQ(response.clientInfo.size(), 2u);
  EXPECT_EQ(response.clientInfo.items[0].authScheme.bytes(), "ip");
  EXPECT_EQ(response.clientInfo.items[0].user.bytes(), "127.0.0.1");
  EXPECT_EQ(response.clientInfo.items[1].user.bytes(), "bob");
}

TEST_F(ReadsTest, HostileDepth) {
  // A path of 100,000 components: nothing here recurses.
  std::string deep;
  for (int i = 0; i < 100'000; i++) deep += "/a";
  EXPECT_EQ(Error(OpCode::kGetData, WatchBody(deep, false)), -101);
  EXPECT_EQ(Error(OpCode::kExists, WatchBody(deep, true)), -101);
  EXPECT_EQ(Ask(OpCode::kAddWatch, TypedBody("/", 1)).err, 0);
  f_.Create("/a");
  EXPECT_EQ(Summary(f_.Take(c_)), "created(/a)");
}

}  // namespace
}  // namespace zk
