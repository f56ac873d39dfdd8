// SPDX-License-Identifier: Apache-2.0
//
// Database: the state that transactions make: tree, global sessions, last zxid.
//
// Place: built by recovery, changed by pipeline/apply, read by prep, shards and the snapshot.
// Threads: as DataTree. Invariant: last_processed moves only after a whole transaction.
#pragma once

#include <cstdint>
#include <map>

#include "common/types.h"
#include "server/core/tree/data_tree.h"

namespace zk {

struct Database {
  explicit Database(TreeOptions options = {}) : tree(options) {}

  DataTree tree;
  std::map<SessionId, int32_t> sessions;  // timeout in ms, as createSession stored it
  Zxid last_processed;

  // While a fuzzy range is replayed: the digest that the snapshot says holds at `zxid`.
  struct LoadedDigest {
    Zxid zxid;
    uint64_t digest = 0;
  };
  LoadedDigest loaded_digest;  // zxid 0 = none
};

}  // namespace zk
