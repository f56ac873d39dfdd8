// SPDX-License-Identifier: Apache-2.0
//
// PrepHarness: prep, overlay and tree without a Replica around them.
//
// Place: tests of the pipeline. Threads: one.
// Invariant: Apply() fails the test when a transaction meets another tree than prep foresaw.
#pragma once

#include <gtest/gtest.h>

#include <deque>
#include <memory>
#include <string>
#include <string_view>

#include "common/server_config.h"
#include "server/core/pipeline/apply.h"
#include "server/core/pipeline/overlay.h"
#include "server/core/pipeline/prep.h"
#include "server/core/pipeline/txn_codec.h"
#include "server/core/tree/database.h"
#include "tests/core/pipeline/requests.h"

namespace zk::test {

class PrepHarness {
 public:
  PrepHarness() { Reset(); }

  // A fresh tree, by what `config` says now.
  void Reset() {
    prep_.reset();
    overlay_.reset();
    in_flight.clear();
    db = std::make_unique<Database>(TreeOptions{.extended_types = config.extended_types,
                                                .emulate_353_ttl = config.emulate_353_ttl,
                                                .digest = config.digest_enabled});
    overlay_ = std::make_unique<Overlay>(db->tree, 1);
    prep_ = std::make_unique<Prep>(db->tree, *overlay_, config);
    zxid = Zxid();
  }

  // Makes the transaction, which is then in flight.
  ErrorCode Run(OpCode op, std::string_view body) {
    zxid = zxid.Next();
    std::string payload;
    const ErrorCode error = prep_->Run({.session = session,
                                        .cxid = cxid,
                                        .op = op,
                                        .body = body,
                                        .auth = &ids,
                                        .zxid = zxid,
                                        .time_ms = time_ms,
                                        .session_error = session_error},
                                       payload);
    in_flight.push_back(payload);
    return error;
  }
  // Applies the oldest transaction in flight.
  ApplyResult Apply(ApplySink* sink = nullptr) {
    DecodedTxn txn;
    EXPECT_EQ(DecodeTxn(in_flight.front(), txn), TxnDecode::kOk);
    EXPECT_TRUE(txn.trailing.empty());
    const ApplyResult result = ApplyTxn(*db, txn, sink);
    EXPECT_FALSE(result.tolerated);
    const bool single_error = txn.type() == OpCode::kError;
    EXPECT_EQ(result.digest,
              config.digest_enabled && !single_error ? DigestCheck::kEqual : DigestCheck::kNone)
        << "expected " << result.expected_digest << ", tree " << result.actual_digest;
    overlay_->Applied(txn.zxid());
    overlay_->CheckInvariants(txn.zxid());
    in_flight.pop_front();
    return result;
  }
  void ApplyAll() {
    while (!in_flight.empty()) Apply();
    EXPECT_EQ(overlay_->size(), 0u);
  }
  ErrorCode Do(OpCode op, std::string_view body) {
    const ErrorCode error = Run(op, body);
    ApplyAll();
    return error;
  }
  // The newest transaction's bytes behind the header, without digest.
  std::string Body() const {
    DecodedTxn txn;
    EXPECT_EQ(DecodeTxn(in_flight.back(), txn), TxnDecode::kOk);
    return std::string(txn.body);
  }
  OpCode Type() const {
    DecodedTxn txn;
    EXPECT_EQ(DecodeTxn(in_flight.back(), txn), TxnDecode::kOk);
    return txn.type();
  }
  const Node* Find(std::string_view path) const { return db->tree.Find(path); }
  Overlay& overlay() { return *overlay_; }
  Prep& prep() { return *prep_; }

  ServerConfig config;
  std::unique_ptr<Database> db;
  AuthIds ids{{"ip", "127.0.0.1"}};
  SessionId session = 0x0100000000000001;
  int32_t cxid = 7;
  int64_t time_ms = 1'700'000'000'000;
  ErrorCode session_error = ErrorCode::kOk;
  Zxid zxid;
  std::deque<std::string> in_flight;

 private:
  std::unique_ptr<Overlay> overlay_;
  std::unique_ptr<Prep> prep_;
};

}  // namespace zk::test
