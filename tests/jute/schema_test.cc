// SPDX-License-Identifier: Apache-2.0
// The schema that the code prints, against the golden file and against the records of Java 3.8.0,
// whose signatures and field names java-3.8.0-records.txt holds (`class signature names` each
// line).
#include "jute/schema.h"

#include <gtest/gtest.h>

#include <fstream>
#include <iterator>
#include <map>
#include <sstream>
#include <string>

#include "common/proto/registry.h"

namespace zk::jute {
namespace {

std::string ReadFile(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  EXPECT_TRUE(file) << path;
  return {std::istreambuf_iterator<char>(file), {}};
}

TEST(Schema, IsTheGoldenOne) {
  // When a record changes on purpose, this text is the new golden file.
  EXPECT_EQ(proto::SchemaText(), ReadFile("tests/jute/schema.jute"));
}

// As Java's record compiler abbreviates a type.
template <typename T>
std::string Signature(const T& value) {
  if constexpr (std::is_same_v<T, bool>) {
    return "z";
  } else if constexpr (std::is_same_v<T, int8_t>) {
    return "b";
  } else if constexpr (std::is_same_v<T, int32_t>) {
    return "i";
  } else if constexpr (std::is_same_v<T, int64_t>) {
    return "l";
  } else if constexpr (std::is_same_v<T, String>) {
    return "s";
  } else if constexpr (std::is_same_v<T, Buffer>) {
    return "B";
  } else if constexpr (IsVector<T>::value) {
    return '[' + Signature(typename IsVector<T>::Element()) + ']';
  } else {
    std::string text = "L" + std::string(JuteName<T>()) + '(';
    ForEachField(value, [&](std::string_view, const auto& field) { text += Signature(field); });
    return text + ')';
  }
}

template <typename T>
std::string Names(const T& value) {
  std::string names;
  ForEachField(value, [&](std::string_view name, const auto&) {
    names += (names.empty() ? "" : ",") + std::string(name);
  });
  return names;
}

struct JavaRecord {
  std::string signature, names;
};

std::map<std::string, JavaRecord> JavaRecords() {
  std::map<std::string, JavaRecord> records;
  std::istringstream lines(ReadFile("tests/jute/java-3.8.0-records.txt"));
  for (std::string name, signature, names; lines >> name >> signature >> names;) {
    records[name] = {signature, names};
  }
  return records;
}

template <typename Module>
void CompareModule(std::map<std::string, JavaRecord>& java) {
  ForEachRecord<Module>([&java]<typename T>(const T& record) {
    const std::string name = std::string(Module::kName) + '.' + std::string(JuteName<T>());
    const auto found = java.find(name);
    if (found == java.end()) {
      // Only in older releases, or not in the jute file.
      EXPECT_TRUE(name.ends_with("StatPersistedV1") || name.ends_with("Create2Request") ||
                  name.ends_with("DeleteContainerRequest"))
          << name;
      return;
    }
    JavaRecord expected = found->second;
    if (name.ends_with(".ConnectRequest") || name.ends_with(".ConnectResponse")) {
      // 3.8.0 sends readOnly behind the record; from 3.9.0 on it is part of it.
      expected.signature.insert(expected.signature.size() - 1, "z");
      expected.names += ",readOnly";
    }
    EXPECT_EQ(Signature(record), expected.signature) << name;
    EXPECT_EQ(Names(record), expected.names) << name;
    java.erase(found);
  });
}

TEST(Schema, AgreesWithJava) {
  std::map<std::string, JavaRecord> java = JavaRecords();
  EXPECT_EQ(java.size(), 72u);
  CompareModule<proto::DataModule>(java);
  CompareModule<proto::ProtoModule>(java);
  CompareModule<proto::QuorumModule>(java);
  CompareModule<proto::PersistenceModule>(java);
  CompareModule<proto::TxnModule>(java);
  for (const auto& [name, record] : java) ADD_FAILURE() << name << " is missing here";
}

TEST(Schema, RecordsOfOtherModulesAreQualified) {
  const std::string text = proto::SchemaText();
  EXPECT_NE(text.find("        vector<org.apache.zookeeper.data.ACL> acl;\n"), std::string::npos);
  EXPECT_NE(text.find("    class ACL {\n        int perms;\n        Id id;\n    }\n"),
            std::string::npos);
}

}  // namespace
}  // namespace zk::jute
