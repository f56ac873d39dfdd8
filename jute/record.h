// SPDX-License-Identifier: Apache-2.0
//
// Records from one field list: encode, decode, equality, text and JSON.
//
//   struct SetDataRequest {
//     jute::Buffer path;
//     jute::Buffer data;
//     int32_t version = 0;
//     JUTE_FIELDS(SetDataRequest, path, data, version)
//   };
//   std::string out;
//   jute::Encode(request, out);
//   bool ok = jute::Decode(bytes, request);
//
// Place: every record of common/proto is declared with it; schema.h prints the same list as .jute.
// Threads: plain values. Records hold views: whoever keeps data copies it.
// Invariant: a field that is in the struct but not in the list does not compile (boost::pfr
// counts). Field types: bool, int8_t, int32_t, int64_t, Buffer (`buffer`), String (`ustring`),
// Vector<T> of those and of records, and records.
#pragma once

#include <boost/pfr/tuple_size.hpp>
#include <concepts>
#include <cstdint>
#include <string>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <utility>

#include "jute/bytes.h"
#include "jute/decoder.h"
#include "jute/encoder.h"

namespace zk::jute {

// A jute `ustring`: same bytes as a buffer, another name in the schema and another print.
class String : public Buffer {
 public:
  using Buffer::Buffer;
};

// NOLINTBEGIN(cppcoreguidelines-macro-usage)
#define JUTE_FIELDS(Type, ...)                                  \
  static constexpr std::string_view kRecordName = #Type;        \
  static constexpr std::string_view kFieldNames = #__VA_ARGS__; \
  auto fields() { return std::tie(__VA_ARGS__); }               \
  auto fields() const { return std::tie(__VA_ARGS__); }         \
  friend bool operator==(const Type& a, const Type& b) { return a.fields() == b.fields(); }

// A record without fields.
#define JUTE_NO_FIELDS(Type)                             \
  static constexpr std::string_view kRecordName = #Type; \
  static constexpr std::string_view kFieldNames = "";    \
  auto fields() { return std::tuple<>(); }               \
  auto fields() const { return std::tuple<>(); }         \
  friend bool operator==(const Type&, const Type&) { return true; }
// NOLINTEND(cppcoreguidelines-macro-usage)

template <typename T>
concept Record = requires(const T& t) {
  { T::kRecordName } -> std::convertible_to<std::string_view>;
  t.fields();
};

// The record's name in the schema; a struct whose C++ name differs has a kJuteName.
template <Record T>
constexpr std::string_view JuteName() {
  if constexpr (requires { T::kJuteName; }) {
    return T::kJuteName;
  } else {
    return T::kRecordName;
  }
}

// Calls visit(name, field) for each field of `record` in order.
template <Record T, typename Visit>
void ForEachField(const T& record, Visit&& visit) {
  std::string_view names = T::kFieldNames;
  const auto next_name = [&names] {
    const size_t comma = names.find(',');
    const std::string_view name = names.substr(0, comma);
    names.remove_prefix(comma == std::string_view::npos ? names.size() : comma + 1);
    while (names.starts_with(' ')) names.remove_prefix(1);
    return name;
  };
  std::apply([&](const auto&... field) { (visit(next_name(), field), ...); }, record.fields());
}

template <typename T>
struct IsVector : std::false_type {};
template <typename T>
struct IsVector<Vector<T>> : std::true_type {
  using Element = T;
};

template <Record T>
constexpr void CheckFieldCount() {
  using Fields = decltype(std::declval<T&>().fields());
  static_assert(std::tuple_size_v<Fields> == boost::pfr::tuple_size_v<T>,
                "JUTE_FIELDS does not name every field of the struct");
}

// The fewest bytes an encoded T can take (at least 1): bounds the count of a hostile vector.
template <typename T>
constexpr size_t MinSize() {
  if constexpr (Record<T>) {
    return []<typename... F>(std::type_identity<std::tuple<F&...>>) {
      const size_t sum = (size_t{0} + ... + MinSize<std::remove_cvref_t<F>>());
      return sum == 0 ? size_t{1} : sum;
    }(std::type_identity<decltype(std::declval<T&>().fields())>());
  } else if constexpr (std::is_same_v<T, bool> || std::is_same_v<T, int8_t>) {
    return 1;
  } else if constexpr (std::is_same_v<T, int64_t>) {
    return 8;
  } else {
    return 4;
  }
}

template <typename T>
void EncodeField(const T& value, Encoder& out) {
  if constexpr (std::is_same_v<T, bool>) {
    out.Bool(value);
  } else if constexpr (std::is_same_v<T, int8_t>) {
    out.Byte(value);
  } else if constexpr (std::is_same_v<T, int32_t>) {
    out.Int(value);
  } else if constexpr (std::is_same_v<T, int64_t>) {
    out.Long(value);
  } else if constexpr (std::is_base_of_v<Buffer, T>) {
    out.NullableBuffer(value);
  } else if constexpr (IsVector<T>::value) {
    out.Int(value.is_null() ? -1 : static_cast<int32_t>(value.size()));
    for (const auto& item : value) EncodeField(item, out);
  } else {
    CheckFieldCount<T>();
    std::apply([&](const auto&... field) { (EncodeField(field, out), ...); }, value.fields());
  }
}

template <typename T>
void DecodeField(T& value, Decoder& in) {
  if constexpr (std::is_same_v<T, bool>) {
    value = in.Bool();
  } else if constexpr (std::is_same_v<T, int8_t>) {
    value = in.Byte();
  } else if constexpr (std::is_same_v<T, int32_t>) {
    value = in.Int();
  } else if constexpr (std::is_same_v<T, int64_t>) {
    value = in.Long();
  } else if constexpr (std::is_base_of_v<Buffer, T>) {
    static_cast<Buffer&>(value) = in.NullableBuffer();
  } else if constexpr (IsVector<T>::value) {
    value.items.clear();
    const int32_t count = in.BoundedCount(MinSize<typename IsVector<T>::Element>());
    value.null = in.ok() && count == -1;
    for (int32_t i = 0; i < count && in.ok(); i++) DecodeField(value.items.emplace_back(), in);
  } else {
    CheckFieldCount<T>();
    std::apply([&](auto&... field) { (DecodeField(field, in), ...); }, value.fields());
  }
}

template <Record T>
void Encode(const T& record, std::string& out) {
  Encoder encoder(out);
  EncodeField(record, encoder);
}

template <Record T>
std::string Encoded(const T& record) {
  std::string out;
  Encode(record, out);
  return out;
}

// Trailing bytes are left unread, as everywhere in the protocol; false on short or bad input.
template <Record T>
bool Decode(Bytes bytes, T& record) {
  Decoder in(bytes);
  DecodeField(record, in);
  return in.ok();
}

}  // namespace zk::jute
