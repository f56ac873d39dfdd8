// SPDX-License-Identifier: Apache-2.0
#include "common/acl_names.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <string>

namespace zk {
namespace {

bool IsDigit(char c) { return c >= '0' && c <= '9'; }
bool IsHexDigit(char c) { return IsDigit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F'); }
char Upper(char c) { return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c; }

std::string_view Trim(std::string_view text) {
  const auto blank = [](char c) { return c == ' ' || c == '\n'; };
  while (!text.empty() && blank(text.front())) text.remove_prefix(1);
  while (!text.empty() && blank(text.back())) text.remove_suffix(1);
  return text;
}

bool IsObjectIdentifier(std::string_view text) {
  if (text.empty() || !IsDigit(text.front()) || !IsDigit(text.back())) return false;
  if (text.front() > '2' || text.find('.') == std::string_view::npos) return false;
  for (size_t i = 0; i < text.size(); i++) {
    if (!IsDigit(text[i]) && (text[i] != '.' || text[i + 1] == '.')) return false;
  }
  return true;
}

bool IsAttributeType(std::string_view text) {
  static constexpr std::array<std::string_view, 21> kTypes = {
      "CN",       "C",         "L",          "S",     "ST",           "O",   "OU",
      "T",        "IP",        "STREET",     "DC",    "DNQUALIFIER",  "DNQ", "SURNAME",
      "INITIALS", "GIVENNAME", "GENERATION", "EMAIL", "EMAILADDRESS", "UID", "SERIALNUMBER"};
  std::string upper(text);
  std::transform(upper.begin(), upper.end(), upper.begin(), Upper);
  if (std::find(kTypes.begin(), kTypes.end(), upper) != kTypes.end()) return true;
  return IsObjectIdentifier(upper.starts_with("OID.") ? text.substr(4) : text);
}

size_t HexByte(std::string_view digits, size_t index) {
  const auto value = [](char c) -> size_t {
    return IsDigit(c) ? static_cast<size_t>(c - '0') : static_cast<size_t>(Upper(c) - 'A' + 10);
  };
  return value(digits[2 * index]) << 4 | value(digits[2 * index + 1]);
}

// The hex digits of exactly one BER value: tag, length, and as many bytes as the length says.
bool IsHexValue(std::string_view digits) {
  if (digits.size() < 4 || digits.size() % 2 != 0) return false;
  if (!std::all_of(digits.begin(), digits.end(), IsHexDigit)) return false;
  const size_t bytes = digits.size() / 2;
  size_t length = HexByte(digits, 1);
  if (length < 0x80) return bytes == 2 + length;
  const size_t length_bytes = length & 0x7f;
  if (length_bytes == 0 || length_bytes > 4 || bytes < 2 + length_bytes) return false;
  length = 0;
  for (size_t i = 0; i < length_bytes; i++) length = length << 8 | HexByte(digits, 2 + i);
  return bytes == 2 + length_bytes + length;
}

// Where the value at `start` ends: at an unquoted separator or the end; npos when it is malformed.
size_t EndOfValue(std::string_view name, size_t start) {
  bool quoted = false;
  for (size_t i = start; i < name.size(); i++) {
    const char c = name[i];
    if (c == '\\') {
      if (++i == name.size()) return std::string_view::npos;
    } else if (c == '"') {
      if (!quoted && !Trim(name.substr(start, i - start)).empty()) return std::string_view::npos;
      quoted = !quoted;
    } else if (!quoted && (c == ',' || c == ';' || c == '+')) {
      return i;
    }
  }
  return quoted ? std::string_view::npos : name.size();
}

}  // namespace

bool IsKerberosName(std::string_view name) {
  const size_t at = name.find('@');
  if (at == std::string_view::npos) return true;
  const std::string_view realm = name.substr(at + 1);
  if (realm.find_first_of("/@") != std::string_view::npos) return false;
  return std::count(name.begin(), name.begin() + static_cast<std::ptrdiff_t>(at), '/') <= 1;
}

bool IsDistinguishedName(std::string_view name) {
  if (name.empty()) return true;
  for (size_t start = 0;; start++) {
    const size_t equals = name.find('=', start);
    if (equals == std::string_view::npos) return false;
    if (!IsAttributeType(Trim(name.substr(start, equals - start)))) return false;
    const size_t end = EndOfValue(name, equals + 1);
    if (end == std::string_view::npos) return false;
    const std::string_view value = Trim(name.substr(equals + 1, end - equals - 1));
    if (value.starts_with('#') && !IsHexValue(value.substr(1))) return false;
    if (end == name.size()) return true;
    start = end;
  }
}

}  // namespace zk
