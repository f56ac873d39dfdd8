// SPDX-License-Identifier: Apache-2.0
//
// Compressed streams: round trips, and broken input.

#include <gtest/gtest.h>

#include "server/storage/byte_stream.h"
#include "tests/storage/mem_disk.h"

namespace zk::storage {
namespace {

constexpr Compression kAll[] = {Compression::kNone, Compression::kGzip, Compression::kSnappy};

// Compressible in parts.
std::string Text(size_t size) {
  std::string text(size, 'x');
  uint32_t state = 1;
  for (size_t i = 0; i < size; i++) {
    state = state * 1664525 + 1013904223;
    if (i / 1000 % 2 == 0) text[i] = static_cast<char>(state >> 24);
  }
  return text;
}

class ByteTest : public testing::Test {
 protected:
  ByteTest() { (void)disk_.MakeDirs("/d"); }

  std::string Pack(Compression compression, const std::string& text, size_t piece) {
    auto file = disk_.Open("/d/f", OpenMode::kCreate);
    auto sink = OpenSink(**file, compression);
    for (size_t at = 0; at < text.size(); at += piece) {
      EXPECT_TRUE(sink->Write(std::string_view(text).substr(at, piece)).ok());
    }
    EXPECT_TRUE(sink->Finish().ok());
    EXPECT_EQ(sink->written(), disk_.bytes("/d/f").size());
    return disk_.bytes("/d/f");
  }
  Status Unpack(Compression compression, std::string& out) {
    auto file = disk_.Open("/d/f", OpenMode::kRead);
    auto source = OpenSource(**file, "/d/f", compression);
    for (;;) {
      const size_t before = out.size();
      if (Status s = source->Read(out); !s.ok()) return s;
      if (out.size() == before) return Status::Ok();
    }
  }

  MemDisk disk_;
};

TEST_F(ByteTest, RoundTrips) {
  for (const Compression compression : kAll) {
    for (const size_t size : {0, 1, 32767, 32768, 32769, 300'000, 1'000'000}) {
      const std::string text = Text(size);
      const std::string packed = Pack(compression, text, 100'000);
      std::string back;
      ASSERT_TRUE(Unpack(compression, back).ok()) << size;
      EXPECT_EQ(back, text) << size;
      // How the bytes came does not matter.
      EXPECT_EQ(Pack(compression, text, 777), packed) << size;
    }
  }
}

TEST_F(ByteTest, SnappyHasTheFrameOfSnappyJava) {
  const std::string packed = Pack(Compression::kSnappy, std::string(40'000, 'a'), 40'000);
  EXPECT_EQ(packed.substr(0, 16), std::string("\x82SNAPPY\0\0\0\0\1\0\0\0\1", 16));
  // The first block's own length is 32 KiB: varint 80 80 02.
  EXPECT_EQ(packed.substr(20, 3), "\x80\x80\x02");
}

TEST_F(ByteTest, CutAnywhereItSaysSoOrGivesLess) {
  const std::string text = Text(5000);
  for (const Compression compression : {Compression::kGzip, Compression::kSnappy}) {
    const std::string packed = Pack(compression, text, 5000);
    for (size_t size = 0; size < packed.size(); size++) {
      disk_.Put("/d/f", packed.substr(0, size));
      std::string back;
      const Status status = Unpack(compression, back);
      // A snappy stream may end behind its header; nothing in it says that more was to come.
      const bool fine = compression == Compression::kSnappy && size == kSnappyHeaderSize;
      EXPECT_EQ(status.code(), fine ? StatusCode::kOk : StatusCode::kCorruption) << size;
    }
  }
}

TEST_F(ByteTest, DamagedStreams) {
  const std::string gzip = Pack(Compression::kGzip, Text(5000), 5000);
  const std::string snappy = Pack(Compression::kSnappy, Text(5000), 5000);
  for (size_t at = 0; at < gzip.size(); at++) {
    std::string bad = gzip;
    bad[at] ^= 0x5a;
    disk_.Put("/d/f", bad);
    std::string back;
    // Some bits mean nothing, such as the time in the header.
    EXPECT_TRUE(!Unpack(Compression::kGzip, back).ok() || back == Text(5000)) << at;
  }
  // Snappy has no checksum of its own, but lengths.
  for (const auto& [at, byte] : {std::pair(size_t{0}, 'x'), {16, '\x7f'}, {16, '\xff'}}) {
    std::string bad = snappy;
    bad[at] = byte;
    disk_.Put("/d/f", bad);
    std::string back;
    EXPECT_EQ(Unpack(Compression::kSnappy, back).code(), StatusCode::kCorruption) << at;
  }
  disk_.Put("/d/f", snappy + std::string(4, '\0'));
  std::string back;
  EXPECT_EQ(Unpack(Compression::kSnappy, back).code(), StatusCode::kCorruption);
}

TEST_F(ByteTest, ErrorsOfTheDiskComeThrough) {
  for (const Compression compression : kAll) {
    auto file = disk_.Open("/d/f", OpenMode::kCreate);
    auto sink = OpenSink(**file, compression);
    disk_.FailAt("write", 1, Status::NoSpace("full"));
    Status status = Status::Ok();
    for (int i = 0; i < 40 && status.ok(); i++) status = sink->Write(Text(100'000));
    EXPECT_EQ(status.code(), StatusCode::kNoSpace);
    disk_.ClearFaults();
    Pack(compression, Text(1000), 1000);
    disk_.FailAt("read", 1, Status::Io("unreadable"));
    std::string back;
    EXPECT_EQ(Unpack(compression, back).code(), StatusCode::kIo);
    disk_.ClearFaults();
  }
}

}  // namespace
}  // namespace zk::storage
