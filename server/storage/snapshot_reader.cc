// SPDX-License-Identifier: Apache-2.0
#include "server/storage/snapshot_reader.h"

#include <algorithm>
#include <utility>

#include "common/proto/data.h"
#include "common/proto/txn.h"
#include "jute/decoder.h"
#include "jute/record.h"
#include "server/storage/byte_stream.h"
#include "server/storage/log_format.h"

namespace zk::storage {
namespace {

using jute::Decoder;

constexpr size_t kNodeTailSize = 8 + 60;  // list id and statistics
constexpr size_t kSealSize = 8 + 5;       // checksum and "/"
constexpr size_t kLastZxidSize = 8;
// Longer than any tail: digest (its oldest form a hex text), last zxid, their seals.
constexpr size_t kTailLimit = 256;
constexpr uint64_t kShortestPlain = 10;
constexpr std::string_view kEndText("\0\0\0\x01/", 5);

class Parser {
 public:
  Parser(std::unique_ptr<ByteSource> source, const std::string& path, const Limits& limits,
         SnapshotVisitor& visitor)
      : source_(std::move(source)),
        path_(path),
        max_field_(limits.jute_max_buffer + limits.jute_extra_size),
        visitor_(visitor) {}

  Result<SnapshotTail> Run() {
    for (const auto part :
         {&Parser::Header, &Parser::Sessions, &Parser::Acls, &Parser::Nodes, &Parser::Tail}) {
      if (Status s = (this->*part)(); !s.ok()) return s;
    }
    return tail_;
  }

 private:
  Status Header();
  Status Sessions();
  Status Acls();
  Status ReadAcl(AclList& list);
  Status Nodes();
  Status Tail();
  Status TailDigest(Decoder& in);
  Status TailSeal(std::string_view rest, Decoder& in);

  Status Corrupt(const std::string& what) const {
    return Status::Corruption(path_ + ": " + what + " (near byte " +
                              std::to_string(consumed_ + at_) + " of the uncompressed data)");
  }
  // Makes `size` bytes readable at at_, or as many as there are.
  Status Fill(size_t size);
  // The same, kCorruption if there are fewer.
  Status Need(size_t size);
  std::string_view View() const { return std::string_view(buffer_).substr(at_); }
  void Take(size_t size) { at_ += size; }
  // A length in front of a field: checked against the limit.
  Status FieldSize(size_t offset, size_t& size);
  // Adler-32 of everything taken so far.
  uint32_t Sum() {
    sum_ = Adler32(std::string_view(buffer_).substr(summed_, at_ - summed_), sum_);
    summed_ = at_;
    return sum_;
  }

