// SPDX-License-Identifier: Apache-2.0
//
// Bounds-checked reader of jute's primitive types.
//
// Place: the only reader of wire and disk bytes. Source: client-server protocol, "Jute encoding".
// Threads: one owner at a time.
// Invariants:
//   1. Failure is sticky: after the first bad read every read returns zero, null or empty, and ok()
//      stays false; so callers decode a whole record and check once.
//   2. It reads nothing beyond its input, throws nothing and allocates nothing.
//   3. A count is never trusted: BoundedCount() caps it by the bytes that are left.
#pragma once

#include <cstdint>
#include <cstring>

#include "jute/bytes.h"
#include "jute/encoder.h"

namespace zk::jute {

class Decoder {
 public:
  // `max_length` bounds a single string or buffer (jute.maxbuffer + extrasize).
  explicit Decoder(Bytes input, size_t max_length = INT32_MAX)
      : at_(input.data()), end_(input.data() + input.size()), max_length_(max_length) {}

  bool ok() const { return ok_; }
  size_t remaining() const { return static_cast<size_t>(end_ - at_); }
  const char* position() const { return at_; }
  Bytes Rest() const { return {at_, remaining()}; }

  int8_t Byte() { return Has(1) ? static_cast<int8_t>(*at_++) : int8_t{0}; }
  bool Bool() { return Byte() != 0; }
  int32_t Int() { return static_cast<int32_t>(Load<uint32_t>()); }
  int64_t Long() { return static_cast<int64_t>(Load<uint64_t>()); }

  // Length -1 is null; any other negative length, one over the limit or beyond the input fails.
  Buffer NullableBuffer() {
    const int32_t length = Int();
    if (!ok_ || length == -1) return {};
    if (length < 0 || static_cast<size_t>(length) > max_length_ || !Has(length)) {
      Fail();
      return {};
    }
    const Bytes bytes(at_, static_cast<size_t>(length));
    at_ += length;
    return bytes;
  }

  // The count of a vector: -1 for null; other negatives read as 0, as Java does. A count of more
  // elements than bytes are left for, each at least `min_element_size` (>= 1), fails.
  int32_t BoundedCount(size_t min_element_size) {
    const int32_t count = Int();
    if (!ok_) return 0;
    if (count < 0) return count == -1 ? -1 : 0;
    if (static_cast<size_t>(count) > remaining() / min_element_size) {
      Fail();
      return 0;
    }
    return count;
  }

  void Skip(size_t bytes) {
    if (Has(bytes)) at_ += bytes;
  }
  void Fail() {
    ok_ = false;
    at_ = end_;
  }

 private:
  bool Has(size_t bytes) {
    if (bytes <= remaining()) return ok_;
    Fail();
    return false;
  }
  template <typename Unsigned>
  Unsigned Load() {
    if (!Has(sizeof(Unsigned))) return 0;
    Unsigned wire;
    std::memcpy(&wire, at_, sizeof wire);
    at_ += sizeof wire;
    return BigEndian(wire);
  }

  const char* at_;
  const char* end_;
  size_t max_length_;
  bool ok_ = true;
};

}  // namespace zk::jute
