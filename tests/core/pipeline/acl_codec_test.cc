// SPDX-License-Identifier: Apache-2.0
#include "server/core/pipeline/acl_codec.h"

#include <gtest/gtest.h>

#include <memory>
#include <string>

#include "tests/core/pipeline/requests.h"

namespace zk {
namespace {

std::string Written(const AclRef& acl) {
  std::string bytes;
  jute::Encoder out(bytes);
  WriteAcl(acl, out);
  return bytes;
}

TEST(AclCodec, OpenListIsTheSameWithAndWithoutShortCut) {
  std::string by_record;
  jute::Encoder out(by_record);
  jute::EncodeField(ToWire(*OpenAcl()), out);
  EXPECT_EQ(by_record, kOpenAclWire);
  EXPECT_EQ(Written(OpenAcl()), kOpenAclWire);
  EXPECT_EQ(Written(std::make_shared<const AclList>(*OpenAcl())), kOpenAclWire);
}

TEST(AclCodec, ReadsWhatItWrote) {
  const AclList list = {{1, {"world", "anyone"}}, {31, {"digest", "a:b"}}, {0, {"ip", "10.0.0.1"}}};
  for (const AclRef& acl :
       {OpenAcl(), std::make_shared<const AclList>(list), std::make_shared<const AclList>()}) {
    const std::string bytes = Written(acl) + "tail";
    jute::Decoder in(bytes);
    const AclRef read = ReadAcl(in);
    EXPECT_EQ(*read, *acl);
    EXPECT_EQ(in.Rest(), "tail");
  }
}

TEST(AclCodec, ListThatOnlyBeginsLikeTheOpenOneIsRead) {
  const AclList list = {{31, {"world", "anyone"}}, {1, {"ip", "10.0.0.1"}}};
  const std::string bytes = Written(std::make_shared<const AclList>(list));
  jute::Decoder in(bytes);
  EXPECT_FALSE(SkipOpenAcl(in));
  EXPECT_EQ(*ReadAcl(in), list);
}

TEST(AclCodec, NullReadsAsEmpty) {
  jute::Decoder in(std::string_view("\xff\xff\xff\xff", 4));
  EXPECT_TRUE(ReadAcl(in)->empty());
  EXPECT_TRUE(in.ok());
}

}  // namespace
}  // namespace zk
