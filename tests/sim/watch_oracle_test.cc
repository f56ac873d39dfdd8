// SPDX-License-Identifier: Apache-2.0
//
// The watch oracle itself: events that are due pass in their order; a missing, doubled, early,
// reordered, wrong or forbidden one is noticed.
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "tests/sim/oracle_fixture.h"

namespace zk::sim {
namespace {

using Seen = WatchOracle::Seen;
const Identities kAnybody{{"ip", "127.0.0.1"}};

constexpr EventType kCreated = EventType::kNodeCreated;
constexpr EventType kDeleted = EventType::kNodeDeleted;
constexpr EventType kChanged = EventType::kNodeDataChanged;
constexpr EventType kChildren = EventType::kNodeChildrenChanged;

// /a and /b are there when the watches are set.
class Watches : public ::testing::Test {
 protected:
  Watches() : watches_(&h_.tree(), verdict_.fail()) {
    h_.Add(Create("/a", 1));
    h_.Add(Create("/b", 2));
    watches_.Start(h_.tree().last());
  }
  ~Watches() override { EXPECT_EQ(h_.wrong(), std::vector<std::string>()); }

  void Event(EventType type, const std::string& path) { watches_.OnEvent({type, path}, kAnybody); }
  // A reply of the newest state: everything due must have been read.
  void Reply() { watches_.OnReplyZxid(h_.tree().last(), kAnybody); }
  void ExpectClean() { EXPECT_TRUE(verdict_.clean()) << verdict_.text(); }
  void ExpectLie() { EXPECT_TRUE(verdict_.Names("I19")) << "the lie was not noticed"; }

