// SPDX-License-Identifier: Apache-2.0
//
// Transactions of every type, of every age of ZooKeeper, cut at every byte.

#include "server/core/pipeline/txn_codec.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace zk {
namespace {

const proto::TxnHeader kHeader{.clientId = 0x10001, .cxid = 7, .zxid = 0x100000002, .time = 5};

proto::TxnHeader HeaderOf(OpCode type) {
  proto::TxnHeader header = kHeader;
  header.type = static_cast<int32_t>(type);
  return header;
}

jute::Vector<proto::Acl> Open() { return {{31, {{"world"}, {"anyone"}}}}; }

struct Case {
  std::string name;
  OpCode type;
  std::string body;
};

std::vector<Case> Cases() {
  using jute::Encoded;
  return {
      {"create", OpCode::kCreate, Encoded(proto::CreateTxn{{"/a"}, {"hi"}, Open(), true, 3})},
      {"create null data", OpCode::kCreate,
       Encoded(proto::CreateTxn{{"/a"}, {}, Open(), false, 3})},
      {"create2", OpCode::kCreate2, Encoded(proto::CreateTxn{{"/a"}, {""}, Open(), false, 1})},
      {"container", OpCode::kCreateContainer,
       Encoded(proto::CreateContainerTxn{{"/c"}, {"x"}, Open(), 4})},
      {"ttl", OpCode::kCreateTtl, Encoded(proto::CreateTTLTxn{{"/t"}, {"x"}, Open(), 4, 1000})},
      {"delete", OpCode::kDelete, Encoded(proto::DeleteTxn{{"/a"}})},
      {"reap", OpCode::kDeleteContainer, Encoded(proto::DeleteTxn{{"/a"}})},
      {"set", OpCode::kSetData, Encoded(proto::SetDataTxn{{"/a"}, {"new"}, 2})},
      {"reconfig", OpCode::kReconfig, Encoded(proto::SetDataTxn{{"/zookeeper/config"}, {"v"}, -1})},
      {"set acl", OpCode::kSetAcl, Encoded(proto::SetACLTxn{{"/a"}, Open(), 2})},
      {"open session", OpCode::kCreateSession, Encoded(proto::CreateSessionTxn{10000})},
      {"close session", OpCode::kCloseSession,
       Encoded(proto::CloseSessionTxn{{{"/a/e"}, {"/b/e"}}})},
      {"close empty", OpCode::kCloseSession, Encoded(proto::CloseSessionTxn{})},
      {"error", OpCode::kError, Encoded(proto::ErrorTxn{-110})},
      {"multi", OpCode::kMulti,
       Encoded(proto::MultiTxn{{{1, {"body"}}, {-1, {"\xff\xff\xff\x9b"}}}})},
      {"empty multi", OpCode::kMulti, Encoded(proto::MultiTxn{})},
  };
}

TEST(TxnCodecTest, EveryTypeGivesBackItsBytesWithAndWithoutDigest) {
  for (const Case& c : Cases()) {
    for (const bool with_digest : {false, true}) {
      SCOPED_TRACE(c.name + (with_digest ? " with digest" : ""));
      std::optional<proto::TxnDigest> digest;
      if (with_digest) digest = proto::TxnDigest{kDigestVersion, 0x1234567890};
      std::string bytes;
      EncodeTxn(HeaderOf(c.type), c.body, digest, bytes);
      DecodedTxn txn;
      ASSERT_EQ(DecodeTxn(bytes, txn), TxnDecode::kOk);
      EXPECT_EQ(txn.header, HeaderOf(c.type));
      EXPECT_EQ(txn.body, c.body);
      EXPECT_EQ(txn.digest, digest);
      EXPECT_TRUE(txn.trailing.empty());
      std::string again;
      EncodeTxn(txn.header, txn.body, txn.digest, again);
      EXPECT_EQ(again, bytes);
    }
  }
}

TEST(TxnCodecTest, CutAnywhereItIsTooShortOrSaysLess) {
  for (const Case& c : Cases()) {
    std::string bytes;
    EncodeTxn(HeaderOf(c.type), c.body, std::nullopt, bytes);
    for (size_t size = 0; size < bytes.size(); size++) {
      SCOPED_TRACE(c.name + " cut to " + std::to_string(size));
      DecodedTxn txn;
      const TxnDecode result = DecodeTxn(std::string_view(bytes).substr(0, size), txn);
      const bool session_closed = c.type == OpCode::kCloseSession && size >= kTxnHeaderSize;
      const bool old_create = c.type == OpCode::kCreate && size + 4 >= bytes.size();
      EXPECT_EQ(result, session_closed || old_create ? TxnDecode::kOk : TxnDecode::kTooShort);
      if (session_closed) {
        EXPECT_TRUE(txn.body.empty());
      }
    }
  }
}

TEST(TxnCodecTest, CreateOfRelease33HasNoParentVersion) {
  std::string bytes;
  EncodeTxn(HeaderOf(OpCode::kCreate), proto::CreateTxnV0{{"/a"}, {"hi"}, Open(), true},
            std::nullopt, bytes);
  DecodedTxn txn;
  ASSERT_EQ(DecodeTxn(bytes, txn), TxnDecode::kOk);
  proto::CreateTxn create;
  ASSERT_TRUE(DecodeCreateTxn(txn.body, create));
  EXPECT_EQ(create, (proto::CreateTxn{{"/a"}, {"hi"}, Open(), true, -1}));
}

TEST(TxnCodecTest, CloseSessionOfOldReleasesHasNoBody) {
  for (const bool with_digest : {false, true}) {
    std::optional<proto::TxnDigest> digest;
    if (with_digest) digest = proto::TxnDigest{kDigestVersion, 99};
    std::string bytes;
    EncodeTxn(HeaderOf(OpCode::kCloseSession), jute::Bytes(), digest, bytes);
    DecodedTxn txn;
    ASSERT_EQ(DecodeTxn(bytes, txn), TxnDecode::kOk);
    EXPECT_TRUE(txn.body.empty());
    EXPECT_EQ(txn.digest, digest);
    proto::CloseSessionTxn close;
    EXPECT_FALSE(DecodeCloseSessionTxn(txn.body, close));
  }
}

TEST(TxnCodecTest, ShortRestsAreToleratedAndKept) {
  std::string bytes;
  EncodeTxn(HeaderOf(OpCode::kDelete), proto::DeleteTxn{{"/a"}}, std::nullopt, bytes);
  bytes += "rest";
  DecodedTxn txn;
  ASSERT_EQ(DecodeTxn(bytes, txn), TxnDecode::kOk);
  EXPECT_FALSE(txn.digest.has_value());
  EXPECT_EQ(txn.trailing, "rest");
}

TEST(TxnCodecTest, TypesWithoutTransactionAreRefused) {
  for (const int type : {0, 3, 9, 13, 18, 22, 100, -12}) {
    std::string bytes;
    EncodeTxn(HeaderOf(static_cast<OpCode>(type)), "anything", std::nullopt, bytes);
    DecodedTxn txn;
    EXPECT_EQ(DecodeTxn(bytes, txn), TxnDecode::kUnsupported) << type;
  }
}

TEST(TxnCodecTest, HostileCountsEndAtTheBytesThatAreThere) {
  std::string body;
  jute::Encoder out(body);
  out.Int(INT32_MAX);
  for (const OpCode type : {OpCode::kMulti, OpCode::kCloseSession}) {
    std::string bytes;
    EncodeTxn(HeaderOf(type), body, std::nullopt, bytes);
    DecodedTxn txn;
    const TxnDecode result = DecodeTxn(bytes, txn);
    EXPECT_EQ(result, type == OpCode::kMulti ? TxnDecode::kTooShort : TxnDecode::kOk);
  }
}

// Bytes of a Java 3.8.0 server: a session with one ephemeral closes.
TEST(TxnCodecTest, JavaBytes) {
  const unsigned char tail[] = {0xff, 0xff, 0xff, 0xf5, 0, 0, 0, 1, 0, 0, 0,    4,    '/',  'a',
                                '/',  'e',  0,    0,    0, 2, 0, 0, 0, 0, 0x51, 0xc6, 0xd6, 0x60};
  std::string bytes(28, '\0');
  bytes.append(reinterpret_cast<const char*>(tail), sizeof tail);
  DecodedTxn txn;
  ASSERT_EQ(DecodeTxn(bytes, txn), TxnDecode::kOk);
  EXPECT_EQ(txn.type(), OpCode::kCloseSession);
  proto::CloseSessionTxn close;
  ASSERT_TRUE(DecodeCloseSessionTxn(txn.body, close));
  EXPECT_EQ(close, (proto::CloseSessionTxn{{{"/a/e"}}}));
  EXPECT_EQ(txn.digest, (proto::TxnDigest{2, 0x51c6d660}));
}

}  // namespace
}  // namespace zk
