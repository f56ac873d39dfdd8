// SPDX-License-Identifier: Apache-2.0
#include "jute/encoder.h"

#include <gtest/gtest.h>

namespace zk::jute {
namespace {

using std::string_literals::operator""s;

std::string Of(void (*write)(Encoder&)) {
  std::string bytes;
  Encoder out(bytes);
  write(out);
  return bytes;
}

TEST(Encoder, Primitives) {
  EXPECT_EQ(Of([](Encoder& e) { e.Byte(-2); }), "\xfe"s);
  EXPECT_EQ(Of([](Encoder& e) { e.Bool(true); }), "\x01"s);
  EXPECT_EQ(Of([](Encoder& e) { e.Bool(false); }), "\x00"s);
  EXPECT_EQ(Of([](Encoder& e) { e.Int(0x01020304); }), "\x01\x02\x03\x04"s);
  EXPECT_EQ(Of([](Encoder& e) { e.Int(-1); }), "\xff\xff\xff\xff"s);
  EXPECT_EQ(Of([](Encoder& e) { e.Long(0x0102030405060708); }),
            "\x01\x02\x03\x04\x05\x06\x07\x08"s);
  EXPECT_EQ(Of([](Encoder& e) { e.Long(INT64_MIN); }), "\x80\0\0\0\0\0\0\0"s);
}

TEST(Encoder, StringsAndBuffers) {
  EXPECT_EQ(Of([](Encoder& e) { e.String("ab"); }),
            "\0\0\0\x02"
            "ab"s);
  EXPECT_EQ(Of([](Encoder& e) { e.String(""); }), "\0\0\0\0"s);
  EXPECT_EQ(Of([](Encoder& e) { e.NullableBuffer({}); }), "\xff\xff\xff\xff"s);
  EXPECT_EQ(Of([](Encoder& e) { e.NullableBuffer(Bytes("\0x", 2)); }), "\0\0\0\x02\0x"s);
  EXPECT_EQ(Of([](Encoder& e) { e.Raw("xyz"); }), "xyz"s);
}

TEST(Encoder, AppendsBehindWhatIsThereAndPatches) {
  std::string bytes = "head";
  Encoder out(bytes);
  const size_t at = out.size();
  out.Int(0);
  out.Raw("tail");
  out.PatchInt(at, 7);
  EXPECT_EQ(bytes, "head\0\0\0\x07tail"s);
}

}  // namespace
}  // namespace zk::jute
