// SPDX-License-Identifier: Apache-2.0
#include "jute/decoder.h"

#include <gtest/gtest.h>

#include <string>

namespace zk::jute {
namespace {

using std::string_literals::operator""s;

TEST(Decoder, Primitives) {
  const std::string bytes = "\xfe\x02\0\x01\x02\x03\x04\xff\xff\xff\xff\xff\xff\xff\xfe"s;
  Decoder in(bytes);
  EXPECT_EQ(in.Byte(), -2);
  EXPECT_TRUE(in.Bool());  // whatever is not zero
  EXPECT_FALSE(in.Bool());
  EXPECT_EQ(in.Int(), 0x01020304);
  EXPECT_EQ(in.Long(), -2);
  EXPECT_TRUE(in.ok());
  EXPECT_EQ(in.remaining(), 0u);
}

TEST(Decoder, FailureIsSticky) {
  const std::string bytes =
      "\0\0\0\x05"
      "ab\0\0\0\0\0\0\0\0"s.substr(0, 6);
  Decoder in(bytes);
  EXPECT_TRUE(in.NullableBuffer().is_null());  // five bytes are claimed, two are there
  EXPECT_FALSE(in.ok());
  EXPECT_EQ(in.remaining(), 0u);
  EXPECT_EQ(in.Byte(), 0);
  EXPECT_FALSE(in.Bool());
  EXPECT_EQ(in.Int(), 0);
  EXPECT_EQ(in.Long(), 0);
  EXPECT_EQ(in.BoundedCount(1), 0);
  EXPECT_TRUE(in.NullableBuffer().is_null());
  EXPECT_EQ(in.Rest(), "");
  EXPECT_FALSE(in.ok());
}

TEST(Decoder, EveryReadFailsWhenTheInputIsShort) {
  for (size_t size = 0; size < 8; size++) {
    const std::string bytes(size, '\0');
    Decoder for_int(bytes), for_long(bytes), for_byte(bytes), to_skip(bytes);
    for_int.Int();
    EXPECT_EQ(for_int.ok(), size >= 4);
    for_long.Long();
    EXPECT_FALSE(for_long.ok());
    for_byte.Byte();
    EXPECT_EQ(for_byte.ok(), size >= 1);
    to_skip.Skip(5);
    EXPECT_EQ(to_skip.ok(), size >= 5);
  }
}

TEST(Decoder, BuffersNullEmptyAndBad) {
  struct Case {
    std::string bytes;
    bool ok, null;
    std::string value;
  };
  for (const Case& c : std::initializer_list<Case>{{"\xff\xff\xff\xff"s, true, true, ""},
                                                   {"\0\0\0\0"s, true, false, ""},
                                                   {"\0\0\0\x02"
                                                    "ab"s,
                                                    true, false, "ab"},
                                                   {"\0\0\0\x03"
                                                    "ab"s,
                                                    false, true, ""},
                                                   {"\xff\xff\xff\xfe"
                                                    "ab"s,
                                                    false, true, ""},
                                                   {"\x80\0\0\0"s, false, true, ""},
                                                   {"\x7f\xff\xff\xff"s, false, true, ""},
                                                   {"\0\0\0"s, false, true, ""}}) {
    Decoder in(c.bytes);
    const Buffer buffer = in.NullableBuffer();
    EXPECT_EQ(in.ok(), c.ok);
    EXPECT_EQ(buffer.is_null(), c.null);
    EXPECT_EQ(buffer.bytes(), c.value);
  }
}

TEST(Decoder, ALengthOverTheLimitFailsThoughTheBytesAreThere) {
  const std::string bytes =
      "\0\0\0\x03"
      "abc"s;
  Decoder at_limit(bytes, 3), over(bytes, 2);
  EXPECT_EQ(at_limit.NullableBuffer().bytes(), "abc");
  EXPECT_TRUE(over.NullableBuffer().is_null());
  EXPECT_FALSE(over.ok());
}

TEST(Decoder, CountsAreBoundedByWhatIsLeft) {
  struct Case {
    std::string bytes;
    size_t element;
    int32_t count;
    bool ok;
  };
  for (const Case& c : std::initializer_list<Case>{{"\0\0\0\x02"
                                                    "12345678"s,
                                                    4, 2, true},
                                                   {"\0\0\0\x03"
                                                    "12345678"s,
                                                    4, 0, false},
                                                   {"\0\0\0\x08"
                                                    "12345678"s,
                                                    1, 8, true},
                                                   {"\x7f\xff\xff\xff"s, 1, 0, false},
                                                   {"\0\0\0\0"s, 4, 0, true},
                                                   {"\xff\xff\xff\xff"s, 4, -1, true},
                                                   {"\xff\xff\xff\xfe"s, 4, 0, true},
                                                   {"\x80\0\0\0"s, 4, 0, true}}) {
    Decoder in(c.bytes);
    EXPECT_EQ(in.BoundedCount(c.element), c.count);
    EXPECT_EQ(in.ok(), c.ok);
  }
}

TEST(Decoder, ViewsPointIntoTheInput) {
  const std::string bytes =
      "\0\0\0\x01"
      "a"s;
  Decoder in(bytes);
  EXPECT_EQ(in.NullableBuffer().bytes().data(), bytes.data() + 4);
  EXPECT_EQ(in.position(), bytes.data() + 5);
}

}  // namespace
}  // namespace zk::jute
