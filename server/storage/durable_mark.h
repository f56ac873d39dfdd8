// SPDX-License-Identifier: Apache-2.0
//
// The durable mark: how far the log is known to be on the platter, kept beside it.
//
// Place: `durable.mark` in the log's version-2 folder; written by TxnLog, read by recovery. Java
// ignores the file and never purges it (no "log." or "snapshot." in front). Threads: as TxnLog.
// Why: the last record of a log may be unreadable because the power failed while it was written (it
// was never acknowledged: cut it) or because the disk lost it later (it may have been: refuse). Its
// bytes alone do not tell; the mark does.
// Invariants:
//   1. It never claims more than what an fdatasync that returned has covered.
//   2. It may lag. Update() is not synced by itself; it is at each new file, each MiB or so of log,
//      and at each start. What lies above the mark is legal, whatever it is.
//   3. A new log file is announced here, synced, before it is created. So a log file above the
//      marked one was made by another program, and the mark is void.
//   4. Two slots of one sector each are written in turn: a torn write leaves the other.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "common/status.h"
#include "common/types.h"
#include "server/storage/disk.h"

namespace zk::storage {

struct Mark {
  Zxid file;            // first zxid, as in the name, of the newest log file; 0 = there is none
  uint64_t offset = 0;  // everything in that file before it was durable
  Zxid last;            // every transaction up to it was durable, in the log or in a snapshot
  friend bool operator==(const Mark&, const Mark&) = default;
};

class DurableMark {
 public:
  // `dir` is the log's version-2 folder. The file is created on the first Update().
  DurableMark(Disk& disk, std::string dir);

  // The newest intact slot; nothing if there is no file or no intact slot.
  Result<std::optional<Mark>> Read();

  // Writes the older slot. After an error the mark gives itself up: it is older than the log from
  // then on, which recovery sees (invariant 3), and later calls do nothing.
  Status Update(const Mark& mark);
  // Makes the last Update() durable.
  Status Sync();

 private:
  Status Open();
  Status GiveUp(Status status);

  Disk& disk_;
  std::string dir_;
  std::unique_ptr<File> file_;
  uint64_t generation_ = 0;
  bool given_up_ = false;
};

}  // namespace zk::storage
