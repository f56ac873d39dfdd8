// SPDX-License-Identifier: Apache-2.0
//
// Requests about watches: addWatch, checkWatches, removeWatches, setWatches.
//
// Place: reads of a shard. Threads: the shard's loop, under its guard.
// Invariant: setWatches runs a part of its paths at a time; until it is done nothing behind it on
// its connection runs, and its reply comes after all its events. Source: client-server protocol,
// "Removal" and "setWatches / setWatches2".
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "common/error_code.h"
#include "common/proto/opcode.h"
#include "server/core/shard/reads.h"

namespace zk {

ErrorCode AddWatch(std::string_view body, const ReadContext& context, std::string& out);
ErrorCode CheckWatches(std::string_view body, const ReadContext& context);
ErrorCode RemoveWatches(std::string_view body, const ReadContext& context);

// Where a setWatches stands between two sections.
struct SetWatchesCursor {
  uint32_t offset = 0;  // in the body; 0 = not begun
  uint8_t list = 0;     // data, exist, child, persistent, recursive
  uint32_t left = 0;    // paths of this list
};

// Whether every list is there, and every path in it, before anything is done.
bool IsSetWatchesBody(OpCode op, std::string_view body);

// Runs up to `max_paths` (at least 1) further paths of a checked body; appends notification frames
// and counts them. True when it is done: the reply is due.
bool RunSetWatches(OpCode op, std::string_view body, size_t max_paths, const ReadContext& context,
                   SetWatchesCursor& cursor, std::string& out, size_t& notifications,
                   size_t& paths_run);

}  // namespace zk
