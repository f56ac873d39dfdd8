// SPDX-License-Identifier: Apache-2.0
// Expectations agree with java.util.Properties of OpenJDK 17.
#include "common/properties.h"

#include <gtest/gtest.h>

namespace zk {
namespace {

using Pairs = std::vector<Property>;

Pairs Parse(std::string_view text) {
  const Result<Pairs> result = ParseProperties(text);
  EXPECT_TRUE(result.ok()) << result.status().message();
  return result.ok() ? *result : Pairs();
}

TEST(Properties, ThreeWaysToSeparate) {
  const Pairs expected = {{"a", "1", 1}, {"b", "2", 2}, {"c", "3", 3}, {"d", "4 5", 4}};
  EXPECT_EQ(Parse("a=1\nb: 2\nc 3\n  d \t=\f 4 5"), expected);
}

TEST(Properties, OnlyTheFirstSignSeparates) {
  const Pairs expected = {{"a", "=1", 1}, {"b", ":=2", 2}, {"c", "", 3}, {"d", "", 4}};
  EXPECT_EQ(Parse("a==1\nb = :=2\nc=\nd"), expected);
}

TEST(Properties, BlanksBehindAValueStay) {
  EXPECT_EQ(Parse("a=1 \t\n"), (Pairs{{"a", "1 \t", 1}}));
}

TEST(Properties, CommentsAndEmptyLines) {
  const Pairs expected = {{"a", "1#x", 5}, {"b", "!", 6}};
  EXPECT_EQ(Parse("# c=3\n\n  ! d=4 \\\n \t\f\na=1#x\r\nb=!\r\r"), expected);
}

TEST(Properties, Continuation) {
  EXPECT_EQ(Parse("a=1,\\\n   2,\\\r\n\t3\nb=4"), (Pairs{{"a", "1,2,3", 1}, {"b", "4", 4}}));
  EXPECT_EQ(Parse("a\\\n  b=1"), (Pairs{{"ab", "1", 1}}));
  EXPECT_EQ(Parse("a=1\\\n#2"), (Pairs{{"a", "1#2", 1}}));
  EXPECT_EQ(Parse("a=1\\\\\nb=2"), (Pairs{{"a", "1\\", 1}, {"b", "2", 2}}));
  EXPECT_EQ(Parse("a=1\\"), (Pairs{{"a", "1", 1}}));
  EXPECT_EQ(Parse("a=1\\\n\nb=2"), (Pairs{{"a", "1", 1}, {"b", "2", 3}}));
}

TEST(Properties, Escapes) {
  EXPECT_EQ(Parse("a\\=\\:\\ b=\\t\\n\\r\\f\\q\\\\"), (Pairs{{"a=: b", "\t\n\r\fq\\", 1}}));
  EXPECT_EQ(Parse("a=\\u0041\\u00e9\\u65E5"), (Pairs{{"a", "A\xc3\xa9\xe6\x97\xa5", 1}}));
  EXPECT_EQ(Parse("a=\\ud83d\\ude00"), (Pairs{{"a", "\xf0\x9f\x98\x80", 1}}));
  EXPECT_EQ(Parse("a=\\ud83dx\\ude00"), (Pairs{{"a", "?x?", 1}}));
  EXPECT_EQ(Parse("a=\\ud83d"), (Pairs{{"a", "?", 1}}));
}

TEST(Properties, BytesAreLatin1) {
  EXPECT_EQ(Parse("a=\xe9\x80"), (Pairs{{"a", "\xc3\xa9\xc2\x80", 1}}));
}

TEST(Properties, MalformedUnicodeEscapeNamesItsLine) {
  for (const char* text : {"a=1\nb=\\u12", "a=1\nb=\\u12g4", "a=1\nb=\\u-123", "a=1\n\\u=x"}) {
    const Result<Pairs> result = ParseProperties(text);
    ASSERT_FALSE(result.ok()) << text;
    EXPECT_NE(result.status().message().find("line 2"), std::string::npos);
  }
}

TEST(Properties, NothingAtAll) {
  EXPECT_TRUE(Parse("").empty());
  EXPECT_TRUE(Parse(" \n\\\n# x").empty());
}

}  // namespace
}  // namespace zk
