// SPDX-License-Identifier: Apache-2.0
#include "server/core/pipeline/overlay.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "common/random.h"
#include "tests/core/pipeline/prep_harness.h"

namespace zk {
namespace {

using test::CreateBody;
using test::MultiBody;
using test::Part;
using test::PrepHarness;
using test::SetDataBody;
using test::VersionBody;

class OverlayTest : public ::testing::Test {
 protected:
  OverlayTest() : overlay_(db_.tree, 1) {}

  void Create(const char* parent, const char* path, const char* data = "", int64_t owner = 0) {
    overlay_.Begin(Zxid(++zxid_), false);
    const Overlay::Ref above = overlay_.Find(parent);
    overlay_.Create(parent, above, overlay_.Find(path),
                    {.path = path,
                     .data = data,
                     .acl = OpenAcl(),
                     .ephemeral_owner = owner,
                     .parent_cversion = above.stat().cversion + 1,
                     .time_ms = 5});
  }
  void Delete(const char* path) {
    overlay_.Begin(Zxid(++zxid_), false);
    overlay_.Delete(path, overlay_.Find(path));
  }

  Database db_;
  Overlay overlay_;
  int64_t zxid_ = 0;
};

TEST_F(OverlayTest, ShowsTheTreeWhenNothingIsInFlight) {
  EXPECT_TRUE(overlay_.Find("/zookeeper").exists());
  EXPECT_EQ(overlay_.Find("/zookeeper").child_count(), 2u);
  EXPECT_FALSE(overlay_.Find("/x").exists());
  EXPECT_EQ(overlay_.digest(), db_.tree.digest());
}

TEST_F(OverlayTest, RootHasOneRecord) {
  Create("", "/x");
  Create("/", "/y");
  EXPECT_EQ(overlay_.Find("").child_count(), 3u);
  EXPECT_EQ(overlay_.Find("/").child_count(), 3u);
  EXPECT_EQ(overlay_.Find("/").stat().cversion, 2);
  EXPECT_EQ(overlay_.size(), 3u);
}

TEST_F(OverlayTest, RecordsGoWithTheirNewestTransaction) {
  Create("", "/x", "abc");  // 1
  Create("", "/y");         // 2
  Create("/x", "/x/z");     // 3
  EXPECT_EQ(overlay_.size(), 4u);
  overlay_.Applied(Zxid(1));
  EXPECT_EQ(overlay_.size(), 4u);  // "/x" is touched by 3, the root by 2
  overlay_.Applied(Zxid(2));
  EXPECT_EQ(overlay_.size(), 2u);
  overlay_.CheckInvariants(Zxid(2));
  overlay_.Applied(Zxid(3));
  EXPECT_EQ(overlay_.size(), 0u);
  overlay_.CheckInvariants(Zxid(3));
}

TEST_F(OverlayTest, DeletedNodesAreRemembered) {
  Create("", "/x", "abc");
  EXPECT_EQ(overlay_.Find("/x").data_size(), 3u);
  Delete("/x");
  EXPECT_FALSE(overlay_.Find("/x").exists());
  EXPECT_EQ(overlay_.Find("/").child_count(), 1u);
  EXPECT_EQ(overlay_.Find("/").stat().pzxid, zxid_);
  EXPECT_EQ(overlay_.Find("/").stat().cversion, 1);
  Create("", "/x");
  EXPECT_TRUE(overlay_.Find("/x").exists());
}

TEST_F(OverlayTest, RollbackTakesBackEverything) {
  Create("", "/x", "abc", 77);
  const uint64_t digest = overlay_.digest();
  overlay_.Begin(Zxid(++zxid_), true);
  overlay_.SetData("/x", overlay_.Find("/x"), "longer data", 1, 9);
  overlay_.SetData("/x", overlay_.Find("/x"), "longer still", 2, 9);
  overlay_.SetAcl("/x", overlay_.Find("/x"), std::make_shared<const AclList>(), 1);
  overlay_.Delete("/x", overlay_.Find("/x"));
  overlay_.SetData("/zookeeper", overlay_.Find("/zookeeper"), "z", 1, 9);
  EXPECT_NE(overlay_.digest(), digest);
  overlay_.Rollback();
  EXPECT_EQ(overlay_.digest(), digest);
  EXPECT_EQ(overlay_.size(), 2u);
  const Overlay::Ref x = overlay_.Find("/x");
  ASSERT_TRUE(x.exists());
  EXPECT_EQ(x.stat().version, 0);
  EXPECT_EQ(x.stat().aversion, 0);
  EXPECT_EQ(x.stat().ephemeral_owner, 77);
  EXPECT_EQ(x.acl(), OpenAcl());
  EXPECT_EQ(x.data_size(), 3u);
  overlay_.Applied(Zxid(1));
  overlay_.CheckInvariants(Zxid(1));
  EXPECT_EQ(overlay_.size(), 0u);
}

TEST_F(OverlayTest, EphemeralsInFlight) {
  Create("", "/e1", "", 7);
  Create("", "/e2", "", 7);
  Create("", "/other", "", 8);
  Delete("/e1");
  Create("", "/e3", "", 7);
  Delete("/e2");
  Create("", "/e2", "", 7);
  std::vector<std::string> paths;
  overlay_.EphemeralsOf(7, paths);
  EXPECT_EQ(paths, (std::vector<std::string>{"/e3", "/e2"}));
}

TEST_F(OverlayTest, StatisticsNodesDoNotCount) {
  const uint64_t digest = overlay_.digest();
  overlay_.Begin(Zxid(++zxid_), false);
  overlay_.SetData("/zookeeper/quota", overlay_.Find("/zookeeper/quota"), "x", 1, 9);
  EXPECT_EQ(overlay_.digest(), digest);
}

// Random writes with up to 20 in flight: the harness compares every transaction's digest, made by
// the overlay, with the tree's.
TEST(OverlayModel, ForeseesTheTree) {
  PrepHarness harness;
  Random random(11);
  const auto path = [&] {
    std::string p = "/" + std::to_string(random.Uniform(3));
    while (random.OneIn(2)) p += "/" + std::to_string(random.Uniform(3));
    return p;
  };
  const auto part = [&]() -> Part {
    switch (random.Uniform(5)) {
      case 0:
      case 1:
        return {OpCode::kCreate, CreateBody(path(), "d", static_cast<int32_t>(random.Uniform(4)))};
      case 2:
        return {OpCode::kDelete, VersionBody(path())};
      default:
        return {OpCode::kSetData, SetDataBody(path(), std::string(random.Uniform(9), 'x'))};
    }
  };
  size_t refused = 0;
  for (int i = 0; i < 20000; i++) {
    harness.session = static_cast<SessionId>(1 + random.Uniform(3));
    if (random.OneIn(20)) {
      harness.Run(OpCode::kCloseSession, "");
    } else if (random.OneIn(4)) {
      std::vector<Part> parts;
      for (uint64_t n = random.Uniform(4); n > 0; n--) parts.push_back(part());
      harness.Run(OpCode::kMulti, MultiBody(parts));
    } else if (random.OneIn(10)) {
      harness.Run(OpCode::kSetAcl, test::SetAclBody(path(), test::OpenAcls()));
    } else {
      const Part one = part();
      refused += harness.Run(one.first, one.second) != ErrorCode::kOk;
    }
    while (harness.in_flight.size() > random.Uniform(20)) harness.Apply();
    if (::testing::Test::HasFailure()) return;
  }
  harness.ApplyAll();
  EXPECT_GT(refused, 1000u);
  EXPECT_LT(refused, 14000u);
}

}  // namespace
}  // namespace zk
