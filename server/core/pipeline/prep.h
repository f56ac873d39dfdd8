// SPDX-License-Identifier: Apache-2.0
//
// Prep: turns a request into the transaction that carries it out, or into the one that records why
// not.
//
// Place: Replica, the moment a request arrives; it sees the tree through the overlay, so several
// transactions may be in flight. Threads: as Replica.
// Invariants:
//   1. Run() always makes one transaction and uses up its zxid: a refused request becomes an error
//      transaction, as in Java.
//   2. The order of checks is Java 3.8's, since it decides which error a client sees.
//   3. A refused request leaves the overlay as it was; so does a multi with one refused part.
// Source: client-server protocol, "Exact check order per write op", "Multi"; quorum protocol,
// "Prep".
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "common/acl.h"
#include "common/error_code.h"
#include "common/proto/opcode.h"
#include "common/server_config.h"
#include "common/types.h"
#include "jute/bytes.h"
#include "jute/decoder.h"
#include "server/core/pipeline/overlay.h"
#include "server/core/tree/data_tree.h"

namespace zk {

struct PrepRequest {
  SessionId session = 0;
  int32_t cxid = 0;
  OpCode op = OpCode::kError;
  // The request record. createSession: the timeout; deleteContainer: the bare path, since only the
  // server itself asks for it.
  jute::Bytes body;
  const AuthIds* auth = nullptr;  // never null
  Zxid zxid;                      // the transaction's
  int64_t time_ms = 0;            // wall clock, goes into the transaction
  // What the session check says: kOk, or kSessionExpired for a session that is closing.
  ErrorCode session_error = ErrorCode::kOk;
};

class Prep {
 public:
  // All three outlive it.
  Prep(const DataTree& tree, Overlay& overlay, const ServerConfig& config);

  // Appends header, body and digest to `out`. The result is the code of the error transaction, or
  // kOk; a multi whose parts were refused is kOk, as its header says.
  ErrorCode Run(const PrepRequest& request, std::string& out);

  // False: Java answers kMarshallingError without a transaction (a reconfig that does not decode).
  static bool MakesTxn(OpCode op, jute::Bytes body);
  // The early check of enableEagerACLCheck, against the tree as it is; kOk, kNoAuth or kInvalidAcl.
  // What cannot be decided passes.
  ErrorCode EagerCheck(OpCode op, jute::Bytes body, const AuthIds& auth) const;

 private:
  struct CreateCall;
  struct SubOp {
    OpCode op = OpCode::kError;
    jute::Bytes body;
  };

  // Each appends the transaction's body, and changes the overlay, only if it returns kOk.
  ErrorCode Dispatch(const PrepRequest& r, OpCode op, jute::Bytes body, std::string& out);
  ErrorCode CreateSession(jute::Bytes body, std::string& out);
  ErrorCode CloseSession(const PrepRequest& r, std::string& out);
  ErrorCode Delete(const PrepRequest& r, jute::Bytes body, std::string& out);
  ErrorCode DeleteContainer(jute::Bytes body, std::string& out);
  ErrorCode SetData(const PrepRequest& r, jute::Bytes body, std::string& out);
  ErrorCode SetAcl(const PrepRequest& r, jute::Bytes body, std::string& out);
  ErrorCode Check(const PrepRequest& r, jute::Bytes body, std::string& out);

  // prep_create.cc
  static bool DecodeCreate(OpCode op, jute::Decoder& in, CreateCall& out);
  ErrorCode Create(const PrepRequest& r, OpCode op, jute::Bytes body, std::string& out);
  ErrorCode CheckModeAndTtl(const CreateCall& call) const;
  ErrorCode CreateIn(const PrepRequest& r, const CreateCall& call, const AclRef& acl,
                     std::string& out);
  int64_t OwnerOf(const PrepRequest& r, const CreateCall& call) const;

  // prep_multi.cc
  ErrorCode Multi(const PrepRequest& r, std::string& out);
  bool SplitMulti(jute::Bytes body);
  ErrorCode MultiParts(const PrepRequest& r, std::string& out);
  static OpCode EffectiveOp(OpCode op, jute::Bytes body);

  bool Allowed(const AclRef& acl, const AuthIds& auth, int32_t perm) const;
  // kQuotaExceeded above a hard limit, if quotas are enforced; above a soft one it is said, not
  // often.
  ErrorCode CheckQuota(const PrepRequest& r, std::string_view path, int64_t count_delta,
                       int64_t bytes_delta);
  bool IsEphemeralOwner(int64_t owner) const;

  const DataTree& tree_;
  Overlay& overlay_;
  const ServerConfig& config_;
  int64_t quota_said_ms_ = INT64_MIN;  // wall clock
  // Kept for their memory.
  std::vector<SubOp> sub_ops_;
  std::vector<std::string> paths_;
  std::string sequential_path_;
};

}  // namespace zk
