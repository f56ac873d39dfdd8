// SPDX-License-Identifier: Apache-2.0
#include "server/storage/durable_mark.h"

#include <zlib.h>

#include <utility>

#include "common/log.h"
#include "jute/decoder.h"
#include "jute/encoder.h"

namespace zk::storage {
namespace {

constexpr char kFileName[] = "durable.mark";
constexpr size_t kSlotSize = 512;
constexpr int32_t kMagic = 0x5356'4d4b;  // "SVMK"
constexpr int32_t kVersion = 1;

struct Slot {
  uint64_t generation = 0;
  Mark mark;
};

int64_t Checksum(std::string_view bytes) {
  return static_cast<int64_t>(
      crc32(0, reinterpret_cast<const Bytef*>(bytes.data()), static_cast<uInt>(bytes.size())));
}

std::string EncodeSlot(const Slot& slot) {
  std::string bytes;
  jute::Encoder out(bytes);
  out.Int(kMagic);
  out.Int(kVersion);
  out.Long(static_cast<int64_t>(slot.generation));
  out.Long(slot.mark.file.value);
  out.Long(static_cast<int64_t>(slot.mark.offset));
  out.Long(slot.mark.last.value);
  out.Long(Checksum(bytes));
  bytes.resize(kSlotSize);
  return bytes;
}

std::optional<Slot> DecodeSlot(std::string_view bytes) {
  jute::Decoder in(bytes);
  const bool known = in.Int() == kMagic && in.Int() == kVersion;
  Slot slot;
  slot.generation = static_cast<uint64_t>(in.Long());
  slot.mark.file = Zxid(in.Long());
  slot.mark.offset = static_cast<uint64_t>(in.Long());
  slot.mark.last = Zxid(in.Long());
  const size_t covered = bytes.size() - in.remaining();
  const int64_t checksum = in.Long();
  if (!in.ok() || !known || checksum != Checksum(bytes.substr(0, covered))) return std::nullopt;
  return slot;
}

}  // namespace

DurableMark::DurableMark(Disk& disk, std::string dir) : disk_(disk), dir_(std::move(dir)) {}

Result<std::optional<Mark>> DurableMark::Read() {
  auto file = disk_.Open(dir_ + "/" + kFileName, OpenMode::kRead);
  if (file.status().code() == StatusCode::kNotFound) return std::optional<Mark>();
  if (!file.ok()) return file.status();
  std::string bytes;
  if (Status read = (*file)->Read(0, 2 * kSlotSize, bytes); !read.ok()) return read;
  bytes.resize(2 * kSlotSize);
  std::optional<Slot> newest;
  for (const size_t at : {size_t{0}, kSlotSize}) {
    const auto slot = DecodeSlot(std::string_view(bytes).substr(at, kSlotSize));
    if (slot && (!newest || slot->generation > newest->generation)) newest = slot;
  }
  if (!newest) return std::optional<Mark>();
  generation_ = newest->generation;
  return std::optional<Mark>(newest->mark);
}

Status DurableMark::Open() {
  if (auto known = Read(); !known.ok()) return known.status();  // goes on from its generation
  const std::string path = dir_ + "/" + kFileName;
  if (disk_.Exists(path)) {
    auto file = disk_.Open(path, OpenMode::kReadWrite);
    if (!file.ok()) return file.status();
    file_ = std::move(*file);
    return Status::Ok();
  }
  auto file = disk_.Open(path, OpenMode::kCreate);
  if (!file.ok()) return file.status();
  // Whole from the start, so that an update never needs space.
  if (Status s = (*file)->Write(0, std::string(2 * kSlotSize, '\0')); !s.ok()) return s;
  if (Status s = (*file)->Sync(); !s.ok()) return s;
  if (Status s = disk_.SyncDir(dir_); !s.ok()) return s;
  file_ = std::move(*file);
  return Status::Ok();
}

Status DurableMark::Update(const Mark& mark) {
  if (given_up_) return Status::Ok();
  if (file_ == nullptr) {
    if (Status s = Open(); !s.ok()) return GiveUp(s);
  }
  generation_++;
  const Status s = file_->Write(generation_ % 2 * kSlotSize,
                                EncodeSlot({.generation = generation_, .mark = mark}));
  return s.ok() ? s : GiveUp(s);
}

Status DurableMark::Sync() {
  if (given_up_ || file_ == nullptr) return Status::Ok();
  const Status s = file_->Sync();
  return s.ok() ? s : GiveUp(s);
}

Status DurableMark::GiveUp(Status status) {
  given_up_ = true;
  file_.reset();
  LOG(WARNING) << dir_ << "/" << kFileName << ": " << status.message()
               << "; until the next start a damaged end of the log may be taken for a torn one";
  return status;
}

}  // namespace zk::storage
