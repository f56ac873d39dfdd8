// SPDX-License-Identifier: Apache-2.0
#include "server/core/shard/requests.h"

#include "gtest/gtest.h"

namespace zk {
namespace {

TEST(Requests, KindOfEveryNumber) {
  const std::string_view expected =
      // -11 .. 0, then 1 .. 22: w write, r read, p ping, x refused
      "wxxxxxxxxxxx"
      "wwrrwrwrwxprxwwwrrwxwr";
  for (int32_t op = -11; op <= 22; op++) {
    const char c = expected[static_cast<size_t>(op + 11)];
    const RequestKind kind = c == 'w'   ? RequestKind::kWrite
                             : c == 'r' ? RequestKind::kRead
                             : c == 'p' ? RequestKind::kPing
                                        : RequestKind::kRefused;
    EXPECT_EQ(KindOf(static_cast<OpCode>(op)), kind) << op;
  }
  EXPECT_EQ(KindOf(OpCode::kAuth), RequestKind::kAuth);
  EXPECT_EQ(KindOf(OpCode::kSasl), RequestKind::kSasl);
  for (const int32_t op : {101, 103, 104, 105, 106, 107}) {
    EXPECT_EQ(KindOf(static_cast<OpCode>(op)), RequestKind::kRead) << op;
  }
  for (const int32_t op : {-12, 23, 99, 108, 999, INT32_MAX, INT32_MIN}) {
    EXPECT_EQ(KindOf(static_cast<OpCode>(op)), RequestKind::kRefused) << op;
    EXPECT_EQ(LastOpName(static_cast<OpCode>(op)), "NA") << op;
  }
}

TEST(Requests, ReservedXidsGoWithTheirOperations) {
  EXPECT_TRUE(XidFits(-2, OpCode::kPing));
  EXPECT_TRUE(XidFits(5, OpCode::kPing));
  EXPECT_FALSE(XidFits(-2, OpCode::kGetData));
  EXPECT_TRUE(XidFits(-4, OpCode::kAuth));
  EXPECT_TRUE(XidFits(9, OpCode::kAuth));
  EXPECT_FALSE(XidFits(-4, OpCode::kCreate));
  EXPECT_TRUE(XidFits(-8, OpCode::kSetWatches));
  EXPECT_TRUE(XidFits(-8, OpCode::kSetWatches2));
  EXPECT_FALSE(XidFits(-8, OpCode::kPing));
  for (const OpCode op : {OpCode::kPing, OpCode::kAuth, OpCode::kGetData}) {
    EXPECT_FALSE(XidFits(-1, op));
  }
  for (const int32_t xid : {0, 1, -3, -5, INT32_MAX, INT32_MIN}) {
    EXPECT_TRUE(XidFits(xid, OpCode::kCreate)) << xid;  // C clients start anywhere
  }
}

TEST(Requests, NamesOfReports) {
  EXPECT_EQ(LastOpName(OpCode::kCreateTtl), "CREA");
  EXPECT_EQ(LastOpName(OpCode::kGetAllChildrenNumber), "GETACN");
  EXPECT_EQ(LastOpName(OpCode::kCreateSession), "SESS");
}

}  // namespace
}  // namespace zk
