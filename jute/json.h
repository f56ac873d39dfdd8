// SPDX-License-Identifier: Apache-2.0
//
// A record as one line of JSON, for tools: everything is in it, buffers and passwords as well.
//
// Place: admin tools and tests; never for logs (see print.h). Threads: pure functions.
// Form: an object with the fields in their order; ustring a string, where bytes that are no UTF-8
// become U+FFFD; buffer a string in base64; null stays null; int and long are numbers with all
// digits, so readers need 64-bit integers.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "jute/record.h"

namespace zk::jute {

// `text` with its quotes around it, valid JSON in UTF-8 whatever the bytes are.
void AppendJsonString(std::string_view text, std::string& out);
// Standard alphabet with '=', without quotes.
void AppendBase64(std::string_view bytes, std::string& out);

template <typename T>
void AppendJson(const T& value, std::string& out) {
  if constexpr (std::is_same_v<T, bool>) {
    out += value ? "true" : "false";
  } else if constexpr (std::is_integral_v<T>) {
    out += std::to_string(value);
  } else if constexpr (std::is_base_of_v<Buffer, T>) {
    if (value.is_null()) {
      out += "null";
    } else if constexpr (std::is_same_v<T, String>) {
      AppendJsonString(value.bytes(), out);
    } else {
      out += '"';
      AppendBase64(value.bytes(), out);
      out += '"';
    }
  } else if constexpr (IsVector<T>::value) {
    if (value.is_null()) {
      out += "null";
      return;
    }
    out += '[';
    for (size_t i = 0; i < value.size(); i++) {
      if (i > 0) out += ',';
      AppendJson(value.items[i], out);
    }
    out += ']';
  } else {
    out += '{';
    bool first = true;
    ForEachField(value, [&](std::string_view name, const auto& field) {
      if (!first) out += ',';
      first = false;
      out.append(1, '"').append(name).append("\":");
      AppendJson(field, out);
    });
    out += '}';
  }
}

template <Record T>
std::string ToJson(const T& record) {
  std::string out;
  AppendJson(record, out);
  return out;
}

}  // namespace zk::jute
