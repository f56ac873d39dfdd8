// SPDX-License-Identifier: Apache-2.0
#include "jute/print.h"

#include <gtest/gtest.h>

#include <string>

#include "common/proto/registry.h"
#include "tests/jute/sample_records.h"

namespace zk::jute {
namespace {

TEST(Print, ARecord) {
  proto::CreateRequest request;
  request.path = "/a";
  request.data = "xyz";
  request.acl = {{31, {"world", "anyone"}}, {1, {{}, ""}}};
  request.flags = -1;
  EXPECT_EQ(Print(request),
            "CreateRequest{path=/a, data=<3 bytes>, acl=[ACL{perms=31, id=Id{scheme=world, "
            "id=anyone}}, ACL{perms=1, id=Id{scheme=null, id=}}], flags=-1}");
}

TEST(Print, NullsAndBooleans) {
  proto::GetDataRequest request;
  request.watch = true;
  EXPECT_EQ(Print(request), "GetDataRequest{path=null, watch=true}");
  proto::GetChildrenResponse response;
  EXPECT_EQ(Print(response), "GetChildrenResponse{children=[]}");
  response.children = Vector<String>::Null();
  EXPECT_EQ(Print(response), "GetChildrenResponse{children=null}");
}

TEST(Print, ShowsNoSecret) {
  proto::ConnectRequest connect;
  connect.passwd = "secret-password!";
  EXPECT_EQ(Print(connect).find("secret"), std::string::npos);
  proto::AuthPacket packet;
  packet.scheme = "digest";
  packet.auth = "user:secret";
  EXPECT_EQ(Print(packet), "AuthPacket{type=0, scheme=digest, auth=<11 bytes>}");
  EXPECT_EQ(Print(proto::Id{"digest", "user:c2VjcmV0"}), "Id{scheme=digest, id=user}");
  EXPECT_EQ(Print(proto::Id{"ip", "::1"}), "Id{scheme=ip, id=::1}");
}

TEST(Print, IsBoundedAndOneLine) {
  proto::SyncRequest request;
  const std::string path = "/\n\x7f" + std::string(300, 'p');
  request.path = path;
  EXPECT_EQ(Print(request), "SyncRequest{path=/??" + std::string(197, 'p') + "...}");
  proto::GetChildrenResponse response;
  for (int i = 0; i < 20; i++) response.children.items.push_back("c");
  EXPECT_NE(Print(response).find("c, ... 20 in all]}"), std::string::npos);
}

TEST(Print, EveryRecordNamesItsFields) {
  proto::ForEachRecord([]<typename T>(const T&) {
    Samples samples(1);
    T record;
    samples.Fill(record);
    const std::string text = Print(record);
    EXPECT_TRUE(text.starts_with(std::string(JuteName<T>()) + '{')) << text;
    ForEachField(record, [&](std::string_view name, const auto&) {
      EXPECT_NE(text.find(std::string(name) + '='), std::string::npos) << text;
    });
  });
}

}  // namespace
}  // namespace zk::jute
