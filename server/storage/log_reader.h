// SPDX-License-Identifier: Apache-2.0
//
// LogReader: the records of one log file, one after the other, and how the file ends.
//
// Place: recovery, administration, fuzzing. Threads: one owner at a time.
// Invariants:
//   1. A record is handed out only if length, end mark and checksum are right.
//   2. It never reads a record's bytes past `max_record` and never takes a length on trust.
//   3. It does not go on behind what it cannot read: Judge() looks there, for a verdict only.
// Source: storage format, "Reading, torn tail"; the reasons for the verdict are in log_judge.cc.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "common/limits.h"
#include "common/status.h"
#include "common/types.h"
#include "jute/bytes.h"
#include "server/storage/disk.h"

namespace zk::storage {

struct LogRecord {
  Zxid zxid;
  uint64_t offset = 0;  // of the checksum
  uint64_t end = 0;     // behind the end mark
  jute::Bytes payload;  // valid until the next call of the reader
};

// What the reader met where the next record should be.
enum class LogEnd {
  kNone,       // not there yet
  kEndOfFile,  // the file ends between two records
  kZeros,      // a length of 0: what was written ahead, or a record that did not arrive
  kCut,        // the file ends inside a record
  kBadMark,    // no 'B' behind the payload
  kBadChecksum,
  kBadLength,  // negative, over the limit, or less than a transaction's header
  kBadHeader,  // of the file: too short or not ZKLG
};
std::string_view LogEndText(LogEnd end);

// What the end means.
enum class LogVerdict {
  kClean,  // nothing but zeros behind the last record
  kTorn,   // an end that did not arrive whole: may be cut, unless it is known to have been durable
  kDamaged,  // readable records behind the unreadable place, which no interrupted write explains
};

class LogReader {
 public:
  struct Options {
    size_t max_record = kDefaultLimits.jute_max_buffer + kDefaultLimits.jute_extra_size;
    // The most that one write can have left half done (a group and one record more).
    size_t max_torn_bytes = kDefaultLimits.sync_bytes + kDefaultLimits.jute_max_buffer;
  };
  // kNotFound or kIo. A bad header is an end, not an error.
  static Result<LogReader> Open(Disk& disk, const std::string& path, Options options);
  static Result<LogReader> Open(Disk& disk, const std::string& path) {
    return Open(disk, path, Options());
  }

  // The next record; false at the end: see status() first, then end().
  bool Next(LogRecord& out);
  // Not ok: the disk failed, nothing is known about the rest.
  const Status& status() const { return status_; }
  LogEnd end() const { return end_; }
  // Behind the last good record (0 if not even the header is good).
  uint64_t offset() const { return offset_; }
  Zxid last() const { return last_; }  // of the last good record; 0 = none
  uint64_t file_size() const { return size_; }
  const std::string& path() const { return path_; }

  // Call at the end: looks at what lies behind offset().
  Result<LogVerdict> Judge();

 private:
  LogReader(std::unique_ptr<File> file, std::string path, uint64_t size, Options options)
      : file_(std::move(file)), path_(std::move(path)), size_(size), options_(options) {}

  bool ReadHeader();
  bool StopAt(LogEnd end);
  // Makes [offset, offset + size) readable in window_; false at the end of the file or on errors.
  bool Fetch(uint64_t offset, size_t size);
  std::string_view View(uint64_t offset, size_t size) const;
  LogEnd Parse(uint64_t offset, LogRecord& out);
  bool AllZeros(uint64_t from, uint64_t to);
  // A record behind `from`, at any offset; 0 if there is none.
  uint64_t FindRecord(uint64_t from);
  bool LooksTorn();
  bool IsHole(uint64_t hole, uint64_t good);
  bool PrefixLost(uint64_t hole, uint64_t good, uint64_t boundary);

  std::unique_ptr<File> file_;
  std::string path_;
  uint64_t size_ = 0;
  Options options_;
  Status status_;
  LogEnd end_ = LogEnd::kNone;
  uint64_t offset_ = 0;
  Zxid last_;
  std::string window_;
  uint64_t window_start_ = 0;
};

}  // namespace zk::storage
