// SPDX-License-Identifier: Apache-2.0
//
// Recover: from the files of a data directory to the database that they stand for.
//
// Place: at start, before anything is served; by the simulator after every crash; by administration
// with repair off. Threads: none of its own.
// Invariants:
//   1. What was ever acknowledged is in the result, or the answer is an error: never less in
//   silence.
//   2. A refused directory is left as it was found.
//   3. After ok (with repair) everything in the result is durable, no stale byte stands behind the
//      log, and there is at least one whole snapshot, without which Java refuses a directory.
// Source: storage format, "Startup order", "No snapshot found"; testing: "Disk-fault rules".
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "common/server_config.h"
#include "common/status.h"
#include "common/types.h"
#include "server/core/tree/database.h"
#include "server/storage/disk.h"

namespace zk::storage {

struct RecoverOptions {
  bool repair = true;  // false: change nothing on the disk (and write no snapshot)
  // Every file is ours: a transaction that needed Java's tolerance, or a digest that differs, is
  // corruption.
  bool strict = false;
  // Delete ephemerals whose session is not known, as a standalone server and a leader do.
  bool kill_orphans = true;
  uint64_t hash_seed = 0;  // of the tree's index
};

struct Recovered {
  std::unique_ptr<Database> db;  // db->last_processed is the last zxid of the log
  // One line each, for a person: what was cut, skipped, deleted, found different.
  std::vector<std::string> messages;
  Zxid snapshot;          // the one that was loaded; 0 also if there was none
  uint64_t replayed = 0;  // transactions
  // There was nothing, and neither db.autocreate nor the file `initialize` says that this is right.
  // An ensemble's member must not vote; a standalone server should refuse.
  bool uninitialized = false;
};

// kInvalid: the folders are missing or misused (Java's exit code 3). kCorruption: damage, or data
// that the settings do not allow to use; the message says what to do. kIo, kNoSpace: the disk. Logs
// are appended by a TxnLog in VersionDir(data_log_dir), always to a new file.
Result<Recovered> Recover(Disk& disk, const ServerConfig& config, const RecoverOptions& options);

}  // namespace zk::storage
