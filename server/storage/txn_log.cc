// SPDX-License-Identifier: Apache-2.0
#include "server/storage/txn_log.h"

#include <algorithm>
#include <utility>

#include "common/log.h"
#include "common/proto/txn.h"
#include "jute/encoder.h"
#include "jute/record.h"
#include "server/storage/file_names.h"
#include "server/storage/log_format.h"

namespace zk::storage {
namespace {

// Zeros written at once: the sync that covers them is a millisecond or two longer.
constexpr size_t kZeroStep = 1 << 20;
// Java extends its files when less than this is left.
constexpr uint64_t kZeroSlack = 4096;

void AppendRecord(jute::Bytes payload, std::string& out) {
  jute::Encoder encoder(out);
  encoder.Long(Adler32(payload));
  encoder.String(payload);
  encoder.Byte(kEndOfRecord);
}

}  // namespace

TxnLog::TxnLog(Disk& disk, Options options, Zxid last)
    : disk_(disk),
      options_(std::move(options)),
      mark_(disk, options_.dir),
      last_appended_(last),
      last_durable_(last) {}

Status TxnLog::Note(Status status) {
  if (!status.ok() && broken_.ok()) broken_ = status;
  return status;
}

Status TxnLog::Append(std::span<const LogEntry> entries) {
  if (!broken_.ok()) return broken_;
  if (entries.empty()) return Status::Ok();
  return Note(AppendToFile(entries));
}

Status TxnLog::AppendToFile(std::span<const LogEntry> entries) {
  buffer_.clear();
  if (file_ == nullptr) {
    if (Status s = Create(entries[0].zxid); !s.ok()) return s;
    jute::Encode(proto::FileHeader{kLogMagic, kLogVersion, 0}, buffer_);
  }
  for (const LogEntry& entry : entries) {
    CHECK_GT(entry.zxid.value, last_appended_.value) << "the log only grows";
    CHECK(!entry.payload.empty());
    AppendRecord(entry.payload, buffer_);
    last_appended_ = entry.zxid;
  }
  pending_ = true;
  const uint64_t end = position_ + buffer_.size();
  if (Status s = WriteZerosAhead(end); !s.ok()) return s;
  if (Status s = file_->Write(position_, buffer_); !s.ok()) return s;
  position_ = end;
  zeros_end_ = std::max(zeros_end_, end);
  return Status::Ok();
}

Status TxnLog::Create(Zxid first) {
  // Announced first: should we die in between, nothing is taken for Java's (invariant 3 of the
  // mark). A mark that cannot be written is no reason to stop; it has said so.
  if (options_.force_sync &&
      mark_.Update({.file = first, .offset = kLogHeaderSize, .last = last_durable_}).ok()) {
    (void)mark_.Sync();
  }
  auto file = disk_.Open(options_.dir + "/" + LogName(first), OpenMode::kCreate);
  if (!file.ok()) return file.status();
  file_ = std::move(*file);
  file_first_ = first;
  name_durable_ = false;
  position_ = 0;
  zeros_end_ = 0;
  return Status::Ok();
}

// Before the records, so that a record never stands at the very end of the file but for lack of
// space.
Status TxnLog::WriteZerosAhead(uint64_t end) {
  if (options_.preallocate_bytes == 0 || end + kZeroSlack < zeros_end_) return Status::Ok();
  static const std::string zeros(kZeroStep, '\0');
  const size_t step = std::min(options_.preallocate_bytes, kZeroStep);
  // Zeros behind the records only: what the records cover is written once.
  const uint64_t from = std::max(zeros_end_, end);
  const Status s = file_->Write(from, std::string_view(zeros).substr(0, step));
  if (s.code() == StatusCode::kNoSpace) return Status::Ok();  // the records may still fit
  if (!s.ok()) return s;
  zeros_end_ = from + step;
  sync_mark_ = true;
  return Status::Ok();
}

Status TxnLog::Sync() {
  if (!broken_.ok()) return broken_;
  if (!pending_) return Status::Ok();
  if (Status s = Note(SyncFile()); !s.ok()) return s;
  pending_ = false;
  last_durable_ = last_appended_;
  UpdateMark(std::exchange(sync_mark_, false));
  const int64_t limit = options_.size_limit_bytes;
  return limit > 0 && position_ > static_cast<uint64_t>(limit) ? Roll() : Status::Ok();
}

Status TxnLog::SyncFile() {
  if (!options_.force_sync) return Status::Ok();
  if (Status s = file_->Sync(); !s.ok()) return s;
  if (name_durable_) return Status::Ok();
  if (Status s = disk_.SyncDir(options_.dir); !s.ok()) return s;
  name_durable_ = true;
  return Status::Ok();
}

void TxnLog::UpdateMark(bool sync) {
  if (!options_.force_sync) return;  // nothing is known to be durable
  if (!mark_.Update({.file = file_first_, .offset = position_, .last = last_durable_}).ok()) return;
  if (sync) (void)mark_.Sync();
}

Status TxnLog::Roll() {
  if (Status s = Sync(); !s.ok()) return s;
  file_.reset();
  return Status::Ok();
}

}  // namespace zk::storage
