// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "tests/core/pipeline/prep_harness.h"

namespace zk {
namespace {

using test::AclOf;
using test::Acls;
using test::CreateBody;
using test::CreateTtlBody;
using test::FromHex;
using test::MultiBody;
using test::Part;
using test::PrepHarness;
using test::SetDataBody;
using test::ToHex;
using test::VersionBody;

constexpr auto kOk = ErrorCode::kOk;

Part Create(const char* path, const char* data = "", int32_t flags = 0) {
  return {OpCode::kCreate, CreateBody(path, data, flags)};
}
Part Delete(const char* path, int32_t version = -1) {
  return {OpCode::kDelete, VersionBody(path, version)};
}
Part Set(const char* path, const char* data, int32_t version = -1) {
  return {OpCode::kSetData, SetDataBody(path, data, version)};
}
Part Check(const char* path, int32_t version = -1) {
  return {OpCode::kCheck, VersionBody(path, version)};
}

class PrepMultiTest : public ::testing::Test {
 protected:
  PrepMultiTest() {
    harness_.config.extended_types = true;
    harness_.Reset();
    EXPECT_EQ(harness_.Do(OpCode::kCreate, CreateBody("/a", "data")), kOk);
  }
  ErrorCode Run(const std::vector<Part>& parts) {
    return harness_.Run(OpCode::kMulti, MultiBody(parts));
  }
  // (type, error of an error part) of each part of the newest transaction.
  std::vector<std::pair<int32_t, int32_t>> Types() {
    std::vector<std::pair<int32_t, int32_t>> result;
    const std::string body = harness_.Body();
    jute::Decoder in(body);
    for (int32_t n = in.Int(); n > 0; n--) {
      const int32_t type = in.Int();
      const jute::Buffer data = in.NullableBuffer();
      result.emplace_back(type, type == -1 ? jute::Decoder(data.bytes()).Int() : 0);
    }
    EXPECT_TRUE(in.ok());
    EXPECT_EQ(in.remaining(), 0u);
    return result;
  }
  std::string Reply() {
    Batch batch;
    ApplySink sink;
    sink.batch = &batch;
    sink.request_op = OpCode::kMulti;
    const ApplyResult result = harness_.Apply(&sink);
    EXPECT_EQ(result.error, kOk);
    changes_ = batch.changes.size();
    return ToHex(std::string_view(batch.arena).substr(result.body_offset, result.body_size));
  }

