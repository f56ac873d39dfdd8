// SPDX-License-Identifier: Apache-2.0
#include <arpa/inet.h>

#include <array>
#include <charconv>
#include <cstring>
#include <optional>

#include "common/acl.h"

namespace zk {
namespace {

struct Address {
  std::array<unsigned char, 16> bytes{};
  size_t size = 0;  // 4 or 16
};

// As Java reads an int: an optional sign, then digits.
std::optional<int> ParseInt(std::string_view text) {
  if (text.starts_with('+')) {
    text.remove_prefix(1);
    if (text.starts_with('-')) return std::nullopt;
  }
  int value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

std::optional<Address> ParseV4(std::string_view text) {
  Address address;
  for (;;) {
    const size_t dot = text.find('.');
    const std::optional<int> part = ParseInt(text.substr(0, dot));
    if (!part || *part < 0 || *part > 255 || address.size == 4) return std::nullopt;
    address.bytes[address.size++] = static_cast<unsigned char>(*part);
    if (dot == std::string_view::npos) break;
    text.remove_prefix(dot + 1);
  }
  if (address.size != 4) return std::nullopt;
  return address;
}

std::optional<Address> ParseAddress(std::string_view text) {
  if (text.find(':') == std::string_view::npos) return ParseV4(text);
  text = text.substr(0, text.find('%'));  // a scope names an interface, not an address
  char terminated[INET6_ADDRSTRLEN];
  if (text.size() >= sizeof terminated) return std::nullopt;
  std::memcpy(terminated, text.data(), text.size());
  terminated[text.size()] = '\0';
  Address address;
  if (inet_pton(AF_INET6, terminated, address.bytes.data()) != 1) return std::nullopt;
  address.size = 16;
  return address;
}

struct Range {
  Address address;
  size_t bits = 0;
};

std::optional<Range> ParseRange(std::string_view text) {
  const size_t slash = text.find('/');
  const std::optional<Address> address = ParseAddress(text.substr(0, slash));
  if (!address) return std::nullopt;
  Range range{*address, address->size * 8};
  if (slash != std::string_view::npos) {
    const std::optional<int> bits = ParseInt(text.substr(slash + 1));
    if (!bits || *bits < 0 || static_cast<size_t>(*bits) > range.bits) return std::nullopt;
    range.bits = static_cast<size_t>(*bits);
  }
  return range;
}

}  // namespace

bool IsValidAddressRange(std::string_view range) { return ParseRange(range).has_value(); }

bool AddressInRange(std::string_view address, std::string_view range) {
  const std::optional<Range> wanted = ParseRange(range);
  const std::optional<Address> given = ParseAddress(address);
  if (!wanted || !given || given->size != wanted->address.size) return false;
  const size_t whole = wanted->bits / 8;
  const size_t rest = wanted->bits % 8;
  const auto& a = given->bytes;
  const auto& b = wanted->address.bytes;
  if (std::memcmp(a.data(), b.data(), whole) != 0) return false;
  return rest == 0 || (a[whole] ^ b[whole]) >> (8 - rest) == 0;
}

}  // namespace zk
