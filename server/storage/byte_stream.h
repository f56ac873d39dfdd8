// SPDX-License-Identifier: Apache-2.0
//
// Streams of bytes out of and into a file, plain or compressed, as snapshots are stored.
//
// Place: under snapshot_writer and snapshot_loader. Threads: one owner at a time.
// Invariants:
//   1. Memory is bounded by a few buffers, whatever the file says.
//   2. The same bytes written give the same file on every server.
// Source: storage format, "Compressed forms" (snappy is snappy-java's framing, not Google's).
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "common/server_config.h"
#include "common/status.h"
#include "server/storage/disk.h"

namespace zk::storage {

class ByteSource {
 public:
  virtual ~ByteSource() = default;
  // Appends some bytes to `out`, at least one unless the stream has ended. kCorruption if the
  // compressed form is broken, also if it is cut.
  virtual Status Read(std::string& out) = 0;
};

class ByteSink {
 public:
  virtual ~ByteSink() = default;
  virtual Status Write(std::string_view bytes) = 0;
  // After the last Write(); everything is in the file then, though not synced.
  virtual Status Finish() = 0;
  // Bytes given to the file so far.
  virtual uint64_t written() const = 0;
};

// `file` must outlive the stream; `name` is for messages.
std::unique_ptr<ByteSource> OpenSource(File& file, const std::string& name,
                                       Compression compression);
std::unique_ptr<ByteSink> OpenSink(File& file, Compression compression);

// What snappy-java puts in front: magic, version 1, compatible version 1.
inline constexpr std::string_view kSnappyMagic("\x82SNAPPY\0", 8);
inline constexpr size_t kSnappyHeaderSize = 16;
inline constexpr std::string_view kGzipMagic("\x1f\x8b", 2);

}  // namespace zk::storage
