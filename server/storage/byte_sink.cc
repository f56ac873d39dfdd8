// SPDX-License-Identifier: Apache-2.0
#include <snappy.h>
#include <zlib.h>

#include <algorithm>

#include "jute/encoder.h"
#include "server/storage/byte_stream.h"

namespace zk::storage {
namespace {

constexpr size_t kWriteSize = 256 << 10;
constexpr size_t kDeflateChunk = 64 << 10;
constexpr size_t kSnappyBlock = 32 << 10;  // as snappy-java

// Gathers small pieces into writes of kWriteSize.
class FileWriter {
 public:
  explicit FileWriter(File& file) : file_(file) {}

  std::string& buffer() { return buffer_; }
  Status FlushIfFull() { return buffer_.size() < kWriteSize ? Status::Ok() : Flush(); }
  Status Flush() {
    if (buffer_.empty()) return Status::Ok();
    if (Status s = file_.Write(offset_, buffer_); !s.ok()) return s;
    offset_ += buffer_.size();
    buffer_.clear();
    return Status::Ok();
  }
  uint64_t offset() const { return offset_; }

 private:
  File& file_;
  std::string buffer_;
  uint64_t offset_ = 0;
};

class PlainSink : public ByteSink {
 public:
  explicit PlainSink(File& file) : out_(file) {}
  Status Write(std::string_view bytes) override {
    out_.buffer().append(bytes);
    return out_.FlushIfFull();
  }
  Status Finish() override { return out_.Flush(); }
  uint64_t written() const override { return out_.offset(); }

 private:
  FileWriter out_;
};

class GzipSink : public ByteSink {
 public:
  explicit GzipSink(File& file) : out_(file) {
    // Without a name or time in its header, so that equal content gives equal files.
    usable_ = deflateInit2(&stream_, Z_DEFAULT_COMPRESSION, Z_DEFLATED, 15 + 16, 8,
                           Z_DEFAULT_STRATEGY) == Z_OK;
  }
  ~GzipSink() override {
    if (usable_) deflateEnd(&stream_);
  }
  Status Write(std::string_view bytes) override { return Deflate(bytes, Z_NO_FLUSH); }
  Status Finish() override {
    if (Status s = Deflate({}, Z_FINISH); !s.ok()) return s;
    return out_.Flush();
  }
  uint64_t written() const override { return out_.offset(); }

 private:
  Status Deflate(std::string_view bytes, int flush) {
    if (!usable_) return Status::Io("zlib has no memory");
    // zlib takes a pointer to non-const, which it does not write through.
    stream_.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(bytes.data()));
    stream_.avail_in = static_cast<uInt>(bytes.size());
    do {
      std::string& buffer = out_.buffer();
      const size_t before = buffer.size();
      buffer.resize(before + kDeflateChunk);
      stream_.next_out = reinterpret_cast<Bytef*>(buffer.data() + before);
      stream_.avail_out = kDeflateChunk;
      if (deflate(&stream_, flush) == Z_STREAM_ERROR) return Status::Io("zlib is in a wrong state");
      buffer.resize(before + kDeflateChunk - stream_.avail_out);
      if (Status s = out_.FlushIfFull(); !s.ok()) return s;
    } while (stream_.avail_out == 0);
    return Status::Ok();
  }

  FileWriter out_;
  z_stream stream_{};
  bool usable_ = false;
};

class SnappySink : public ByteSink {
 public:
  explicit SnappySink(File& file) : out_(file) {
    jute::Encoder header(out_.buffer());
    header.Raw(kSnappyMagic);
    header.Int(1);
    header.Int(1);
  }
  Status Write(std::string_view bytes) override {
    while (!bytes.empty()) {
      const size_t take = std::min(bytes.size(), kSnappyBlock - block_.size());
      block_.append(bytes.substr(0, take));
      bytes.remove_prefix(take);
      if (block_.size() < kSnappyBlock) break;
      if (Status s = WriteBlock(); !s.ok()) return s;
    }
    return Status::Ok();
  }
  Status Finish() override {
    if (Status s = WriteBlock(); !s.ok()) return s;
    return out_.Flush();
  }
  uint64_t written() const override { return out_.offset(); }

 private:
  Status WriteBlock() {
    if (block_.empty()) return Status::Ok();
    std::string& buffer = out_.buffer();
    const size_t before = buffer.size();
    buffer.resize(before + 4 + snappy::MaxCompressedLength(block_.size()));
    size_t size = 0;
    snappy::RawCompress(block_.data(), block_.size(), buffer.data() + before + 4, &size);
    jute::StoreInt(buffer.data() + before, static_cast<int32_t>(size));
    buffer.resize(before + 4 + size);
    block_.clear();
    return out_.FlushIfFull();
  }

  FileWriter out_;
  std::string block_;
};

}  // namespace

std::unique_ptr<ByteSink> OpenSink(File& file, Compression compression) {
  switch (compression) {
    case Compression::kGzip:
      return std::make_unique<GzipSink>(file);
    case Compression::kSnappy:
      return std::make_unique<SnappySink>(file);
    case Compression::kNone:
      break;
  }
  return std::make_unique<PlainSink>(file);
}

}  // namespace zk::storage
