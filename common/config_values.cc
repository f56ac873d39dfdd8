// SPDX-License-Identifier: Apache-2.0
#include "common/config_values.h"

#include <algorithm>
#include <charconv>
#include <optional>

namespace zk {
namespace {

// Digits with an optional sign.
std::optional<int64_t> ParseNumber(std::string_view text) {
  const bool negative = text.starts_with('-');
  if (negative || text.starts_with('+')) text.remove_prefix(1);
  const bool hex = text.starts_with("0x") || text.starts_with("0X");
  if (hex) text.remove_prefix(2);
  int64_t value = 0;
  const auto [end, error] =
      std::from_chars(text.data(), text.data() + text.size(), value, hex ? 16 : 10);
  if (text.starts_with('-') || error != std::errc() || end != text.data() + text.size()) {
    return std::nullopt;
  }
  return negative ? -value : value;
}

std::string Shortened(std::string text) {
  constexpr size_t kLongest = 200;
  if (text.size() > kLongest) text.replace(kLongest, std::string::npos, "...");
  return text;
}

}  // namespace

bool Setting::is_secret() const {
  std::string lower(key);
  std::transform(lower.begin(), lower.end(), lower.begin(), LowerCase);
  return (lower.find("password") != std::string::npos &&
          lower.find("passwordpath") == std::string::npos) ||
         lower.find("superdigest") != std::string::npos;
}

std::string Setting::Name() const {
  return where + ": " + Shortened(key + '=' + (is_secret() ? "***" : value));
}

std::string Setting::NameOnly() const { return where + ": " + Shortened(key); }

std::string OneLine(std::string text) {
  std::replace_if(
      text.begin(), text.end(), [](char c) { return static_cast<unsigned char>(c) < ' '; }, '?');
  return text;
}

Status BadValue(const Setting& setting, std::string_view expected) {
  return Status::Invalid(setting.Name() + ": expected " + std::string(expected));
}

Status ReadInt(const Setting& setting, int64_t low, int64_t high, std::string_view unit,
               int64_t& out) {
  const std::optional<int64_t> value = ParseNumber(setting.value);
  if (!value || *value < low || *value > high) {
    std::string expected = "a whole number";
    if (!unit.empty()) expected.append(" of ").append(unit);
    expected += " from " + std::to_string(low) + " to " + std::to_string(high);
    return BadValue(setting, expected);
  }
  out = *value;
  return Status::Ok();
}

Status ReadBool(const Setting& setting, bool& out) {
  for (const char* yes : {"true", "yes"}) {
    if (EqualsIgnoringCase(setting.value, yes)) {
      out = true;
      return Status::Ok();
    }
  }
  for (const char* no : {"false", "no"}) {
    if (EqualsIgnoringCase(setting.value, no)) {
      out = false;
      return Status::Ok();
    }
  }
  return BadValue(setting, "true or false (or yes or no)");
}

bool EqualsIgnoringCase(std::string_view a, std::string_view b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [](char x, char y) { return LowerCase(x) == LowerCase(y); });
}

std::string_view TrimBlanks(std::string_view text) {
  const auto blank = [](char c) { return static_cast<unsigned char>(c) <= ' '; };
  while (!text.empty() && blank(text.front())) text.remove_prefix(1);
  while (!text.empty() && blank(text.back())) text.remove_suffix(1);
  return text;
}

}  // namespace zk
