// SPDX-License-Identifier: Apache-2.0
#include "common/path.h"

#include <gtest/gtest.h>

#include <string>
#include <string_view>

namespace zk {
namespace {

using std::string_literals::operator""s;

TEST(IsValidPath, AcceptsWhatJavaAccepts) {
  for (const std::string& path :
       {"/"s, "/a"s, "/a/b/c"s, "/.x"s, "/..x"s, "/a.."s, "/a."s, "/..."s, "/a b"s, "/~"s,
        "/\xc2\xa0"s, "/\xd0\xb6"s, "/\xe6\x97\xa5/\xe6\x9c\xac"s, "/\xef\xbf\xaf"s /* U+FFEF */,
        "/\xef\xa4\x80"s /* U+F900 */, "/\xed\x9f\xbf"s /* U+D7FF */, "/zookeeper/quota"s}) {
    EXPECT_TRUE(IsValidPath(path)) << path;
  }
}

TEST(IsValidPath, RefusesWhatJavaRefuses) {
  for (const std::string& path : {""s,
                                  "a"s,
                                  "a/b"s,
                                  "//"s,
                                  "/a/"s,
                                  "/a//b"s,
                                  "//a"s,
                                  "/."s,
                                  "/.."s,
                                  "/./a"s,
                                  "/a/../b"s,
                                  "/a/."s,
                                  "/a/.."s,
                                  "/\0"s,
                                  "/a\0b"s,
                                  "/\x01"s,
                                  "/\x1f"s,
                                  "/a\tb"s,
                                  "/\x7f"s,
                                  "/\xc2\x80"s,
                                  "/\xc2\x9f"s,
                                  "/\xee\x80\x80"s /* U+E000 */,
                                  "/\xef\xa3\xbf"s /* U+F8FF */,
                                  "/\xef\xbf\xb0"s /* U+FFF0 */,
                                  "/\xef\xbf\xbd"s /* U+FFFD */,
                                  "/\xef\xbf\xbf"s,
                                  "/\xf0\x9f\x98\x80"s /* beyond the basic plane */}) {
    EXPECT_FALSE(IsValidPath(path)) << path;
  }
}

TEST(IsValidPath, RefusesBytesThatAreNoUtf8) {
  for (const std::string& name :
       {"\x80"s, "\xbf"s, "\xc0\x80"s, "\xc1\xbf"s, "\xc2"s, "\xc2/"s, "\xe0\x80\x80"s,
        "\xe0\x9f\xbf"s, "\xe6\x97"s, "\xe6"s, "\xed\xa0\x80"s, "\xed\xbf\xbf"s, "\xf8\x88"s,
        "\xff"s, "a\xc3"s, "\xe6\x97/\xa5"s}) {
    EXPECT_FALSE(IsValidPath("/" + name));
    EXPECT_FALSE(IsValidPath("/x/" + name + "/y"));
  }
}

std::string Utf8(uint32_t c) {
  std::string out;
  if (c < 0x80) return std::string(1, static_cast<char>(c));
  if (c >= 0x800) {
    out.push_back(static_cast<char>(0xe0 | c >> 12));
    out.push_back(static_cast<char>(0x80 | (c >> 6 & 0x3f)));
  } else {
    out.push_back(static_cast<char>(0xc0 | c >> 6));
  }
  out.push_back(static_cast<char>(0x80 | (c & 0x3f)));
  return out;
}

TEST(IsValidPath, EveryCodePointOfTheBasicPlane) {
  for (uint32_t c = 0; c <= 0xffff; c++) {
    const bool legal = c != 0 && !(c >= 0x01 && c <= 0x1f) && !(c >= 0x7f && c <= 0x9f) &&
                       !(c >= 0xd800 && c <= 0xf8ff) && c < 0xfff0;
    EXPECT_EQ(IsValidPath("/a" + Utf8(c) + "z"), legal) << std::hex << c;
  }
}

TEST(HasSlashAndNoNul, Table) {
  EXPECT_TRUE(HasSlashAndNoNul("/"));
  EXPECT_TRUE(HasSlashAndNoNul("a/b"));
  EXPECT_FALSE(HasSlashAndNoNul(""));
  EXPECT_FALSE(HasSlashAndNoNul("ab"));
  EXPECT_FALSE(HasSlashAndNoNul("/a\0b"s));
}

TEST(ParentOfAndNameOf, Table) {
  struct Case {
    std::string_view path, parent, name;
  };
  for (const Case& c : std::initializer_list<Case>{{"/", "/", ""},
                                                   {"/a", "/", "a"},
                                                   {"/a/b", "/a", "b"},
                                                   {"/a/b/c", "/a/b", "c"},
                                                   {"/a/", "/a", ""},
                                                   {"a/b", "a", "b"},
                                                   {"a", "", "a"},
                                                   {"", "", ""}}) {
    EXPECT_EQ(ParentOf(c.path), c.parent) << c.path;
    EXPECT_EQ(NameOf(c.path), c.name) << c.path;
  }
}

TEST(SequenceSuffix, TenColumns) {
  EXPECT_EQ(SequenceSuffix(0), "0000000000");
  EXPECT_EQ(SequenceSuffix(42), "0000000042");
  EXPECT_EQ(SequenceSuffix(INT32_MAX), "2147483647");
  EXPECT_EQ(SequenceSuffix(-1), "-000000001");
  EXPECT_EQ(SequenceSuffix(INT32_MIN), "-2147483648");
}

}  // namespace
}  // namespace zk
