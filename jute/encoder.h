// SPDX-License-Identifier: Apache-2.0
//
// Append-only big-endian writer of jute's primitive types into a caller's string.
//
// Place: the only writer of wire and disk bytes. Source: client-server protocol, "Jute encoding".
// Threads: one owner at a time.
// Invariant: only appends; PatchInt() rewrites four bytes that were appended before.
#pragma once

#include <bit>
#include <cassert>
#include <cstdint>
#include <cstring>
#include <string>

#include "jute/bytes.h"

namespace zk::jute {

template <typename Unsigned>
constexpr Unsigned BigEndian(Unsigned value) {
  static_assert(std::endian::native == std::endian::little);
  if constexpr (sizeof(Unsigned) == 4) return __builtin_bswap32(value);
  if constexpr (sizeof(Unsigned) == 8) return __builtin_bswap64(value);
  return value;
}

inline void StoreInt(char* at, int32_t value) {
  const uint32_t wire = BigEndian(static_cast<uint32_t>(value));
  std::memcpy(at, &wire, sizeof wire);
}
inline void StoreLong(char* at, int64_t value) {
  const uint64_t wire = BigEndian(static_cast<uint64_t>(value));
  std::memcpy(at, &wire, sizeof wire);
}

class Encoder {
 public:
  // `out` is the caller's and must outlive the encoder.
  explicit Encoder(std::string& out) : out_(out) {}

  void Byte(int8_t value) { out_.push_back(static_cast<char>(value)); }
  void Bool(bool value) { out_.push_back(value ? 1 : 0); }
  void Int(int32_t value) {
    char wire[4];
    StoreInt(wire, value);
    out_.append(wire, sizeof wire);
  }
  void Long(int64_t value) {
    char wire[8];
    StoreLong(wire, value);
    out_.append(wire, sizeof wire);
  }
  // At most 2^31-1 bytes, which every caller's limit is far below.
  void String(Bytes text) {
    assert(text.size() <= INT32_MAX);
    Int(static_cast<int32_t>(text.size()));
    out_.append(text);
  }
  void NullableBuffer(const Buffer& buffer) {
    if (buffer.is_null()) {
      Int(-1);
    } else {
      String(buffer.bytes());
    }
  }
  void Raw(Bytes bytes) { out_.append(bytes); }

  size_t size() const { return out_.size(); }
  // Rewrites the int at `offset`, for lengths known only after what they measure.
  void PatchInt(size_t offset, int32_t value) {
    assert(offset + 4 <= out_.size());
    StoreInt(out_.data() + offset, value);
  }

 private:
  std::string& out_;
};

}  // namespace zk::jute
