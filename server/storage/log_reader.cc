// SPDX-License-Identifier: Apache-2.0
#include "server/storage/log_reader.h"

#include <algorithm>
#include <utility>

#include "common/proto/txn.h"
#include "jute/decoder.h"
#include "jute/encoder.h"
#include "jute/record.h"
#include "server/core/pipeline/txn_codec.h"
#include "server/storage/log_format.h"

namespace zk::storage {
namespace {

constexpr size_t kWindow = 256 << 10;
// Offset of the zxid in a transaction's header.
constexpr size_t kZxidAt = 12;

bool IsZero(std::string_view bytes) {
  return bytes.find_first_not_of('\0') == std::string_view::npos;
}

}  // namespace

std::string_view LogEndText(LogEnd end) {
  switch (end) {
    case LogEnd::kNone:
      return "not at its end";
    case LogEnd::kEndOfFile:
      return "end of file";
    case LogEnd::kZeros:
      return "no record";
    case LogEnd::kCut:
      return "record cut by the end of the file";
    case LogEnd::kBadMark:
      return "record without its end mark";
    case LogEnd::kBadChecksum:
      return "record with a wrong checksum";
    case LogEnd::kBadLength:
      return "record of an impossible length";
    case LogEnd::kBadHeader:
      return "no log file header";
  }
  return "unknown";
}

Result<LogReader> LogReader::Open(Disk& disk, const std::string& path, Options options) {
  auto file = disk.Open(path, OpenMode::kRead);
  if (!file.ok()) return file.status();
  const auto size = (*file)->Size();
  if (!size.ok()) return size.status();
  LogReader reader(std::move(*file), path, *size, options);
  if (!reader.ReadHeader() && !reader.status_.ok()) return reader.status_;
  return reader;
}

bool LogReader::ReadHeader() {
  if (!Fetch(0, kLogHeaderSize)) return status_.ok() && StopAt(LogEnd::kBadHeader);
  proto::FileHeader header;
  if (!jute::Decode(View(0, kLogHeaderSize), header) || header.magic != kLogMagic) {
    return StopAt(LogEnd::kBadHeader);
  }
  offset_ = kLogHeaderSize;
  return true;
}

bool LogReader::StopAt(LogEnd end) {
  end_ = end;
  return false;
}

bool LogReader::Fetch(uint64_t offset, size_t size) {
  if (offset > size_ || size > size_ - offset) return false;
  const bool inside = offset >= window_start_ && offset + size <= window_start_ + window_.size();
  if (inside) return true;
  window_start_ = offset;
  status_ = file_->Read(offset, std::max(size, kWindow), window_);
  if (!status_.ok()) return false;
  if (window_.size() >= size) return true;
  status_ = Status::Io(path_ + ": shorter than it was");
  return false;
}

std::string_view LogReader::View(uint64_t offset, size_t size) const {
  return std::string_view(window_).substr(offset - window_start_, size);
}

// kNone: `out` is a good record at `offset`. With status() not ok the answer means nothing.
LogEnd LogReader::Parse(uint64_t offset, LogRecord& out) {
  const uint64_t left = size_ - offset;
  if (left == 0) return LogEnd::kEndOfFile;
  if (left < kRecordPrefixSize) return AllZeros(offset, size_) ? LogEnd::kZeros : LogEnd::kCut;
  if (!Fetch(offset, kRecordPrefixSize)) return LogEnd::kCut;
  jute::Decoder prefix(View(offset, kRecordPrefixSize));
  const int64_t checksum = prefix.Long();
  const int32_t length = prefix.Int();
  if (length == 0) return LogEnd::kZeros;
  if (length < static_cast<int32_t>(kTxnHeaderSize)) return LogEnd::kBadLength;
  const auto size = static_cast<size_t>(length);
  if (size > options_.max_record) return LogEnd::kBadLength;
  if (size + kRecordOverhead > left) return LogEnd::kCut;
  if (!Fetch(offset, size + kRecordOverhead)) return LogEnd::kCut;
  const std::string_view record = View(offset, size + kRecordOverhead);
  if (record.back() != kEndOfRecord) return LogEnd::kBadMark;
  out.payload = record.substr(kRecordPrefixSize, size);
  if (Adler32(out.payload) != checksum) return LogEnd::kBadChecksum;
  out.zxid = Zxid(jute::Decoder(out.payload.substr(kZxidAt)).Long());
  out.offset = offset;
  out.end = offset + size + kRecordOverhead;
  return LogEnd::kNone;
}

bool LogReader::Next(LogRecord& out) {
  if (end_ != LogEnd::kNone || !status_.ok()) return false;
  const LogEnd end = Parse(offset_, out);
  if (!status_.ok()) return false;
  if (end != LogEnd::kNone) return StopAt(end);
  offset_ = out.end;
  last_ = out.zxid;
  return true;
}

bool LogReader::AllZeros(uint64_t from, uint64_t to) {
  while (from < to) {
    const size_t size = std::min<uint64_t>(kWindow, to - from);
    if (!Fetch(from, size)) return false;
    if (!IsZero(View(from, size))) return false;
    from += size;
  }
  return true;
}

}  // namespace zk::storage
