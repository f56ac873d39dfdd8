// SPDX-License-Identifier: Apache-2.0
#include "common/properties.h"

#include <charconv>
#include <cstdint>

namespace zk {
namespace {

bool IsBlank(char c) { return c == ' ' || c == '\t' || c == '\f'; }
bool IsLineEnd(char c) { return c == '\n' || c == '\r'; }

// Joins natural lines to logical ones: comments and empty lines are gone, continuations are
// resolved, escapes are not.
class LineReader {
 public:
  explicit LineReader(std::string_view text) : text_(text) {}

  // False at the end of the text.
  bool Next(std::string& logical, int& line) {
    logical.clear();
    while (at_ < text_.size()) {
      SkipBlanks();
      if (at_ == text_.size()) break;
      if (logical.empty()) {
        if (text_[at_] == '#' || text_[at_] == '!') {
          SkipLine();
          continue;
        }
        line = line_;
      }
      const bool continues = AppendLine(logical);
      if (!continues && !logical.empty()) return true;
    }
    return !logical.empty();
  }

 private:
  void SkipBlanks() {
    while (at_ < text_.size() && IsBlank(text_[at_])) at_++;
  }
  void SkipLine() {
    while (at_ < text_.size() && !IsLineEnd(text_[at_])) at_++;
    SkipLineEnd();
  }
  void SkipLineEnd() {
    if (at_ == text_.size()) return;
    const char first = text_[at_++];
    if (first == '\r' && at_ < text_.size() && text_[at_] == '\n') at_++;
    line_++;
  }
  // Takes the rest of the natural line; true when a backslash at its end asks for the next one.
  bool AppendLine(std::string& logical) {
    bool escaped = false;
    while (at_ < text_.size() && !IsLineEnd(text_[at_])) {
      const char c = text_[at_++];
      escaped = c == '\\' && !escaped;
      logical.push_back(c);
    }
    SkipLineEnd();
    if (escaped) logical.pop_back();
    return escaped;
  }

  std::string_view text_;
  size_t at_ = 0;
  int line_ = 1;
};

void AppendUtf8(uint32_t c, std::string& out) {
  const auto put = [&out](uint32_t byte) { out.push_back(static_cast<char>(byte)); };
  if (c < 0x80) {
    put(c);
  } else if (c < 0x800) {
    put(0xc0 | c >> 6);
    put(0x80 | (c & 0x3f));
  } else if (c < 0x10000) {
    put(0xe0 | c >> 12);
    put(0x80 | (c >> 6 & 0x3f));
    put(0x80 | (c & 0x3f));
  } else {
    put(0xf0 | c >> 18);
    put(0x80 | (c >> 12 & 0x3f));
    put(0x80 | (c >> 6 & 0x3f));
    put(0x80 | (c & 0x3f));
  }
}

// Gathers UTF-16 units, as escapes give them, into UTF-8; half a surrogate pair becomes '?'.
class Utf16Sink {
 public:
  void Put(uint32_t unit) {
    const bool low = unit >= 0xdc00 && unit <= 0xdfff;
    if (high_ != 0) {
      AppendUtf8(low ? 0x10000 + ((high_ - 0xd800) << 10) + (unit - 0xdc00) : '?', out_);
      high_ = 0;
      if (low) return;
    }
    if (unit >= 0xd800 && unit <= 0xdbff) {
      high_ = unit;
    } else {
      AppendUtf8(low ? '?' : unit, out_);
    }
  }
  std::string Take() {
    if (high_ != 0) AppendUtf8('?', out_);
    return std::move(out_);
  }

 private:
  uint32_t high_ = 0;
  std::string out_;
};

// False on a malformed \u escape.
bool Unescape(std::string_view raw, std::string& out) {
  Utf16Sink sink;
  for (size_t i = 0; i < raw.size(); i++) {
    if (raw[i] != '\\' || i + 1 == raw.size()) {
      if (raw[i] != '\\') sink.Put(static_cast<unsigned char>(raw[i]));
      continue;
    }
    const char c = raw[++i];
    if (c == 'u') {
      const std::string_view digits = raw.substr(i + 1, 4);
      uint32_t unit = 0;
      const auto [end, error] =
          std::from_chars(digits.data(), digits.data() + digits.size(), unit, 16);
      if (digits.size() != 4 || error != std::errc() || end != digits.data() + 4) return false;
      sink.Put(unit);
      i += 4;
      continue;
    }
    constexpr std::string_view kNames = "tnrf", kMeanings = "\t\n\r\f";
    const size_t name = kNames.find(c);
    sink.Put(static_cast<unsigned char>(name == std::string_view::npos ? c : kMeanings[name]));
  }
  out = sink.Take();
  return true;
}

// Splits at the first '=', ':' or blank that is not escaped, and the blanks and the one sign
// behind.
void Split(std::string_view logical, std::string_view& key, std::string_view& value) {
  size_t end = 0;
  while (end < logical.size() && logical[end] != '=' && logical[end] != ':' &&
         !IsBlank(logical[end])) {
    end += logical[end] == '\\' ? 2 : 1;
  }
  if (end > logical.size()) end = logical.size();
  key = logical.substr(0, end);
  bool sign = false;
  while (end < logical.size()) {
    const char c = logical[end];
    if (!IsBlank(c) && (sign || (c != '=' && c != ':'))) break;
    sign = sign || !IsBlank(c);
    end++;
  }
  value = logical.substr(end);
}

}  // namespace

Result<std::vector<Property>> ParseProperties(std::string_view text) {
  std::vector<Property> properties;
  LineReader reader(text);
  std::string logical;
  int line = 0;
  while (reader.Next(logical, line)) {
    std::string_view key, value;
    Split(logical, key, value);
    Property property;
    property.line = line;
    if (!Unescape(key, property.key) || !Unescape(value, property.value)) {
      return Status::Invalid("line " + std::to_string(line) +
                             ": \\u is followed by four hexadecimal digits");
    }
    properties.push_back(std::move(property));
  }
  return properties;
}

}  // namespace zk
