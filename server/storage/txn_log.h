// SPDX-License-Identifier: Apache-2.0
//
// TxnLog: writes transactions to log files that Java reads too.
//
// Place: driven by DiskExecutor; log_reader.h reads what it wrote. Threads: one owner at a time
// (the core loop, the log thread or the simulator). Invariants:
//   1. Nothing counts before Sync() returned ok; after any error every later call fails with the
//      same error, because nobody knows what reached the disk.
//   2. A file is created by the first append after the start or a roll, named after its first zxid;
//      a file that was there at the start is never appended to.
//   3. Zeros are written ahead of the records, so that a sync does not have to change the size of
//   the
//      file; nothing but zeros stands behind the last record.
//   4. The durable mark (durable_mark.h) never runs ahead of Sync().
// Source: storage format, "Append, fsync, roll".
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>

#include "common/limits.h"
#include "common/status.h"
#include "common/types.h"
#include "jute/bytes.h"
#include "server/storage/disk.h"
#include "server/storage/durable_mark.h"

namespace zk::storage {

struct LogEntry {
  Zxid zxid;
  jute::Bytes payload;  // header, body, digest; never empty
};

class TxnLog {
 public:
  struct Options {
    std::string dir;  // the version-2 folder; must exist
    // Zeros are written ahead in steps of at most 1 MiB and never further than this; 0: not at all.
    size_t preallocate_bytes = kDefaultLimits.preallocate_bytes;
    int64_t size_limit_bytes = -1;  // Sync() rolls a file that is larger; <= 0: never
    bool force_sync = true;         // false: Sync() trusts the operating system (forceSync=no)
  };

  // `last` is the last zxid that recovery found.
  TxnLog(Disk& disk, Options options, Zxid last);

  // Writes the records one behind the other with one write; zxids must grow.
  Status Append(std::span<const LogEntry> entries);
  // Makes all that was appended durable: one fdatasync, and one of the folder for a new file.
  Status Sync();
  // Syncs what is pending; the next append starts a new file.
  Status Roll();

  Zxid last_appended() const { return last_appended_; }
  Zxid last_durable() const { return last_durable_; }
  // Bytes of records and header in the current file; 0 when there is none.
  uint64_t position() const { return file_ == nullptr ? 0 : position_; }

 private:
  Status AppendToFile(std::span<const LogEntry> entries);
  Status Create(Zxid first);
  Status WriteZerosAhead(uint64_t end);
  Status SyncFile();
  void UpdateMark(bool sync);
  // Keeps the first error for ever.
  Status Note(Status status);

  Disk& disk_;
  Options options_;
  DurableMark mark_;
  Status broken_;
  std::unique_ptr<File> file_;
  Zxid file_first_;
  bool name_durable_ = false;
  bool pending_ = false;    // something was appended since the last Sync()
  bool sync_mark_ = false;  // the mark has not been synced for a step of log
  uint64_t position_ = 0;   // where the next record goes
  uint64_t zeros_end_ = 0;  // from position_ to here the file is zeros
  Zxid last_appended_;
  Zxid last_durable_;
  std::string buffer_;
};

}  // namespace zk::storage
