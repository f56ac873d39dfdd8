// SPDX-License-Identifier: Apache-2.0
//
// LogReplay: all transactions behind a snapshot, from as many log files as there are, in order, and
// the decision whether the log is whole.
//
// Place: the second half of recovery. Threads: one owner at a time.
// Invariants:
//   1. Zxids go up by one within an epoch, and an epoch starts at 1: anything else is a gap, and
//      refused. (A transaction that comes again is handed out again, as Java does.)
//   2. What cannot be read is cut off only if nothing that may have been acknowledged can be in it:
//      see LogReader::Judge() and durable_mark.h. Else it is damage, and refused.
//   3. Nothing on the disk is changed before Repair(), which comes after all has been judged.
// Source: storage format, "Reading, torn tail".
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "common/limits.h"
#include "common/status.h"
#include "common/types.h"
#include "server/storage/disk.h"
#include "server/storage/durable_mark.h"
#include "server/storage/file_names.h"
#include "server/storage/log_reader.h"

namespace zk::storage {

class LogReplay {
 public:
  // `dir` is the log's version-2 folder; `after` the zxid of the snapshot.
  LogReplay(Disk& disk, std::string dir, const Limits& limits, Zxid after);

  // Hands every record with a zxid above `after` to `apply`, whose bad status ends the run.
  // kCorruption: damage; the message names file, offset and what to do.
  using Apply = std::function<Status(const LogRecord& record)>;
  Status Run(const Apply& apply);

  // Cuts what Run() found torn, and makes everything it read durable: after a process was killed it
  // may be in the memory of the system only, and after a failed sync not even be written again.
  Status Repair();

  Zxid last() const { return last_; }
  uint64_t replayed() const { return replayed_; }
  // One line each, for the log.
  const std::vector<std::string>& messages() const { return messages_; }

 private:
  struct Cut {
    std::string name;
    uint64_t offset = 0;  // 0: the file goes
  };
  struct Newest {
    std::string name;  // empty: there is no log file
    Zxid first;
    uint64_t end = 0;  // behind its last good record
  };

  Status ReadMark();
  Status RunFile(const LogFile& file, const Apply& apply);
  Status CheckOrder(const LogReader& reader, const LogRecord& record);
  Status FinishFile(const LogFile& file, LogReader& reader);
  Status CheckMark() const;
  Status Damage(const std::string& path, uint64_t offset, const std::string& what) const;
  Status MakeCuts();
  Status HardenNewest();
  void RenewMark();

  Disk& disk_;
  const std::string dir_;
  const LogReader::Options reader_options_;
  DurableMark mark_file_;
  std::optional<Mark> mark_;
  Zxid after_;
  Zxid last_;
  uint64_t replayed_ = 0;
  uint64_t repeated_ = 0;
  std::vector<LogFile> logs_;
  Newest newest_;
  std::vector<Cut> cuts_;
  std::vector<std::string> messages_;
};

}  // namespace zk::storage