  std::unique_ptr<ByteSource> source_;
  const std::string& path_;
  const size_t max_field_;
  SnapshotVisitor& visitor_;
  SnapshotTail tail_;
  std::string buffer_;
  size_t at_ = 0;      // next byte in buffer_
  size_t summed_ = 0;  // bytes of buffer_ that are in sum_
  uint32_t sum_ = 1;
  uint64_t consumed_ = 0;  // bytes in front of buffer_
  bool ended_ = false;
};

Status Parser::Fill(size_t size) {
  if (buffer_.size() - at_ >= size || ended_) return Status::Ok();
  Sum();
  consumed_ += at_;
  buffer_.erase(0, at_);
  at_ = summed_ = 0;
  while (buffer_.size() < size && !ended_) {
    const size_t before = buffer_.size();
    if (Status s = source_->Read(buffer_); !s.ok()) return s;
    ended_ = buffer_.size() == before;
  }
  return Status::Ok();
}

Status Parser::Need(size_t size) {
  if (Status s = Fill(size); !s.ok()) return s;
  return View().size() >= size ? Status::Ok() : Corrupt("the snapshot is cut");
}

Status Parser::Header() {
  if (Status s = Need(kLogHeaderSize); !s.ok()) return s;
  proto::FileHeader header;
  if (!jute::Decode(View(), header) || header.magic != kSnapshotMagic) {
    return Corrupt("this is no snapshot");
  }
  Take(kLogHeaderSize);
  return Status::Ok();
}

Status Parser::Sessions() {
  if (Status s = Need(4); !s.ok()) return s;
  const int32_t count = Decoder(View()).Int();
  Take(4);
  for (int32_t i = 0; i < count; i++) {
    if (Status s = Need(12); !s.ok()) return s;
    Decoder in(View());
    const int64_t session = in.Long();
    if (Status s = visitor_.OnSession(session, in.Int()); !s.ok()) return s;
    Take(12);
  }
  return Status::Ok();
}

Status Parser::Acls() {
  if (Status s = Need(4); !s.ok()) return s;
  const int32_t count = Decoder(View()).Int();
  Take(4);
  for (int32_t i = 0; i < count; i++) {
    if (Status s = Need(8); !s.ok()) return s;
    const int64_t id = Decoder(View()).Long();
    Take(8);
    AclList list;
    if (Status s = ReadAcl(list); !s.ok()) return s;
    if (Status s = visitor_.OnAcl(id, std::move(list)); !s.ok()) return s;
  }
  return Status::Ok();
}

Status Parser::ReadAcl(AclList& list) {
  if (Status s = Need(4); !s.ok()) return s;
  const int32_t count = Decoder(View()).Int();
  Take(4);
  size_t total = 0;
  for (int32_t i = 0; i < count; i++) {
    size_t scheme = 0;
    size_t id = 0;
    if (Status s = FieldSize(4, scheme); !s.ok()) return s;
    if (Status s = FieldSize(4 + 4 + scheme, id); !s.ok()) return s;
    const size_t size = 4 + 4 + scheme + 4 + id;
    if (Status s = Need(size); !s.ok()) return s;
    total += size;
    if (total > max_field_) return Corrupt("an access list over the limit of a request");
    Decoder in(View());
    AclEntry& entry = list.emplace_back();
    entry.perms = in.Int();
    entry.id.scheme = in.NullableBuffer().bytes();
    entry.id.id = in.NullableBuffer().bytes();
    Take(size);
  }
  return Status::Ok();
}

// The int at `offset` from here is the length of a string or buffer; -1 (null) is no bytes.
Status Parser::FieldSize(size_t offset, size_t& size) {
  if (Status s = Need(offset + 4); !s.ok()) return s;
  const int32_t length = Decoder(View().substr(offset)).Int();
  if (length < -1 || (length > 0 && static_cast<size_t>(length) > max_field_)) {
    return Corrupt("a length of " + std::to_string(length) + " (jute.maxbuffer allows " +
                   std::to_string(max_field_) + ")");
  }
  size = length > 0 ? static_cast<size_t>(length) : 0;
  return Status::Ok();
}

Status Parser::Nodes() {
  for (;; tail_.nodes++) {
    size_t path_size = 0;
    size_t data_size = 0;
    if (Status s = FieldSize(0, path_size); !s.ok()) return s;
    if (Status s = Need(4 + path_size); !s.ok()) return s;
    if (View().starts_with(kEndText)) break;
    if (Status s = FieldSize(4 + path_size, data_size); !s.ok()) return s;
    const size_t size = 4 + path_size + 4 + data_size + kNodeTailSize;
    if (Status s = Need(size); !s.ok()) return s;
    Decoder in(View().substr(0, size));
    const std::string_view path = in.NullableBuffer().bytes();
    const jute::Buffer data = in.NullableBuffer();
    const int64_t acl_id = in.Long();
    proto::StatPersisted p;
    jute::DecodeField(p, in);
    const NodeStat stat{p.czxid,   p.mzxid,    p.pzxid,    p.ctime,         p.mtime,
                        p.version, p.cversion, p.aversion, p.ephemeralOwner};
    if (Status s = visitor_.OnNode(path, data, acl_id, stat); !s.ok()) return s;
    Take(size);
  }
  Take(kEndText.size());
  return Status::Ok();
}

// What follows the nodes differs by release and setting; its length tells which it is.
Status Parser::Tail() {
  const uint32_t sum = Sum();
  if (Status s = Need(kSealSize); !s.ok()) return s;
  if (Decoder(View()).Long() != sum || View().substr(8, 5) != kEndText) {
    return Corrupt("the checksum is wrong: the file is damaged");
  }
  Take(kSealSize);
  if (Status s = Fill(kTailLimit + 1); !s.ok()) return s;
  const std::string_view rest = View();
  if (rest.size() > kTailLimit) return Corrupt("something follows the snapshot");
  Sum();
  Decoder in(rest);
  if (rest.size() > kLastZxidSize + kSealSize) {
    if (Status s = TailDigest(in); !s.ok()) return s;
    if (Status s = TailSeal(rest, in); !s.ok()) return s;
  }
  if (in.remaining() == kLastZxidSize + kSealSize) {
    tail_.last_zxid = Zxid(in.Long());
    if (Status s = TailSeal(rest, in); !s.ok()) return s;
  }
  return in.remaining() == 0 && in.ok() ? Status::Ok() : Corrupt("an unknown end of the snapshot");
}

Status Parser::TailDigest(Decoder& in) {
  Database::LoadedDigest digest;
  digest.zxid = Zxid(in.Long());
  if (in.Int() < 2) {
    in.NullableBuffer();  // an algorithm that no release has: nothing to compare with
    return Status::Ok();
  }
  digest.digest = static_cast<uint64_t>(in.Long());
  tail_.digest = digest;
  return Status::Ok();
}

// The checksum of everything up to here, `in` being within `rest`, which starts where sum_ ends.
Status Parser::TailSeal(std::string_view rest, Decoder& in) {
  const uint32_t sum = Adler32(rest.substr(0, rest.size() - in.remaining()), sum_);
  const int64_t checksum = in.Long();
  const bool good = in.ok() && checksum == sum && in.NullableBuffer() == jute::Buffer("/");
  return good && in.ok() ? Status::Ok()
                         : Corrupt("the checksum of the end of the snapshot is wrong");
}

}  // namespace

Result<SnapshotTail> ReadSnapshot(Disk& disk, const std::string& path, Compression compression,
                                  const Limits& limits, SnapshotVisitor& visitor) {
  auto file = disk.Open(path, OpenMode::kRead);
  if (!file.ok()) return file.status();
  return Parser(OpenSource(**file, path, compression), path, limits, visitor).Run();
}

Result<bool> LooksLikeSnapshot(Disk& disk, const std::string& dir, const SnapshotFile& candidate) {
  auto file = disk.Open(dir + "/" + candidate.name, OpenMode::kRead);
  if (!file.ok()) return file.status();
  uint64_t offset = 0;
  std::string_view expected;
  switch (candidate.compression) {
    case Compression::kNone: {
      const auto size = (*file)->Size();
      if (!size.ok()) return size.status();
      if (*size < kShortestPlain) return false;
      expected = kEndText;
      offset = *size - expected.size();
      break;
    }
    case Compression::kGzip:
      expected = kGzipMagic;
      break;
    case Compression::kSnappy:
      expected = kSnappyMagic;
      break;
  }
  std::string bytes;
  if (Status s = (*file)->Read(offset, expected.size(), bytes); !s.ok()) return s;
  return bytes == expected;
}

}  // namespace zk::storage
