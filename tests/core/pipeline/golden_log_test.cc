// SPDX-License-Identifier: Apache-2.0
//
// A log that Java 3.8.0 wrote, twice: its transactions are applied and must give Java's digests;
// and the requests behind them are prepared and must give Java's bytes.
#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <sstream>
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

// Payloads of a log file, in order.
std::vector<std::string> Payloads(const std::string& name) {
  std::ifstream file("tests/golden/standalone/" + name, std::ios::binary);
  std::stringstream text;
  text << file.rdbuf();
  const std::string bytes = text.str();
  EXPECT_GT(bytes.size(), 16u) << name;
  std::vector<std::string> result;
  jute::Decoder in(std::string_view(bytes).substr(std::min<size_t>(16, bytes.size())));
  for (;;) {
    in.Long();  // checksum
    const jute::Buffer payload = in.NullableBuffer();
    if (in.Byte() != 0x42 || !in.ok()) break;
    result.emplace_back(payload.bytes());
  }
  return result;
}

std::vector<std::string> AllPayloads() {
  std::vector<std::string> all = Payloads("log.1");
  for (std::string& payload : Payloads("log.58")) all.push_back(std::move(payload));
  EXPECT_EQ(all.size(), 101u);
  return all;
}

DecodedTxn Decoded(const std::string& payload) {
  DecodedTxn txn;
  EXPECT_EQ(DecodeTxn(payload, txn), TxnDecode::kOk);
  return txn;
}

TEST(GoldenLog, AppliedItGivesJavasDigests) {
  Database db(TreeOptions{.extended_types = true});
  size_t compared = 0;
  for (const std::string& payload : AllPayloads()) {
    const DecodedTxn txn = Decoded(payload);
    const ApplyResult result = ApplyTxn(db, txn, nullptr);
    EXPECT_FALSE(result.tolerated) << Hex(txn.zxid());
    EXPECT_NE(result.digest, DigestCheck::kMismatch) << Hex(txn.zxid());
    compared += result.digest == DigestCheck::kEqual;
  }
  EXPECT_GT(compared, 90u);
  EXPECT_EQ(db.last_processed, Zxid(0x65));
  std::vector<int32_t> timeouts;
  for (const auto& [id, timeout] : db.sessions) timeouts.push_back(timeout);
  EXPECT_EQ(timeouts, (std::vector<int32_t>{60000, 50000, 45000}));
}

// Applied again to where it led, any suffix of a log changes nothing that its digests see, as long
// as it does not hold what a later part undoes: here the suffix of setData, setACL and creates.
TEST(GoldenLog, ReplayedOverItselfItEndsTheSame) {
  const std::vector<std::string> payloads = AllPayloads();
  Database db(TreeOptions{.extended_types = true});
  for (const std::string& payload : payloads) ApplyTxn(db, Decoded(payload), nullptr);
  const uint64_t digest = db.tree.digest();
  const size_t nodes = db.tree.node_count();
  for (size_t from = payloads.size(); from-- > payloads.size() - 14;) {
    for (size_t i = from; i < payloads.size(); i++) ApplyTxn(db, Decoded(payloads[i]), nullptr);
    EXPECT_EQ(db.tree.digest(), digest) << "from record " << from;
    EXPECT_EQ(db.tree.node_count(), nodes);
    EXPECT_EQ(db.last_processed, Zxid(0x65));
  }
}

std::string CreateRequestOf(OpCode type, std::string_view body) {
  jute::Decoder in(body);
  const jute::Buffer path = in.NullableBuffer();
  const jute::Buffer data = in.NullableBuffer();
  test::Acls acl;
  jute::DecodeField(acl, in);
  const bool ephemeral = (type == OpCode::kCreate || type == OpCode::kCreate2) && in.Bool();
  in.Int();  // parentCVersion: what is to be found out
  const int32_t flags = type == OpCode::kCreateContainer ? 4
                        : type == OpCode::kCreateTtl     ? 5
                        : ephemeral                      ? 1
                                                         : 0;
  std::string request = CreateBody(path, data, flags, acl);
  if (type == OpCode::kCreateTtl) jute::Encoder(request).Long(in.Long());
  return request;
}

