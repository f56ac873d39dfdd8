// SPDX-License-Identifier: Apache-2.0
//
// LogReader::Judge: what an unreadable place in a log means.
//
// An interrupted write leaves, of the bytes it covered, any set of sectors; those that did not
// arrive are as before, which for a log is zeros. All records of a group go down in one write, so
// that good ones may stand behind a hole. Rot and misplaced writes change bytes to something else,
// or hit what was synced long before. So: good records behind the unreadable place mean damage,
// unless a sector of zeros explains it and everything behind it fits into one write.
#include <algorithm>

#include "jute/decoder.h"
#include "jute/encoder.h"
#include "server/core/pipeline/txn_codec.h"
#include "server/storage/log_format.h"
#include "server/storage/log_reader.h"

namespace zk::storage {
namespace {

constexpr uint64_t kScanStep = 64 << 10;
// A hostile file could make every offset look like a record: after this many bytes checked in vain
// the answer is "damaged".
constexpr uint64_t kScanBudget = 64 << 20;

// The header every log file starts with.
std::string ExpectedHeader() {
  std::string header;
  jute::Encoder out(header);
  out.Int(kLogMagic);
  out.Int(kLogVersion);
  out.Long(0);
  return header;
}

}  // namespace

Result<LogVerdict> LogReader::Judge() {
  if (!status_.ok()) return status_;
  if (end_ == LogEnd::kBadHeader) {
    const size_t size = std::min<uint64_t>(size_, kLogHeaderSize);
    if (!Fetch(0, size)) return status_;
    const bool begun = ExpectedHeader().starts_with(View(0, size));
    const bool absent = AllZeros(0, size);
    if (!begun && !absent) return LogVerdict::kDamaged;
  } else if (AllZeros(offset_, size_)) {
    return LogVerdict::kClean;
  }
  const bool torn = status_.ok() && LooksTorn();
  if (!status_.ok()) return status_;
  return torn ? LogVerdict::kTorn : LogVerdict::kDamaged;
}

// True if every good record behind offset_ stands behind a hole that an interrupted write can
// leave, all within the reach of one write.
bool LogReader::LooksTorn() {
  uint64_t hole = offset_;
  while (const uint64_t good = FindRecord(hole + 1)) {
    if (!IsHole(hole, good)) return false;
    hole = good;
    for (LogRecord record; Parse(hole, record) == LogEnd::kNone;) hole = record.end;
    if (!status_.ok() || hole - offset_ > options_.max_torn_bytes) return false;
  }
  return status_.ok();
}

// Only what is newer than the last good record counts: a znode may hold a copy of an old log.
uint64_t LogReader::FindRecord(uint64_t from) {
  uint64_t checked = 0;
  for (uint64_t at = from; at + kRecordOverhead + kTxnHeaderSize <= size_; at++) {
    const size_t step = std::min<uint64_t>(kScanStep, size_ - at);
    if (!Fetch(at, step)) return 0;
    const size_t zeros = std::min(View(at, step).find_first_not_of('\0'), step);
    if (zeros >= kRecordPrefixSize) {
      at += zeros - kRecordPrefixSize;  // no record starts with so many
      continue;
    }
    LogRecord record;
    const LogEnd end = Parse(at, record);
    if (!status_.ok()) return 0;
    if (end == LogEnd::kNone && record.zxid > last_) return at;
    if (end == LogEnd::kBadChecksum) checked += record.payload.size();
    if (checked > kScanBudget) return at;
  }
  return 0;
}

// True if what lies between `hole` and the good record behind it lacks a sector.
bool LogReader::IsHole(uint64_t hole, uint64_t good) {
  const uint64_t first = hole / kSectorSize * kSectorSize;
  for (uint64_t sector = first; sector < good; sector += kSectorSize) {
    const uint64_t from = std::max(sector, hole);
    const uint64_t to = std::min(sector + kSectorSize, size_);
    // A record's first bytes are zeros anyway: that little proves nothing.
    if (to - from >= kRecordPrefixSize && AllZeros(from, to)) return true;
  }
  return PrefixLost(hole, good, first + kSectorSize);
}

// True if the record from `hole` to `good` is whole but for the part of its checksum and length
// that lies before `boundary`, the end of a sector.
bool LogReader::PrefixLost(uint64_t hole, uint64_t good, uint64_t boundary) {
  const uint64_t size = good - hole;
  if (boundary - hole >= kRecordPrefixSize || size > options_.max_record + kRecordOverhead ||
      size < kTxnHeaderSize + kRecordOverhead || !Fetch(hole, size)) {
    return false;
  }
  const std::string_view record = View(hole, size);
  const std::string_view payload = record.substr(kRecordPrefixSize, size - kRecordOverhead);
  std::string prefix;
  jute::Encoder out(prefix);
  out.Long(Adler32(payload));
  out.Int(static_cast<int32_t>(payload.size()));
  prefix.replace(0, boundary - hole, boundary - hole, '\0');
  return record.starts_with(prefix) && record.back() == kEndOfRecord;
}

}  // namespace zk::storage
