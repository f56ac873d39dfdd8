// SPDX-License-Identifier: Apache-2.0
//
// Byte views used by the whole project, and the nullable buffer of jute.
//
// Place: the lowest header; knows nothing of records or protocols.
// Threads: plain values.
// Invariant: a Buffer keeps jute's difference between null (length -1) and empty (length 0).
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace zk::jute {

using Bytes = std::string_view;  // any bytes, not only text

// A view of a jute `buffer` or `ustring` that may be null. It never owns what it shows.
class Buffer {
 public:
  constexpr Buffer() = default;  // null
  constexpr Buffer(Bytes bytes) : bytes_(bytes), null_(false) {}
  constexpr Buffer(const char* text) : Buffer(Bytes(text)) {}
  Buffer(const std::string& text) : Buffer(Bytes(text)) {}

  constexpr bool is_null() const { return null_; }
  // Empty when null: callers to whom the difference matters ask is_null() first.
  constexpr Bytes bytes() const { return bytes_; }
  constexpr size_t size() const { return bytes_.size(); }

  friend constexpr bool operator==(const Buffer& a, const Buffer& b) {
    return a.null_ == b.null_ && a.bytes_ == b.bytes_;
  }

 private:
  Bytes bytes_;
  bool null_ = true;
};

// A jute `vector<T>` that may be null. Null and empty differ on the wire (-1 and 0).
template <typename T>
struct Vector {
  std::vector<T> items;
  bool null = false;

  Vector() = default;
  Vector(std::initializer_list<T> list) : items(list) {}
  explicit Vector(std::vector<T> list) : items(std::move(list)) {}
  static Vector Null() {
    Vector v;
    v.null = true;
    return v;
  }

  bool is_null() const { return null; }
  size_t size() const { return items.size(); }
  bool empty() const { return items.empty(); }
  auto begin() const { return items.begin(); }
  auto end() const { return items.end(); }
  friend bool operator==(const Vector&, const Vector&) = default;
};

}  // namespace zk::jute