// A request that fails with `error`.
Part RequestThatFails(ErrorCode error) {
  switch (error) {
    case ErrorCode::kNodeExists:
      return {OpCode::kCreate, CreateBody("/a")};
    case ErrorCode::kNoNode:
      return {OpCode::kDelete, VersionBody("/nope")};
    case ErrorCode::kBadVersion:
      return {OpCode::kSetData, SetDataBody("/a", "", 4711)};
    case ErrorCode::kNotEmpty:
      return {OpCode::kDelete, VersionBody("/d")};
    case ErrorCode::kNoAuth:
      return {OpCode::kSetData, SetDataBody("/zookeeper/config", "")};
    default:
      ADD_FAILURE() << ErrorCodeName(error);
      return {OpCode::kDelete, ""};
  }
}

// A request that gives this transaction: names that Java made are asked for as they came out.
std::string RequestOf(OpCode type, std::string_view body) {
  jute::Decoder in(body);
  switch (type) {
    case OpCode::kDelete:
      return VersionBody(in.NullableBuffer());
    case OpCode::kCheck:
      return VersionBody(in.NullableBuffer());
    case OpCode::kSetData: {
      const jute::Buffer path = in.NullableBuffer();
      return SetDataBody(path, in.NullableBuffer());
    }
    case OpCode::kSetAcl: {
      const jute::Buffer path = in.NullableBuffer();
      test::Acls acl;
      jute::DecodeField(acl, in);
      return test::SetAclBody(path, acl);
    }
    case OpCode::kCreateSession:
      return std::string(body);
    case OpCode::kCloseSession:
      return "";
    default:
      return CreateRequestOf(type, body);
  }
}

std::string MultiRequestOf(std::string_view body) {
  std::vector<Part> parts;
  jute::Decoder in(body);
  for (int32_t n = in.Int(); n > 0; n--) {
    const auto type = static_cast<OpCode>(in.Int());
    const std::string_view part = in.NullableBuffer().bytes();
    if (type == OpCode::kError) {
      const auto error = static_cast<ErrorCode>(jute::Decoder(part).Int());
      const bool behind = error == ErrorCode::kRuntimeInconsistency;
      parts.push_back(RequestThatFails(behind ? ErrorCode::kNoNode : error));
    } else {
      parts.emplace_back(type, RequestOf(type, part));
    }
  }
  return MultiBody(parts);
}

// Java lists a session's ephemerals in the order of a hash set: here the paths are sorted.
std::string Sorted(const std::string& payload) {
  const DecodedTxn txn = Decoded(payload);
  proto::CloseSessionTxn close;
  if (txn.type() != OpCode::kCloseSession || !DecodeCloseSessionTxn(txn.body, close))
    return payload;
  std::sort(close.paths2Delete.items.begin(), close.paths2Delete.items.end(),
            [](const auto& a, const auto& b) { return a.bytes() < b.bytes(); });
  std::string result;
  EncodeTxn(txn.header, close, txn.digest, result);
  return result;
}

TEST(GoldenLog, PreparedItGivesJavasBytes) {
  PrepHarness harness;
  harness.config.extended_types = true;
  harness.Reset();
  Random lag(5);
  for (const std::string& payload : AllPayloads()) {
    const DecodedTxn txn = Decoded(payload);
    Part request{txn.type(), ""};
    if (txn.type() == OpCode::kError) {
      request = RequestThatFails(static_cast<ErrorCode>(jute::Decoder(txn.body).Int()));
    } else if (txn.type() == OpCode::kMulti) {
      request.second = MultiRequestOf(txn.body);
    } else {
      request.second = RequestOf(txn.type(), txn.body);
    }
    harness.session = txn.header.clientId;
    harness.cxid = txn.header.cxid;
    harness.time_ms = txn.header.time;
    harness.zxid = Zxid(txn.header.zxid - 1);
    harness.ids = {{"super", ""}};
    if (txn.type() == OpCode::kError) harness.ids.clear();
    harness.Run(request.first, request.second);
    EXPECT_EQ(test::ToHex(Sorted(harness.in_flight.back())), test::ToHex(Sorted(payload)))
        << Hex(txn.zxid());
    while (harness.in_flight.size() > lag.Uniform(10)) harness.Apply();
  }
  harness.ApplyAll();
}

}  // namespace
}  // namespace zk
