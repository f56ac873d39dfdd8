// SPDX-License-Identifier: Apache-2.0
//
// ApplyTxn: the one way a transaction changes the Database, live and in replay.
//
// Place: called by Replica::Publish with a sink, by recovery without one. Threads: as Database.
// Invariants:
//   1. It is tolerant as Java is (storage format, "Apply rules"): a transaction that meets a state
//      which already has its effect, or lacks what it names, does what it can and reports an error
//      code; so a log suffix may be replayed over a fuzzy snapshot.
//   2. db.last_processed moves once, after the whole transaction; it never goes back.
//   3. A multi with a failed sub-transaction changes nothing.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

#include "common/error_code.h"
#include "common/proto/opcode.h"
#include "server/core/batch.h"
#include "server/core/pipeline/txn_codec.h"
#include "server/core/tree/database.h"

namespace zk {

// Where a live transaction leaves what shards must hear. Both parts go to `batch`: changes with
// their paths, and the reply body (appended to the arena; ApplyResult says where). Keep one and
// reuse it.
struct ApplySink {
  Batch* batch = nullptr;  // never null
  bool build_changes = true;
  bool build_reply = true;
  // Of the request: decides the form of a create's reply. kError: nobody here asked.
  OpCode request_op = OpCode::kError;
  std::string scratch;  // memory of the function
};

enum class DigestCheck {
  kNone,  // the transaction has no digest, or comparing is off (fuzzy range, digests disabled)
  kEqual,
  kMismatch,  // expected (of the transaction) != actual (of the tree): report, go on
};

struct ApplyResult {
  // What the client is told. A multi is always kOk: its failure is in the body.
  ErrorCode error = ErrorCode::kOk;
  // The rule of invariant 1 was needed: a part found no node, no parent, or the node already there.
  // Cannot happen where the log follows an exact snapshot.
  bool tolerated = false;
  DigestCheck digest = DigestCheck::kNone;
  uint64_t expected_digest = 0;
  uint64_t actual_digest = 0;
  uint32_t body_offset = 0;  // in batch->arena
  uint32_t body_size = 0;
};

// `sink` may be null (replay). Never fails as a whole.
ApplyResult ApplyTxn(Database& db, const DecodedTxn& txn, ApplySink* sink);

}  // namespace zk
