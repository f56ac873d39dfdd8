// SPDX-License-Identifier: Apache-2.0
//
// A record as one line for logs and traces: CreateRequest{path=/a, data=<3 bytes>, acl=[...],
// flags=0}
//
// Place: VLOG lines, simulator traces, test messages. Threads: pure functions.
// Invariants: buffers are shown by their length only, for they may hold passwords and people's
// data; a string has no control character in the output and ends after 200 bytes, a vector after 16
// elements.
#pragma once

#include <algorithm>
#include <string>

#include "jute/record.h"

namespace zk::jute {

inline void PrintString(const Buffer& value, std::string& out) {
  constexpr size_t kLongest = 200;
  if (value.is_null()) {
    out += "null";
    return;
  }
  for (char c : value.bytes().substr(0, kLongest)) {
    const auto byte = static_cast<unsigned char>(c);
    out.push_back(byte < ' ' || byte == 0x7f ? '?' : c);
  }
  if (value.size() > kLongest) out += "...";
}

// A field of a record that holds a password's hash: the id of an identity of scheme digest.
template <Record T>
bool IsDigest(const T& record, std::string_view name) {
  if constexpr (requires { record.scheme, record.id; }) {
    return name == "id" && record.scheme.bytes() == "digest";
  } else {
    return false;
  }
}

template <typename T>
void PrintField(const T& value, std::string& out) {
  if constexpr (std::is_same_v<T, bool>) {
    out += value ? "true" : "false";
  } else if constexpr (std::is_integral_v<T>) {
    out += std::to_string(value);
  } else if constexpr (std::is_same_v<T, String>) {
    PrintString(value, out);
  } else if constexpr (std::is_same_v<T, Buffer>) {
    out += value.is_null() ? "null" : '<' + std::to_string(value.size()) + " bytes>";
  } else if constexpr (IsVector<T>::value) {
    constexpr size_t kMost = 16;
    if (value.is_null()) {
      out += "null";
      return;
    }
    out += '[';
    for (size_t i = 0; i < std::min(value.size(), kMost); i++) {
      if (i > 0) out += ", ";
      PrintField(value.items[i], out);
    }
    if (value.size() > kMost) out += ", ... " + std::to_string(value.size()) + " in all";
    out += ']';
  } else {
    out.append(JuteName<T>()) += '{';
    bool first = true;
    ForEachField(value, [&](std::string_view name, const auto& field) {
      if (!first) out += ", ";
      first = false;
      out.append(name) += '=';
      const size_t start = out.size();
      PrintField(field, out);
      if (IsDigest(value, name)) out.resize(std::min(out.find(':', start), out.size()));
    });
    out += '}';
  }
}

template <Record T>
std::string Print(const T& record) {
  std::string out;
  PrintField(record, out);
  return out;
}

}  // namespace zk::jute
