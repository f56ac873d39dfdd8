// SPDX-License-Identifier: Apache-2.0
//
// Batch: what the core tells the shards, in order: changes of the tree, replies, closes.
//
// Place: made by Replica::Publish, read by every Shard::OnBatch. Threads: immutable once published.
// Invariants:
//   1. Items are in zxid order; the changes of an item come before its reply.
//   2. A shard that drains a batch appends events and reply of one item before the next item, so an
//      event is always before any reply that shows newer data.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "common/acl.h"
#include "common/error_code.h"
#include "common/proto/opcode.h"
#include "common/types.h"

namespace zk {

// One changed node, for watches. `path` lives in Batch::arena.
struct Change {
  enum class Kind : uint8_t { kCreated, kDeleted, kDataChanged };
  Kind kind = Kind::kCreated;
  uint32_t path_offset = 0;
  uint32_t path_size = 0;
  AclRef acl;         // of the node: the new one, or the deleted node's
  AclRef parent_acl;  // kCreated and kDeleted only
};

struct BatchItem {
  enum class Kind : uint8_t {
    kTxn,           // changes, and the reply if `origin` is valid
    kReply,         // a reply without a transaction (sync, an early error)
    kSessionReply,  // ConnectResponse: session, timeout_ms, password in body; timeout_ms 0 =
                    // refused
    kClose,         // flush what the connection has and close it
  };
  Kind kind = Kind::kTxn;
  Origin origin;  // whom it answers; invalid if nobody here asked
  int32_t xid = 0;
  OpCode op = OpCode::kError;  // of the request, for statistics
  ErrorCode error = ErrorCode::kOk;
  Zxid zxid;  // for the reply header: the last zxid processed when the item was made
  SessionId session = 0;
  int32_t timeout_ms = 0;
  uint32_t changes_begin = 0;  // [begin, end) in Batch::changes
  uint32_t changes_end = 0;
  uint32_t body_offset = 0;  // in Batch::arena
  uint32_t body_size = 0;
  bool close_after = false;  // closeSession: reply, flush, close
};

struct Batch {
  std::vector<BatchItem> items;
  std::vector<Change> changes;
  std::string arena;  // paths and reply bodies
  Zxid last_processed;

  std::string_view PathOf(const Change& c) const {
    return std::string_view(arena).substr(c.path_offset, c.path_size);
  }
  std::string_view BodyOf(const BatchItem& i) const {
    return std::string_view(arena).substr(i.body_offset, i.body_size);
  }
  bool empty() const { return items.empty(); }
  void Clear() {
    items.clear();
    changes.clear();
    arena.clear();
  }
};

}  // namespace zk
