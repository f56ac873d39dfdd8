// SPDX-License-Identifier: Apache-2.0
#include "server/core/shard/reply.h"

#include <string>

#include "gtest/gtest.h"

namespace zk {
namespace {

TEST(Reply, HeaderOnly) {
  std::string out = "before";
  EXPECT_EQ(AppendReply(7, Zxid(0x102), ErrorCode::kNoNode, out), 16u);
  EXPECT_EQ(out, "before" + std::string("\0\0\0\x10\0\0\0\7\0\0\0\0\0\0\1\2\xff\xff\xff\x9b", 20));
}

TEST(Reply, BodyIsCountedOrDropped) {
  for (const bool drop : {false, true}) {
    std::string out = "x";
    ReplyFrame frame(1, Zxid(2), out);
    out += "body";
    if (drop) frame.DropBody();
    EXPECT_EQ(frame.Finish(ErrorCode::kOk), drop ? 16u : 20u);
    EXPECT_EQ(out.size(), drop ? 21u : 25u);
    EXPECT_EQ(out[4], drop ? 16 : 20);
  }
}

TEST(Reply, NotificationEndsWithItsPath) {
  std::string out;
  AppendNotification(EventType::kNodeDeleted, "/a", out);
  EXPECT_EQ(out.size(), 34u);
  EXPECT_EQ(out.substr(20), std::string("\0\0\0\2\0\0\0\3\0\0\0\2/a", 14));
}

}  // namespace
}  // namespace zk