  History h_;
  Verdict verdict_;
  WatchOracle watches_;
};

TEST_F(Watches, EveryKindOfEventPassesInItsOrder) {
  watches_.AddData("/a", false);
  watches_.AddChild("/a");
  watches_.AddData("/x", true);
  watches_.AddPersistent("/b", false);
  watches_.AddPersistent("/b", true);
  h_.Add(SetData("/a", "new", 1));
  h_.Add(Create("/a/c", 1));
  h_.Add(Create("/x", 3));
  h_.Add(Create("/b/c", 1));
  h_.Add(Delete("/b/c"));
  h_.Add(Delete("/b"));
  Event(kChanged, "/a");
  Event(kChildren, "/a");
  Event(kCreated, "/x");
  Event(kCreated, "/b/c");
  Event(kChildren, "/b");
  Event(kDeleted, "/b/c");
  Event(kChildren, "/b");
  Event(kDeleted, "/b");
  Reply();
  ExpectClean();
  EXPECT_EQ(watches_.events_checked(), 8U);
}

TEST_F(Watches, AMissingEvent) {
  watches_.AddData("/a", false);
  h_.Add(SetData("/a", "new", 1));
  Reply();
  ExpectLie();
}

TEST_F(Watches, AReplyBeforeItsEvent) {
  watches_.AddData("/a", false);
  h_.Add(SetData("/a", "new", 1));
  Reply();
  Event(kChanged, "/a");
  ExpectLie();
}

TEST_F(Watches, AnEventAfterAReplyOfAnEarlierStateIsFine) {
  watches_.AddData("/a", false);
  const Zxid before = h_.tree().last();
  h_.Add(SetData("/a", "new", 1));
  watches_.OnReplyZxid(before, kAnybody);
  Event(kChanged, "/a");
  Reply();
  ExpectClean();
}

TEST_F(Watches, ReorderedEvents) {
  watches_.AddData("/a", false);
  watches_.AddData("/b", false);
  h_.Add(SetData("/a", "new", 1));
  h_.Add(SetData("/b", "new", 1));
  Event(kChanged, "/b");
  ExpectLie();
}

TEST_F(Watches, AnEventOfNothing) {
  watches_.AddData("/a", false);
  h_.Add(SetData("/b", "new", 1));
  Event(kChanged, "/b");
  ExpectLie();
}

TEST_F(Watches, AnEventOfTheWrongType) {
  watches_.AddData("/a", false);
  h_.Add(Delete("/a"));
  Event(kChanged, "/a");
  ExpectLie();
}

TEST_F(Watches, AOneShotWatchThatFiresTwice) {
  watches_.AddData("/a", false);
  h_.Add(SetData("/a", "new", 1));
  h_.Add(SetData("/a", "newer", 2));
  Event(kChanged, "/a");
  ExpectClean();
  Event(kChanged, "/a");
  ExpectLie();
}

TEST_F(Watches, APersistentWatchThatFiresOnce) {
  watches_.AddPersistent("/a", false);
  h_.Add(SetData("/a", "new", 1));
  h_.Add(SetData("/a", "newer", 2));
  Event(kChanged, "/a");
  Reply();
  ExpectLie();
}

TEST_F(Watches, ARecursiveWatchHasNoChildEvents) {
  watches_.AddPersistent("/a", true);
  h_.Add(Create("/a/c", 1));
  Event(kCreated, "/a/c");
  ExpectClean();
  Event(kChildren, "/a");
  ExpectLie();
}

TEST_F(Watches, ARemovedWatchThatFires) {
  watches_.AddData("/a", false);
  EXPECT_TRUE(watches_.Remove("/a", static_cast<int32_t>(WatcherType::kData)));
  EXPECT_FALSE(watches_.Remove("/a", static_cast<int32_t>(WatcherType::kAny)));
  h_.Add(SetData("/a", "new", 1));
  Event(kChanged, "/a");
  ExpectLie();
}

TEST_F(Watches, AnEventForWhoMayNotRead) {
  watches_.AddData("/a", false);
  watches_.AddData("/b", false);
  h_.Add(SetAcl("/a", OnlyRoot(), 1));
  h_.Add(SetData("/a", "secret", 1));
  Reply();
  ExpectClean();
  Event(kChanged, "/a");
  ExpectLie();
}

// Neither T(z) nor T(z - 1) has the node: its own list, from within the multi, decides.
TEST_F(Watches, ANodeThatCameAndWentInOneMulti) {
  watches_.AddPersistent("/a", true);
  h_.Add(Multi({Create("/a/s", 1, "", false, OnlyRoot()), Delete("/a/s")}));
  Reply();
  ExpectClean();
  h_.Add(Multi({Create("/a/o", 2), Delete("/a/o")}));
  Reply();
  ExpectLie();
}

// --- setWatches
// -----------------------------------------------------------------------------------

class Restored : public Watches {
 protected:
  // The client comes back with what it saw until now.
  SimRequest Before() const {
    SimRequest r;
    r.op = OpCode::kSetWatches2;
    r.relative = h_.tree().last();
    return r;
  }
  void Restore(const SimRequest& r, const std::vector<Seen>& seen) {
    watches_.OnSetWatches(r, h_.tree().last(), seen, kAnybody);
  }
};

TEST_F(Restored, ChangesWhileAwayAreToldAndTheRestIsWatched) {
  SimRequest r = Before();
  r.watches[0] = {"/a", "/b"};
  r.watches[1] = {"/x"};
  r.watches[2] = {"/b"};
  h_.Add(SetData("/a", "new", 1));
  h_.Add(Create("/x", 3));
  h_.Add(Create("/b/c", 1));
  Restore(r, {{kChanged, "/a"}, {kCreated, "/x"}, {kChildren, "/b"}});
  ExpectClean();
  h_.Add(SetData("/b", "new", 1));
  Event(kChanged, "/b");
  Reply();
  ExpectClean();
}

TEST_F(Restored, AChangeThatIsNotTold) {
  SimRequest r = Before();
  r.watches[0] = {"/a"};
  h_.Add(SetData("/a", "new", 1));
  Restore(r, {});
  ExpectLie();
}

TEST_F(Restored, ACreationThatIsNotTold) {
  SimRequest r = Before();
  r.watches[1] = {"/b"};
  Restore(r, {});
  ExpectLie();
}

TEST_F(Restored, AChildThatIsNotTold) {
  SimRequest r = Before();
  r.watches[2] = {"/a"};
  h_.Add(Create("/a/c", 1));
  Restore(r, {});
  ExpectLie();
}

TEST_F(Restored, AnEventOfWhatDidNotChange) {
  SimRequest r = Before();
  r.watches[0] = {"/a"};
  Restore(r, {{kChanged, "/a"}});
  ExpectLie();
}

TEST_F(Restored, AWatchThatIsForgotten) {
  SimRequest r = Before();
  r.watches[3] = {"/a"};
  Restore(r, {});
  ExpectClean();
  h_.Add(SetData("/a", "new", 1));
  Reply();
  ExpectLie();
}

}  // namespace
}  // namespace zk::sim
