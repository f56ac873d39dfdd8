// SPDX-License-Identifier: Apache-2.0
//
// Prints record types as the .jute text that ZooKeeper's own compiler reads.
//
// Place: the schema is an output of the code, compared with a golden file, so it cannot drift.
// Threads: pure functions.
//
//   struct DataModule {
//     static constexpr std::string_view kName = "org.apache.zookeeper.data";
//     using Records = std::tuple<Id, Acl>;
//   };
//   std::string text = jute::SchemaText<DataModule, ProtoModule>();
#pragma once

#include <string>
#include <string_view>
#include <tuple>
#include <type_traits>

#include "jute/record.h"

namespace zk::jute {

// Calls visit(T()) for each record of each module, in order.
template <typename... Modules, typename Visit>
void ForEachRecord(Visit&& visit) {
  const auto visit_module = [&visit]<typename... T>(std::type_identity<std::tuple<T...>>) {
    (visit(T()), ...);
  };
  (visit_module(std::type_identity<typename Modules::Records>()), ...);
}

template <typename Module, Record T>
constexpr bool HasRecord() {
  return []<typename... U>(std::type_identity<std::tuple<U...>>) {
    return (std::is_same_v<T, U> || ...);
  }(std::type_identity<typename Module::Records>());
}

// The type of a field as it is written in module `Here`: records of other modules are qualified.
template <typename Here, typename... Modules, typename T>
std::string TypeText(const T&) {
  if constexpr (std::is_same_v<T, bool>) {
    return "boolean";
  } else if constexpr (std::is_same_v<T, int8_t>) {
    return "byte";
  } else if constexpr (std::is_same_v<T, int32_t>) {
    return "int";
  } else if constexpr (std::is_same_v<T, int64_t>) {
    return "long";
  } else if constexpr (std::is_same_v<T, String>) {
    return "ustring";
  } else if constexpr (std::is_same_v<T, Buffer>) {
    return "buffer";
  } else if constexpr (IsVector<T>::value) {
    return "vector<" + TypeText<Here, Modules...>(typename IsVector<T>::Element()) + '>';
  } else {
    std::string name;
    if (!HasRecord<Here, T>()) {
      ((HasRecord<Modules, T>() ? void(name = std::string(Modules::kName) + '.') : void()), ...);
    }
    return name.append(JuteName<T>());
  }
}

template <typename Here, typename... Modules, Record T>
std::string ClassText(const T& record, std::string_view indent) {
  std::string text = std::string(indent) + "class " + std::string(JuteName<T>()) + " {\n";
  ForEachField(record, [&](std::string_view name, const auto& field) {
    text.append(indent).append("    ").append(TypeText<Here, Modules...>(field));
    text.append(" ").append(name).append(";\n");
  });
  return text.append(indent).append("}\n");
}

// The whole .jute file.
template <typename... Modules>
std::string SchemaText() {
  std::string text;
  const auto add_module = [&text]<typename Module>(std::type_identity<Module>) {
    text += "module " + std::string(Module::kName) + " {\n";
    ForEachRecord<Module>(
        [&text](const auto& record) { text += ClassText<Module, Modules...>(record, "    "); });
    text += "}\n";
  };
  (add_module(std::type_identity<Modules>()), ...);
  return text;
}

}  // namespace zk::jute
