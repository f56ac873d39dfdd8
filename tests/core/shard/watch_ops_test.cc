// SPDX-License-Identifier: Apache-2.0
#include "server/core/shard/watch_ops.h"

#include <string>
#include <vector>

#include "gtest/gtest.h"
#include "tests/core/shard/shard_fixture.h"

namespace zk {
namespace {

using Paths = jute::Vector<jute::String>;

std::string WatchRequest(int32_t xid, OpCode op, std::string_view path, bool watch = true) {
  return Request(xid, op, proto::GetDataRequest{path, watch});
}
std::string AddRequest(int32_t xid, std::string_view path, AddWatchMode mode) {
  return Request(xid, OpCode::kAddWatch, proto::AddWatchRequest{path, static_cast<int32_t>(mode)});
}
std::string TypedRequest(int32_t xid, OpCode op, std::string_view path, WatcherType type) {
  return Request(xid, op, proto::CheckWatchesRequest{path, static_cast<int32_t>(type)});
}
AclRef Secret() { return std::make_shared<AclList>(AclList{{kPermAll, {"digest", "u:hash"}}}); }

TEST(Watches, NotificationBytes) {
  ShardFixture f;
  f.Create("/a");
  const ConnIndex c = f.Open();
  f.Ask(c, WatchRequest(1, OpCode::kGetData, "/a"));
  f.SetData("/a", "x");
  const std::string expected(
      "\0\0\0\x1e"
      "\xff\xff\xff\xff"                  // xid
      "\xff\xff\xff\xff\xff\xff\xff\xff"  // zxid: -1 up to 3.8
      "\0\0\0\0"
      "\0\0\0\3"  // NodeDataChanged
      "\0\0\0\3"  // SyncConnected
      "\0\0\0\2/a",
      34);
  EXPECT_EQ(f.Take(c), expected);
}

TEST(Watches, TriggersOfEachRead) {
  ShardFixture f;
  f.Create("/a");
  const ConnIndex c = f.Open();
  EXPECT_EQ(Summary(f.Ask(c, WatchRequest(1, OpCode::kExists, "/a/x"))), "1:-101");
  EXPECT_EQ(Summary(f.Ask(c, WatchRequest(2, OpCode::kGetChildren2, "/a"))), "2:0");
  EXPECT_EQ(Summary(f.Ask(c, WatchRequest(3, OpCode::kGetData, "/a"))), "3:0");
  EXPECT_EQ(Summary(f.Ask(c, WatchRequest(4, OpCode::kGetData, "/a", false))), "4:0");
  f.Create("/a/x");
  EXPECT_EQ(Summary(f.Take(c)), "created(/a/x) children(/a)");
  f.SetData("/a");
  EXPECT_EQ(Summary(f.Take(c)), "changed(/a)");
  f.SetData("/a");
  EXPECT_EQ(Summary(f.Take(c)), "");
  EXPECT_FALSE(f.shard.HasWatches());
}

TEST(Watches, EventComesBeforeTheWritersOwnReply) {
  ShardFixture f;
  f.Create("/a");
  const ConnIndex c = f.Open();
  f.Ask(c, WatchRequest(1, OpCode::kGetData, "/a"));
  EXPECT_EQ(Summary(f.Ask(c, Request(2, OpCode::kSetData, proto::SetDataRequest{"/a", "x", -1}))),
            "changed(/a) 2:0");
}

TEST(Watches, PersistentAndRecursive) {
  ShardFixture f;
  const ConnIndex c = f.Open();
  const ConnIndex d = f.Open();
  EXPECT_EQ(f.Ask(c, AddRequest(1, "/p", AddWatchMode::kPersistent)).size(), 24u);
  EXPECT_EQ(Summary(f.Ask(d, AddRequest(1, "/p", AddWatchMode::kPersistentRecursive))), "1:0");
  f.Create("/p");
  f.Create("/p/x");
  f.SetData("/p");
  f.Delete("/p/x");
  f.Delete("/p");
  EXPECT_EQ(Summary(f.Take(c)), "created(/p) children(/p) changed(/p) children(/p) deleted(/p)");
  EXPECT_EQ(Summary(f.Take(d)), "created(/p) created(/p/x) changed(/p) deleted(/p/x) deleted(/p)");
  f.Create("/p");
  EXPECT_EQ(Summary(f.Take(c)), "created(/p)");
}

TEST(Watches, CheckAndRemoveLookAtTheOwnOnesOnly) {
  ShardFixture f;
  f.Create("/a");
  const ConnIndex c = f.Open();
  const ConnIndex d = f.Open();
  f.Ask(c, WatchRequest(1, OpCode::kGetData, "/a"));
  f.Ask(c, WatchRequest(2, OpCode::kGetChildren, "/a"));
  const auto check = [&](ConnIndex who, WatcherType type) {
    return Summary(f.Ask(who, TypedRequest(9, OpCode::kCheckWatches, "/a", type)));
  };
  const auto remove = [&](ConnIndex who, WatcherType type) {
    return Summary(f.Ask(who, TypedRequest(9, OpCode::kRemoveWatches, "/a", type)));
  };
  EXPECT_EQ(check(d, WatcherType::kData), "9:-121");
  EXPECT_EQ(check(c, WatcherType::kData), "9:0");
  EXPECT_EQ(check(c, WatcherType::kPersistent), "9:-121");
  EXPECT_EQ(remove(c, WatcherType::kData), "9:0");
  EXPECT_EQ(remove(c, WatcherType::kData), "9:-121");
  EXPECT_EQ(check(c, WatcherType::kAny), "9:0");
  EXPECT_EQ(remove(c, WatcherType::kAny), "9:0");
  EXPECT_FALSE(f.shard.HasWatches());
}

TEST(Watches, DeliveryIsFilteredByTheAclOfTheMoment) {
  ShardFixture f;
  f.Create("/open");
  const ConnIndex stranger = f.Open();
  const ConnIndex owner = f.Open();
  proto::AuthPacket auth{0, "digest", "u:p"};
  f.Ask(owner, Request(kAuthXid, OpCode::kAuth, auth));
  const auto secret =
      std::make_shared<AclList>(AclList{{kPermAll, {"digest", DigestOf("u:p", "SHA1")}}});
  for (const ConnIndex c : {stranger, owner}) {
    f.Ask(c, AddRequest(1, "/open", AddWatchMode::kPersistentRecursive));
    f.Ask(c, WatchRequest(2, OpCode::kExists, "/open/secret"));
  }
  f.Create("/open/secret", "x", secret);
  EXPECT_EQ(Summary(f.Take(owner)), "created(/open/secret)");
  EXPECT_EQ(Summary(f.Take(stranger)), "");
  // The one-shot watch of the stranger is spent all the same.
  EXPECT_EQ(Summary(f.Ask(stranger, TypedRequest(3, OpCode::kCheckWatches, "/open/secret",
                                                 WatcherType::kData))),
            "3:-121");
  f.Create("/open/secret/below");
  EXPECT_EQ(Summary(f.Take(stranger)), "created(/open/secret/below)");
  f.SetData("/open/secret");
  f.Delete("/open/secret/below");
  f.Delete("/open/secret");
  EXPECT_EQ(Summary(f.Take(stranger)), "deleted(/open/secret/below)");
  EXPECT_EQ(Summary(f.Take(owner)),
            "created(/open/secret/below) changed(/open/secret) deleted(/open/secret/below) "
            "deleted(/open/secret)");
}

TEST(Watches, ChildrenEventIsFilteredByTheParent) {
  ShardFixture f;
  f.Create("/hidden", "", Secret());
  const ConnIndex c = f.Open();
  f.Ask(c, AddRequest(1, "/hidden", AddWatchMode::kPersistent));
  f.Create("/hidden/x");
  EXPECT_EQ(Summary(f.Take(c)), "");
}

TEST(Watches, GoWithTheirConnection) {
  ShardFixture f;
  f.Create("/a");
  const ConnIndex c = f.Open();
  f.Ask(c, WatchRequest(1, OpCode::kGetData, "/a"));
  EXPECT_TRUE(f.shard.HasWatches());
  f.CloseSocket(c);
  EXPECT_FALSE(f.shard.HasWatches());
  const ConnIndex d = f.Open();
  EXPECT_EQ(c, d);
  f.SetData("/a");
  EXPECT_EQ(f.Take(d), "");
}

class SetWatchesTest : public ::testing::Test {
 protected:
  SetWatchesTest() {
    for (const char* path : {"/old", "/new", "/parent", "/quiet"}) f_.Create(path);
    seen_ = f_.db.last_processed.value;
    f_.SetData("/new");
    f_.Create("/parent/x");
    f_.Create("/born");
    c_ = f_.Open();
  }
  ShardFixture f_;
  ConnIndex c_ = 0;
  int64_t seen_ = 0;
};

TEST_F(SetWatchesTest, EventsForWhatWasMissedThenTheReply) {
  const proto::SetWatches2 request{seen_,
                                   Paths{"/old", "/new", "/gone"},
                                   Paths{"/born", "/unborn"},
                                   Paths{"/parent", "/quiet", "/gone2"},
                                   Paths{"/p"},
                                   Paths{"/r"}};
  EXPECT_EQ(Summary(f_.Ask(c_, Request(5, OpCode::kSetWatches2, request))),
            "changed(/new) deleted(/gone) created(/born) children(/parent) deleted(/gone2) 5:0");
  f_.SetData("/old");
  f_.SetData("/new");
  f_.Create("/unborn");
  f_.Create("/quiet/x");
  f_.Create("/p");
  f_.Create("/p/x");
  f_.Create("/r");
  f_.Create("/r/x");
  EXPECT_EQ(Summary(f_.Take(c_)),
            "changed(/old) created(/unborn) children(/quiet) created(/p) children(/p) created(/r) "
            "created(/r/x)");
}

TEST_F(SetWatchesTest, OldFormAndReservedXid) {
  const proto::SetWatches request{seen_, Paths{"/new"}, Paths{}, Paths{"/quiet"}};
  EXPECT_EQ(Summary(f_.Ask(c_, Request(kSetWatchesXid, OpCode::kSetWatches, request))),
            "changed(/new) -8:0");
}

TEST_F(SetWatchesTest, SynthesizedEventsAreNotFiltered) {
  f_.Create("/secret", "", Secret());
  const proto::SetWatches request{seen_, Paths{"/secret"}, Paths{}, Paths{}};
  EXPECT_EQ(Summary(f_.Ask(c_, Request(1, OpCode::kSetWatches, request))), "changed(/secret) 1:0");
}

TEST_F(SetWatchesTest, MalformedChangesNothing) {
  const std::string zxid(8, '\0');
  const std::string list("\0\0\0\1\0\0\0\4/old", 12);
  const std::string null(4, '\xff');
  const std::string huge("\x7f\xff\xff\xff", 4);
  const std::string rows[] = {"",
                              zxid,
                              zxid + list,
                              zxid + list + list + null,
                              zxid + list + list + huge,
                              zxid + list + list + std::string("\0\0\0\1", 4) + null,
                              zxid + list + list + std::string("\0\0\0\2\0\0\0\1/", 9)};
  for (const std::string& body : rows) {
    EXPECT_EQ(Summary(f_.Ask(c_, Request(5, OpCode::kSetWatches, body))), "5:-5");
    EXPECT_FALSE(f_.shard.HasWatches());
  }
  EXPECT_EQ(Summary(f_.Ask(c_, Request(5, OpCode::kSetWatches2, zxid + list + list + list))),
            "5:-5");
}

TEST_F(SetWatchesTest, RunsInPiecesWithWritesOfOthersBetween) {
  Paths paths;
  std::vector<std::string> names;
  for (int i = 0; i < 100; i++) names.push_back("/n" + std::to_string(i));
  for (const std::string& name : names) paths.items.emplace_back(name);
  f_.Feed(c_, Request(5, OpCode::kSetWatches, proto::SetWatches{seen_, {}, paths, {}}) +
                  Request(-2, OpCode::kPing));
  f_.shard.RunSection(f_.db, 10, f_.now, f_.effects);
  EXPECT_EQ(f_.Take(c_), "");
  f_.Create("/n3");   // its watch is set already
  f_.Create("/n50");  // this one will be seen as created
  f_.Run(10);
  EXPECT_EQ(Summary(f_.Take(c_)), "created(/n3) created(/n50) 5:0 -2:0");
  f_.Create("/n99");
  EXPECT_EQ(Summary(f_.Take(c_)), "created(/n99)");
}

}  // namespace
}  // namespace zk
