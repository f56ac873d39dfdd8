// SPDX-License-Identifier: Apache-2.0
#include "server/core/tree/database.h"

#include <gtest/gtest.h>

namespace zk {
namespace {

TEST(DatabaseTest, StartsWithAFreshTreeAndNoTransaction) {
  const Database db({.extended_types = true});
  EXPECT_TRUE(db.tree.options().extended_types);
  EXPECT_EQ(db.tree.node_count(), 5u);
  EXPECT_TRUE(db.sessions.empty());
  EXPECT_EQ(db.last_processed, Zxid(0));
  EXPECT_EQ(db.loaded_digest.zxid, Zxid(0));
}

}  // namespace
}  // namespace zk
