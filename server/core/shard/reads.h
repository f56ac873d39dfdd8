// SPDX-License-Identifier: Apache-2.0
//
// Reads: requests that a shard answers from the tree and from its own watch table.
//
// Place: called by Shard inside RunSection(). Threads: the shard's loop, under its guard.
// Invariants:
//   1. A read changes nothing but the watch table, and sets a watch only as the table of
//   client-server
//      protocol, "Reads", says: exists also for a missing node, the others on success only.
//   2. What a read appends is the body of its reply; after an error the caller drops it, but for
//      kept bodies (quirk Q7).
//   3. Time is linear in request and reply; nothing recurses.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "common/acl.h"
#include "common/error_code.h"
#include "common/proto/opcode.h"
#include "common/types.h"
#include "server/core/shard/watch_table.h"
#include "server/core/tree/database.h"

namespace zk {

struct ReadContext {
  const Database* db = nullptr;
  const AuthOptions* auth_options = nullptr;
  const AuthIds* ids = nullptr;  // of the caller
  SessionId session = 0;
  uint32_t connection = 0;
  WatchTable* watches = nullptr;
  size_t reply_max = SIZE_MAX;  // a body beyond it is cut short: the caller closes the connection

  // True if the caller may read what has this list.
  bool MayRead(const AclRef& acl) const;
};

struct ReadResult {
  ErrorCode error = ErrorCode::kOk;
  bool keep_body = false;
};

// Every operation of kind kRead but setWatches and setWatches2 (watch_ops.h).
ReadResult RunRead(OpCode op, std::string_view body, const ReadContext& context, std::string& out);

// multi_read.cc: independent getData and getChildren in one request.
ReadResult RunMultiRead(std::string_view body, const ReadContext& context, std::string& out);

// Shared with multiRead: node there and readable, body appended. Watch flags are the caller's.
ErrorCode ReadData(std::string_view path, const ReadContext& context, std::string& out);
ErrorCode ReadChildren(std::string_view path, bool with_stat, const ReadContext& context,
                       std::string& out);

}  // namespace zk