  using Expected = std::vector<std::pair<int32_t, int32_t>>;
  PrepHarness harness_;
  size_t changes_ = 0;
};

// Payload and digest as Java 3.8.0 logged them (storage format, "Payload").
TEST_F(PrepMultiTest, BodyIsJavas) {
  ASSERT_EQ(Run({Create("/m", "1"), Set("/m", "2"), Check("/m")}), kOk);
  const std::string hex = ToHex(harness_.Body());
  EXPECT_EQ(hex,
            "00000003"
            "00000001"
            "0000002b"
            "000000022f6d"
            "0000000131"
            "000000010000001f00000005776f726c6400000006616e796f6e65"
            "00"
            "00000002"
            "00000005"
            "0000000f"
            "000000022f6d"
            "0000000132"
            "00000001"
            "0000000d"
            "0000000a"
            "000000022f6d"
            "00000002");
  harness_.ApplyAll();
  EXPECT_EQ(harness_.Find("/m")->data().view(), "2");
}

TEST_F(PrepMultiTest, FailedBodyKeepsWhatWentBefore) {
  ASSERT_EQ(Run({Create("/n"), Delete("/nope"), Delete("/a")}), kOk);
  EXPECT_EQ(Types(), (Expected{{1, 0}, {-1, -101}, {-1, -2}}));
  EXPECT_EQ(harness_.Type(), OpCode::kMulti);
  EXPECT_EQ(Reply(),
            "ffffffff"
            "00"
            "00000000"
            "00000000"
            "ffffffff"
            "00"
            "ffffff9b"
            "ffffff9b"
            "ffffffff"
            "00"
            "fffffffe"
            "fffffffe"
            "ffffffff"
            "01"
            "ffffffff");
  EXPECT_EQ(changes_, 0u);
  EXPECT_EQ(harness_.Find("/n"), nullptr);
  EXPECT_NE(harness_.Find("/a"), nullptr);
}

// The example of the client protocol's "Response".
TEST_F(PrepMultiTest, ReplyOfAFailedMulti) {
  ASSERT_EQ(Run({Create("/n"), Set("/a", "x", 7), Delete("/n")}), kOk);
  EXPECT_EQ(Reply(),
            "ffffffff"
            "00"
            "00000000"
            "00000000"
            "ffffffff"
            "00"
            "ffffff99"
            "ffffff99"
            "ffffffff"
            "00"
            "fffffffe"
            "fffffffe"
            "ffffffff"
            "01"
            "ffffffff");
}

TEST_F(PrepMultiTest, RepliesByKindOfPart) {
  harness_.time_ms = 0x0102030405060708;
  ASSERT_EQ(Run({Create("/m"),
                 {OpCode::kCreate2, CreateBody("/m2")},
                 {OpCode::kCreateContainer, CreateBody("/mc", "", 4)},
                 {OpCode::kCreateTtl, CreateTtlBody("/mt", 1000)},
                 Set("/m", "xyz"),
                 Check("/m", 1),
                 Delete("/m2")}),
            kOk);
  EXPECT_EQ(Types(), (Expected{{1, 0}, {1, 0}, {19, 0}, {21, 0}, {5, 0}, {13, 0}, {2, 0}}));
  const std::string zxid = "0000000000000002";
  const std::string time = "0102030405060708";
  const std::string fresh = zxid + zxid + time + time + "000000000000000000000000" +
                            "0000000000000000" + "00000000" + "00000000" + zxid;
  EXPECT_EQ(Reply(),
            "00000001"
            "00"
            "00000000"
            "000000022f6d"
            "00000001"
            "00"
            "00000000"
            "000000032f6d32"
            "0000000f"
            "00"
            "00000000"
            "000000032f6d63" +
                fresh +
                "0000000f"
                "00"
                "00000000"
                "000000032f6d74" +
                fresh +
                "00000005"
                "00"
                "00000000" +
                zxid + zxid + time + time +
                "000000010000000000000000"
                "0000000000000000"
                "00000003"
                "00000000" +
                zxid +
                "0000000d"
                "00"
                "00000000"
                "00000002"
                "00"
                "00000000"
                "ffffffff"
                "01"
                "ffffffff");
  EXPECT_EQ(changes_, 6u);
}

TEST_F(PrepMultiTest, EmptyMultiTakesAZxid) {
  ASSERT_EQ(harness_.Run(OpCode::kMulti, FromHex("ffffffff 01 ffffffff")), kOk);
  EXPECT_EQ(ToHex(harness_.Body()), "00000000");
  EXPECT_EQ(Reply(),
            "ffffffff"
            "01"
            "ffffffff");
  EXPECT_EQ(harness_.db->last_processed, Zxid(2));
}

TEST_F(PrepMultiTest, WhatIsNoMultiFailsAsAWhole) {
  const std::string end = FromHex("ffffffff 01 ffffffff");
  struct Row {
    const char* name;
    std::string body;
  };
  for (const Row& row : {
           Row{"nothing", ""},
           Row{"no end", MultiBody({Create("/x")}).substr(0, 52)},
           Row{"end cut off", end.substr(0, 8)},
           Row{"read", MultiBody({{OpCode::kGetData, VersionBody("/a")}})},
           Row{"setACL", MultiBody({{OpCode::kSetAcl, test::SetAclBody("/a", test::OpenAcls())}})},
           Row{"deleteContainer", MultiBody({{OpCode::kDeleteContainer, VersionBody("/a")}})},
           Row{"nested", MultiBody({{OpCode::kMulti, MultiBody({Create("/x")})}})},
           Row{"unknown", MultiBody({{static_cast<OpCode>(99), ""}})},
           Row{"part cut off", MultiBody({Create("/x"), {OpCode::kSetData, "ab"}})},
           Row{"null path", MultiBody({Create("/x"), {OpCode::kDelete, VersionBody({})}})},
           Row{"TTL flags without a TTL", MultiBody({Create("/x"), Create("/t", "", 5)})},
           Row{"null path of create", MultiBody({Create("/x"), {OpCode::kCreate, CreateBody({})}})},
       }) {
    EXPECT_EQ(harness_.Run(OpCode::kMulti, row.body), ErrorCode::kMarshallingError) << row.name;
    EXPECT_EQ(harness_.Type(), OpCode::kError) << row.name;
    EXPECT_EQ(harness_.overlay().size(), 0u) << row.name;
    harness_.ApplyAll();
    EXPECT_EQ(harness_.Find("/x"), nullptr) << row.name;
  }
}

TEST_F(PrepMultiTest, FlagsDecideTheKindOfPart) {
  ASSERT_EQ(Run({Create("/k", "", 4),
                 {OpCode::kCreateContainer, CreateBody("/p", "", 0)},
                 {OpCode::kCreate2, CreateBody("/e", "", 1)},
                 {OpCode::kCreateTtl, CreateTtlBody("/q", 5, 0)},
                 {OpCode::kCreateTtl, CreateTtlBody("/t", 5, 6)}}),
            kOk);
  EXPECT_EQ(Types(), (Expected{{19, 0}, {1, 0}, {1, 0}, {1, 0}, {21, 0}}));
  harness_.ApplyAll();
  EXPECT_EQ(harness_.Find("/k")->stat().ephemeral_owner, INT64_MIN);
  EXPECT_EQ(harness_.Find("/p")->stat().ephemeral_owner, 0);
  EXPECT_EQ(harness_.Find("/e")->stat().ephemeral_owner, harness_.session);
  EXPECT_EQ(harness_.Find("/q")->stat().ephemeral_owner, 0);
}

TEST_F(PrepMultiTest, BadFlagsAreThePartsError) {
  for (const int32_t flags : {7, -1}) {
    ASSERT_EQ(Run({Create("/x", "", flags), Create("/y")}), kOk);
    EXPECT_EQ(Types(), (Expected{{-1, -8}, {-1, -2}})) << flags;
  }
}

TEST_F(PrepMultiTest, PartsSeeEarlierParts) {
  ASSERT_EQ(Run({Create("/m"), Create("/m/s-", "", 2), Create("/m/s-", "", 2),
                 Delete("/m/s-0000000000"), Set("/m", "1", 0), Check("/m", 1), Set("/m", "2", 1),
                 Delete("/m/s-0000000001"), Delete("/m", 2)}),
            kOk);
  for (const auto& [type, error] : Types()) EXPECT_EQ(error, 0) << type;
  harness_.ApplyAll();
  EXPECT_EQ(harness_.Find("/m"), nullptr);
}

TEST_F(PrepMultiTest, RollbackRestoresWhatWasInFlight) {
  harness_.Run(OpCode::kCreate, CreateBody("/p", "p"));
  harness_.Run(OpCode::kCreate, CreateBody("/p/s-", "", 2));
  const uint64_t digest = harness_.overlay().digest();
  const size_t records = harness_.overlay().size();
  ASSERT_EQ(Run({Create("/p/s-", "", 2), Set("/p", "other"), Delete("/p/s-0000000000"),
                 Set("/a", "x"), Create("/new"), Delete("/none")}),
            kOk);
  EXPECT_EQ(Types().back(), (std::pair<int32_t, int32_t>{-1, -101}));
  EXPECT_EQ(harness_.overlay().digest(), digest);
  EXPECT_EQ(harness_.overlay().size(), records);
  // The counter, the version and the child are as before.
  EXPECT_EQ(harness_.Run(OpCode::kCreate, CreateBody("/p/s-", "", 2)), kOk);
  EXPECT_NE(ToHex(harness_.Body()).find(ToHex("/p/s-0000000001")), std::string::npos);
  EXPECT_EQ(harness_.Run(OpCode::kSetData, SetDataBody("/p", "x", 0)), kOk);
  EXPECT_EQ(harness_.Run(OpCode::kDelete, VersionBody("/p/s-0000000000")), kOk);
  EXPECT_EQ(harness_.Run(OpCode::kSetData, SetDataBody("/a", "x", 0)), kOk);
  harness_.ApplyAll();
}

TEST_F(PrepMultiTest, EveryPartChecksItsRights) {
  Acls read({AclOf(kPermRead, "world", "anyone")});
  ASSERT_EQ(harness_.Do(OpCode::kCreate, CreateBody("/r", "", 0, read)), kOk);
  Acls write({AclOf(kPermWrite, "world", "anyone")});
  ASSERT_EQ(harness_.Do(OpCode::kCreate, CreateBody("/w", "", 0, write)), kOk);
  struct Row {
    Part part;
    int32_t error;
  };
  for (const Row& row :
       {Row{Create("/r/x"), -102}, Row{Set("/r", ""), -102}, Row{Delete("/r/x"), -102},
        Row{Check("/r", 0), 0}, Row{Check("/w", 0), -102}, Row{Check("/none"), -101},
        Row{Check("none"), -8}, Row{Check("/r", 3), -103}}) {
    ASSERT_EQ(Run({row.part}), kOk);
    EXPECT_EQ(Types()[0].second, row.error);
  }
}

TEST_F(PrepMultiTest, ClosingSessionFailsTheFirstPart) {
  harness_.session_error = ErrorCode::kSessionExpired;
  ASSERT_EQ(Run({Create("/x"), Check("/a")}), kOk);
  EXPECT_EQ(Types(), (Expected{{-1, -112}, {-1, -2}}));
}

}  // namespace
}  // namespace zk
