// SPDX-License-Identifier: Apache-2.0
#include "server/storage/replay.h"

#include <algorithm>
#include <utility>

#include "server/storage/log_format.h"

namespace zk::storage {
namespace {

constexpr size_t kHardenStep = 1 << 20;

constexpr char kWhatToDo[] =
    ". Nothing was changed. Restore the file from a backup; a member of an ensemble may instead be "
    "started with an empty version-2 and take everything from its leader";

}  // namespace

LogReplay::LogReplay(Disk& disk, std::string dir, const Limits& limits, Zxid after)
    : disk_(disk),
      dir_(std::move(dir)),
      reader_options_{.max_record = limits.jute_max_buffer + limits.jute_extra_size,
                      .max_torn_bytes = limits.sync_bytes + limits.jute_max_buffer},
      mark_file_(disk, dir_),
      after_(after),
      last_(after) {}

Status LogReplay::Damage(const std::string& path, uint64_t offset, const std::string& what) const {
  std::string text = path + " at byte " + std::to_string(offset) + ": " + what;
  for (const Cut& cut : cuts_) {
    text += "; " + cut.name + " cannot be read from byte " + std::to_string(cut.offset) + " on";
  }
  return Status::Corruption(text + kWhatToDo);
}

Status LogReplay::Run(const Apply& apply) {
  auto logs = ListLogs(disk_, dir_);
  if (!logs.ok()) return logs.status();
  logs_ = std::move(*logs);
  if (Status s = ReadMark(); !s.ok()) return s;
  for (const LogFile& file : LogsAfter(logs_, after_)) {
    if (Status s = RunFile(file, apply); !s.ok()) return s;
  }
  if (repeated_ > 0) {
    messages_.push_back(dir_ + ": " + std::to_string(repeated_) +
                        " transactions are there twice and were applied twice, as ZooKeeper does");
  }
  return CheckMark();
}

Status LogReplay::ReadMark() {
  auto mark = mark_file_.Read();
  if (!mark.ok()) return mark.status();
  mark_ = *mark;
  if (mark_ && !logs_.empty() && logs_.back().first > mark_->file) {
    messages_.push_back(dir_ + "/durable.mark is not used: another program has written " +
                        logs_.back().name);
    mark_.reset();
  }
  return Status::Ok();
}

Status LogReplay::RunFile(const LogFile& file, const Apply& apply) {
  auto reader = LogReader::Open(disk_, dir_ + "/" + file.name, reader_options_);
  if (!reader.ok()) return reader.status();
  for (LogRecord record; reader->Next(record);) {
    if (record.zxid <= after_) continue;
    if (Status s = CheckOrder(*reader, record); !s.ok()) return s;
    if (Status s = apply(record); !s.ok()) {
      return s.code() == StatusCode::kCorruption
                 ? Damage(reader->path(), record.offset, s.message())
                 : s;
    }
    repeated_ += record.zxid <= last_ ? 1 : 0;
    last_ = std::max(last_, record.zxid);
    replayed_++;
  }
  if (!reader->status().ok()) return reader->status();
  return FinishFile(file, *reader);
}

Status LogReplay::CheckOrder(const LogReader& reader, const LogRecord& record) {
  const Zxid next = last_.Next();
  const bool new_epoch = record.zxid.epoch() > last_.epoch() && record.zxid.counter() <= 1;
  if (record.zxid <= next || new_epoch) return Status::Ok();
  return Damage(reader.path(), record.offset,
                "transaction " + Hex(record.zxid) + " follows " + Hex(last_) + ": " + Hex(next) +
                    (record.zxid.epoch() > last_.epoch() ? " or the first of a new epoch" : "") +
                    " is missing");
}

Status LogReplay::FinishFile(const LogFile& file, LogReader& reader) {
  const auto verdict = reader.Judge();
  if (!verdict.ok()) return verdict.status();
  const std::string why(LogEndText(reader.end()));
  const uint64_t end = reader.offset();
  if (mark_ && mark_->file == file.first && end < mark_->offset && last_ < mark_->last) {
    return Damage(reader.path(), end,
                  why + ", where everything before byte " + std::to_string(mark_->offset) +
                      " was once durable (durable.mark)");
  }
  if (*verdict == LogVerdict::kDamaged) {
    return Damage(reader.path(), end, why + ", with readable transactions behind it");
  }
  const bool torn = *verdict == LogVerdict::kTorn;
  if (torn) {
    cuts_.push_back({file.name, end});
    messages_.push_back(reader.path() + ": cut at byte " + std::to_string(end) + " of " +
                        std::to_string(reader.file_size()) + ", behind " +
                        (reader.last() == Zxid() ? "no transaction" : Hex(reader.last())) + ": " +
                        why + ", a write that was interrupted");
  }
  if (!torn || end > 0) newest_ = {file.name, file.first, end};
  return Status::Ok();
}

Status LogReplay::CheckMark() const {
  if (!mark_ || last_ >= mark_->last) return Status::Ok();
  return Status::Corruption(
      dir_ + ": the log ends with " + Hex(last_) + ", but everything up to " + Hex(mark_->last) +
      " was once durable (durable.mark), so files are missing or older than they were" + kWhatToDo +
      ". If the loss is intended, as after restoring an older backup, remove durable.mark");
}

Status LogReplay::Repair() {
  if (Status s = MakeCuts(); !s.ok()) return s;
  if (Status s = HardenNewest(); !s.ok()) return s;
  if (Status s = disk_.SyncDir(dir_); !s.ok()) return s;
  RenewMark();
  return Status::Ok();
}

Status LogReplay::MakeCuts() {
  for (const Cut& cut : cuts_) {
    const std::string path = dir_ + "/" + cut.name;
    if (cut.offset == 0) {
      if (Status s = disk_.Remove(path); !s.ok()) return s;
      std::erase_if(logs_, [&](const LogFile& file) { return file.name == cut.name; });
      continue;
    }
    auto file = disk_.Open(path, OpenMode::kReadWrite);
    if (!file.ok()) return file.status();
    if (Status s = (*file)->Truncate(cut.offset); !s.ok()) return s;
    if (Status s = (*file)->Sync(); !s.ok()) return s;
  }
  return Status::Ok();
}

void LogReplay::RenewMark() {
  Mark mark{.file = newest_.first, .offset = newest_.end, .last = last_};
  // The only file that was read is gone: older ones were not needed, but the newest of them is
  // named.
  if (newest_.name.empty() && !logs_.empty()) {
    mark.file = logs_.back().first;
    mark.offset = kLogHeaderSize;
  }
  // A mark that cannot be written has said so; recovery does not need it.
  if (mark_file_.Update(mark).ok()) (void)mark_file_.Sync();
}

// Writes what lies above the mark again, unchanged: pages of a failed sync count as clean, and only
// become durable when they are written once more. Without a mark of this file, be it Java's or be
// it that ours could not be written, nothing of it is known to be durable.
Status LogReplay::HardenNewest() {
  if (newest_.name.empty()) return Status::Ok();
  auto file = disk_.Open(dir_ + "/" + newest_.name, OpenMode::kReadWrite);
  if (!file.ok()) return file.status();
  const bool ours = mark_ && mark_->file == newest_.first;
  std::string bytes;
  for (uint64_t at = ours ? mark_->offset / kSectorSize * kSectorSize : 0; at < newest_.end;
       at += bytes.size()) {
    const size_t size = std::min<uint64_t>(kHardenStep, newest_.end - at);
    if (Status s = (*file)->Read(at, size, bytes); !s.ok()) return s;
    if (bytes.empty()) return Status::Io(dir_ + "/" + newest_.name + ": shorter than it was");
    if (Status s = (*file)->Write(at, bytes); !s.ok()) return s;
  }
  return (*file)->Sync();
}

}  // namespace zk::storage
