// SPDX-License-Identifier: Apache-2.0
#include "jute/json.h"

#include <gtest/gtest.h>

#include <string>

#include "common/proto/registry.h"

namespace zk::jute {
namespace {

using std::string_literals::operator""s;

std::string Json(std::string_view text) {
  std::string out;
  AppendJsonString(text, out);
  return out;
}
std::string Base64(std::string_view bytes) {
  std::string out;
  AppendBase64(bytes, out);
  return out;
}

TEST(Json, ARecord) {
  proto::CreateTTLRequest request;
  request.path = "/a\"b";
  request.data = "xyz";
  request.acl = {{31, {"world", "anyone"}}};
  request.ttl = INT64_MAX;
  EXPECT_EQ(ToJson(request),
            R"({"path":"/a\"b","data":"eHl6","acl":[{"perms":31,"id":{"scheme":"world",)"
            R"("id":"anyone"}}],"flags":0,"ttl":9223372036854775807})");
}

TEST(Json, NullIsNotEmpty) {
  EXPECT_EQ(ToJson(proto::SetDataRequest()), R"({"path":null,"data":null,"version":0})");
  proto::SetDataRequest empty;
  empty.path = "";
  empty.data = "";
  EXPECT_EQ(ToJson(empty), R"({"path":"","data":"","version":0})");
  proto::GetChildrenResponse response;
  EXPECT_EQ(ToJson(response), R"({"children":[]})");
  response.children = Vector<String>::Null();
  EXPECT_EQ(ToJson(response), R"({"children":null})");
}

TEST(Json, StringsAreEscaped) {
  EXPECT_EQ(Json("a\\\"\n\x7f\0/"s), R"("a\\\"\u000a\u007f\u0000/")");
  EXPECT_EQ(Json("\xc3\xa9\xe6\x97\xa5\xf0\x9f\x98\x80"),
            "\"\xc3\xa9\xe6\x97\xa5\xf0\x9f\x98\x80\"");
}

TEST(Json, BytesThatAreNoUtf8AreReplaced) {
  for (const std::string& bad : {"\x80"s, "\xc3"s, "\xc0"s, "\xff"s, "\xf5"s}) {
    EXPECT_EQ(Json(bad + "a"), "\"\\ufffda\"");
  }
  EXPECT_EQ(Json("\xed\xa0\x80"), R"("\ufffd\ufffd\ufffd")");  // half a surrogate pair
  EXPECT_EQ(Json("\xe0\x80\xaf"), R"("\ufffd\ufffd\ufffd")");  // longer than need be
  EXPECT_EQ(Json("\xf4\x90\x80\x80"), R"("\ufffd\ufffd\ufffd\ufffd")");
  EXPECT_EQ(Json("\xe6\x97"), R"("\ufffd\ufffd")");
}

TEST(Json, Base64) {
  EXPECT_EQ(Base64(""), "");
  EXPECT_EQ(Base64("f"), "Zg==");
  EXPECT_EQ(Base64("fo"), "Zm8=");
  EXPECT_EQ(Base64("foo"), "Zm9v");
  EXPECT_EQ(Base64("foob"), "Zm9vYg==");
  EXPECT_EQ(Base64("\xff\xfe\xfd\0"s), "//79AA==");
}

}  // namespace
}  // namespace zk::jute
