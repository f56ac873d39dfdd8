// SPDX-License-Identifier: Apache-2.0
#include "server/core/tree/digest.h"

#include <gtest/gtest.h>
#include <zlib.h>

#include <string>

#include "server/core/tree/data_tree.h"
#include "tests/core/tree/tree_testing.h"

namespace zk {
namespace {

uint32_t ZlibCrc(const std::string& bytes) {
  return static_cast<uint32_t>(
      crc32(0, reinterpret_cast<const Bytef*>(bytes.data()), static_cast<uInt>(bytes.size())));
}

TEST(DigestTest, CrcIsZlibsAtEveryLengthAndCut) {
  std::string bytes;
  for (size_t size = 0; size <= 420; ++size) {
    for (const size_t cut : {size_t{0}, size / 3, size / 2, size}) {
      EXPECT_EQ(DigestPrefix(bytes.substr(0, cut), bytes.substr(cut)), ZlibCrc(bytes))
          << size << " cut at " << cut;
    }
    bytes.push_back(static_cast<char>(size * 37 + (size >> 3)));
  }
}

TEST(DigestTest, TheStatIs60BytesBigEndianInThisOrder) {
  const NodeStat stat{.czxid = 0x0101010101010102,
                      .mzxid = -2,
                      .pzxid = 3,
                      .ctime = 4,
                      .mtime = 5,
                      .version = 6,
                      .cversion = -7,
                      .aversion = 8,
                      .ephemeral_owner = 9};
  const std::string bytes(
      "/pdata"
      "\x01\x01\x01\x01\x01\x01\x01\x02"
      "\xff\xff\xff\xff\xff\xff\xff\xfe"
      "\0\0\0\0\0\0\0\x03"
      "\0\0\0\0\0\0\0\x04"
      "\0\0\0\0\0\0\0\x05"
      "\0\0\0\x06"
      "\xff\xff\xff\xf9"
      "\0\0\0\x08"
      "\0\0\0\0\0\0\0\x09",
      66);
  EXPECT_EQ(DigestOfStat(DigestPrefix("/p", "data"), stat), ZlibCrc(bytes));
  EXPECT_EQ(NodeDigest("/p", "data", stat), ZlibCrc(bytes));
}

TEST(DigestTest, WhatIsBelowZookeeperIsLeftOut) {
  struct Case {
    const char* path;
    bool in;
  };
  for (const Case& c : {Case{"", true}, Case{"/zookeeper", true}, Case{"/zookeeper/", false},
                        Case{"/zookeeper/quota", false}, Case{"/zookeeperx", true},
                        Case{"/a/zookeeper/quota", true}}) {
    EXPECT_EQ(PathInDigest(c.path), c.in) << c.path;
    EXPECT_EQ(NodeDigest(c.path, "", NodeStat()) != 0, c.in) << c.path;
  }
}

// Figures of Java 3.8.0, from the worked example of its log.
TEST(DigestTest, TreesOfJava) {
  DataTree tree;
  EXPECT_EQ(tree.digest(), 0x51c6d660u);
  CreateArgs args = Args("/a", "hello", 0x100000002);
  args.time_ms = 0x1a2021fb499;
  args.parent_cversion = 1;
  ASSERT_EQ(tree.Create(args), ErrorCode::kOk);
  EXPECT_EQ(tree.digest(), 0x16adb7266u);
}

TEST(DigestTest, ATreeWithoutDigestsSumsNothing) {
  DataTree tree({.digest = false});
  Put(tree, "/a", "hello", 1);
  EXPECT_EQ(tree.digest(), 0u);
  CheckTree(tree);
}

}  // namespace
}  // namespace zk
