// SPDX-License-Identifier: Apache-2.0
#include <snappy.h>
#include <zlib.h>

#include <algorithm>
#include <utility>

#include "jute/decoder.h"
#include "server/storage/byte_stream.h"

namespace zk::storage {
namespace {

constexpr size_t kChunk = 64 << 10;
// snappy-java's blocks have 32 KiB by default; another block size is legal up to here.
constexpr size_t kSnappyBlockMax = 4 << 20;

// The bytes of the file in order.
class FileBytes {
 public:
  FileBytes(File& file, std::string name) : file_(file), name_(std::move(name)) {}

  // Replaces `out` by the next chunk; empty at the end.
  Status Next(std::string& out) {
    if (Status s = file_.Read(offset_, kChunk, out); !s.ok()) return s;
    offset_ += out.size();
    return Status::Ok();
  }
  Status Corrupt(const char* what) const { return Status::Corruption(name_ + ": " + what); }

 private:
  File& file_;
  const std::string name_;
  uint64_t offset_ = 0;
};

class PlainSource : public ByteSource {
 public:
  PlainSource(File& file, const std::string& name) : in_(file, name) {}
  Status Read(std::string& out) override {
    if (Status s = in_.Next(chunk_); !s.ok()) return s;
    out += chunk_;
    return Status::Ok();
  }

 private:
  FileBytes in_;
  std::string chunk_;
};

class GzipSource : public ByteSource {
 public:
  GzipSource(File& file, const std::string& name) : in_(file, name) {
    // 15 bits of window, + 16: with gzip's header and checksum.
    usable_ = inflateInit2(&stream_, 15 + 16) == Z_OK;
  }
  ~GzipSource() override {
    if (usable_) inflateEnd(&stream_);
  }
  Status Read(std::string& out) override {
    if (!usable_) return Status::Io("zlib has no memory");
    const size_t before = out.size();
    while (out.size() == before && !ended_) {
      if (stream_.avail_in == 0) {
        if (Status s = in_.Next(chunk_); !s.ok()) return s;
        if (chunk_.empty()) return in_.Corrupt("the gzip data is cut");
        stream_.next_in = reinterpret_cast<Bytef*>(chunk_.data());
        stream_.avail_in = static_cast<uInt>(chunk_.size());
      }
      if (Status s = Inflate(out); !s.ok()) return s;
    }
    return Status::Ok();
  }

 private:
  Status Inflate(std::string& out) {
    const size_t before = out.size();
    out.resize(before + kChunk);
    stream_.next_out = reinterpret_cast<Bytef*>(out.data() + before);
    stream_.avail_out = kChunk;
    const int result = inflate(&stream_, Z_NO_FLUSH);
    out.resize(before + kChunk - stream_.avail_out);
    ended_ = result == Z_STREAM_END;
    if (result == Z_OK || result == Z_STREAM_END || result == Z_BUF_ERROR) return Status::Ok();
    return in_.Corrupt("the gzip data is damaged");
  }

  FileBytes in_;
  std::string chunk_;
  z_stream stream_{};
  bool usable_ = false;
  bool ended_ = false;
};

class SnappySource : public ByteSource {
 public:
  SnappySource(File& file, const std::string& name) : in_(file, name) {}

  Status Read(std::string& out) override {
    if (!started_) {
      if (Status s = Fill(kSnappyHeaderSize); !s.ok()) return s;
      if (!pending_.starts_with(kSnappyMagic)) return in_.Corrupt("this is no snappy-java stream");
      pending_.erase(0, kSnappyHeaderSize);
      started_ = true;
    }
    const size_t before = out.size();
    while (out.size() == before) {
      bool ended = false;
      if (Status s = ReadBlock(out, ended); !s.ok() || ended) return s;
    }
    return Status::Ok();
  }

 private:
  // Makes at least `size` bytes pending.
  Status Fill(size_t size) {
    while (pending_.size() < size) {
      if (Status s = in_.Next(chunk_); !s.ok()) return s;
      if (chunk_.empty()) return in_.Corrupt("the snappy data is cut");
      pending_ += chunk_;
    }
    return Status::Ok();
  }

  Status ReadBlock(std::string& out, bool& ended) {
    if (pending_.empty()) {
      if (Status s = in_.Next(pending_); !s.ok()) return s;
      ended = pending_.empty();
      if (ended) return Status::Ok();
    }
    if (Status s = Fill(4); !s.ok()) return s;
    const int32_t length = jute::Decoder(pending_).Int();
    if (length <= 0 || static_cast<size_t>(length) > snappy::MaxCompressedLength(kSnappyBlockMax)) {
      return in_.Corrupt("a snappy block of an impossible length");
    }
    const auto size = static_cast<size_t>(length);
    if (Status s = Fill(4 + size); !s.ok()) return s;
    if (!Uncompress(std::string_view(pending_).substr(4, size), out)) {
      return in_.Corrupt("a damaged snappy block");
    }
    pending_.erase(0, 4 + size);
    return Status::Ok();
  }

  static bool Uncompress(std::string_view block, std::string& out) {
    size_t size = 0;
    if (!snappy::GetUncompressedLength(block.data(), block.size(), &size)) return false;
    if (size > kSnappyBlockMax) return false;
    const size_t before = out.size();
    out.resize(before + size);
    return snappy::RawUncompress(block.data(), block.size(), out.data() + before);
  }

  FileBytes in_;
  std::string chunk_;
  std::string pending_;
  bool started_ = false;
};

}  // namespace

std::unique_ptr<ByteSource> OpenSource(File& file, const std::string& name,
                                       Compression compression) {
  switch (compression) {
    case Compression::kGzip:
      return std::make_unique<GzipSource>(file, name);
    case Compression::kSnappy:
      return std::make_unique<SnappySource>(file, name);
    case Compression::kNone:
      break;
  }
  return std::make_unique<PlainSource>(file, name);
}

}  // namespace zk::storage
