// SPDX-License-Identifier: Apache-2.0
//
// Reaping of containers and TTL nodes by a Replica.
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "tests/core/replica_fixture.h"

namespace zk {
namespace {

using test::CreateBody;
using test::CreateTtlBody;
using test::ReplicaFixture;
using test::SetDataBody;
using test::VersionBody;

class ReplicaTimeTest : public ReplicaFixture {
 protected:
  ReplicaTimeTest() { Begin(); }
  void Begin() {
    Start();
    session_ = Open(conn_);
  }
  void Make(OpCode op, const std::string& body) {
    ASSERT_EQ(Do(conn_, session_, op, body).error, ErrorCode::kOk);
  }
  void Container(const std::string& path, bool used = true) {
    Make(OpCode::kCreateContainer, CreateBody(path, "", 4));
    if (!used) return;
    Make(OpCode::kCreate, CreateBody(path + "/x"));
    Make(OpCode::kDelete, VersionBody(path + "/x"));
  }
  // Paths of the deleteContainer transactions issued since the last call.
  std::vector<std::string> Reaped() {
    std::vector<std::string> paths;
    for (const DiskOp& op : TakeDisk()) {
      DecodedTxn txn;
      EXPECT_EQ(DecodeTxn(op.bytes.view(), txn), TxnDecode::kOk);
      EXPECT_EQ(txn.type(), OpCode::kDeleteContainer);
      EXPECT_EQ(txn.header.clientId, 0);
      EXPECT_EQ(txn.header.cxid, 0);
      paths.emplace_back(jute::Decoder(txn.body).NullableBuffer().bytes());
    }
    return paths;
  }
  void Wait(int64_t ms) {
    Pass(ms);
    Touched(session_);
    Tick();
  }
  using Paths = std::vector<std::string>;

  const Origin conn_ = Conn(1);
  SessionId session_ = 0;
};

TEST_F(ReplicaTimeTest, UsedContainersGoAtTheInterval) {
  Container("/c");
  Container("/fresh", /*used=*/false);
  Make(OpCode::kCreate, CreateBody("/plain"));
  Wait(59'999);
  EXPECT_TRUE(Reaped().empty());
  Wait(1);
  EXPECT_EQ(Reaped(), (Paths{"/c"}));
  Durable();
  const Batch batch = Publish();
  ASSERT_EQ(batch.items.size(), 1u);
  EXPECT_FALSE(batch.items[0].origin.valid());
  EXPECT_EQ(replica().db().tree.Find("/c"), nullptr);
  Wait(60'000);
  EXPECT_TRUE(Reaped().empty());
}

TEST_F(ReplicaTimeTest, NeverUsedContainersGoIfTheirTimeIsSet) {
  config_.container_max_never_used_ms = 100'000;
  Begin();
  Container("/c", /*used=*/false);
  Wait(60'000);
  EXPECT_TRUE(Reaped().empty());
  Wait(60'000);
  EXPECT_EQ(Reaped(), (Paths{"/c"}));
}

TEST_F(ReplicaTimeTest, TtlNodesGoWhenNobodyWroteForTheirTime) {
  Make(OpCode::kCreateTtl, CreateTtlBody("/t", 70'000));
  Make(OpCode::kCreateTtl, CreateTtlBody("/kept", 70'000));
  Make(OpCode::kCreateTtl, CreateTtlBody("/parent", 1));
  Make(OpCode::kCreate, CreateBody("/parent/x"));
  Wait(60'000);
  EXPECT_TRUE(Reaped().empty());
  Make(OpCode::kSetData, SetDataBody("/kept", "x"));
  Wait(60'000);
  EXPECT_EQ(Reaped(), (Paths{"/t"}));
}

TEST_F(ReplicaTimeTest, WritesInFlightSaveANode) {
  Container("/c");
  Make(OpCode::kCreateTtl, CreateTtlBody("/t", 30'000));
  Pass(60'000);
  Touched(session_);
  Write(conn_, session_, OpCode::kCreate, CreateBody("/c/new"));
  Write(conn_, session_, OpCode::kSetData, SetDataBody("/t", "x"));
  TakeDisk();
  Tick();
  EXPECT_TRUE(Reaped().empty());
}

TEST_F(ReplicaTimeTest, ReapingIsSpacedOut) {
  config_.container_max_per_minute = 60;  // one a second
  Begin();
  for (int i = 0; i < 5; i++) Container("/c" + std::to_string(i));
  Wait(60'000);
  EXPECT_EQ(Reaped().size(), 1u);
  Wait(999);
  EXPECT_TRUE(Reaped().empty());
  Wait(1);
  EXPECT_EQ(Reaped().size(), 1u);
  Wait(2000);
  EXPECT_EQ(Reaped().size(), 2u);
  // One that was written to meanwhile costs no turn.
  Wait(1000);
  EXPECT_EQ(Reaped().size(), 1u);
}

TEST_F(ReplicaTimeTest, NoIntervalNoReaping) {
  config_.container_check_interval_ms = 0;
  Begin();
  Container("/c");
  Wait(600'000);
  EXPECT_TRUE(Reaped().empty());
}

}  // namespace
}  // namespace zk
