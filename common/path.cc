// SPDX-License-Identifier: Apache-2.0
#include "common/path.h"

#include <cstdio>

namespace zk {
namespace {

// The code point of the multi-byte sequence at the start of `rest` and its length; 0 bytes when it
// is no UTF-8 of two or three bytes. Four-byte sequences are surrogate pairs in UTF-16: never
// legal.
struct CodePoint {
  uint32_t value = 0;
  size_t bytes = 0;
};

bool IsContinuation(unsigned char byte) { return (byte & 0xc0) == 0x80; }

CodePoint DecodeMultiByte(std::string_view rest) {
  const auto at = [&](size_t i) -> unsigned char {
    return i < rest.size() ? static_cast<unsigned char>(rest[i]) : 0;
  };
  const uint32_t lead = at(0);
  if (lead >= 0xc2 && lead <= 0xdf && IsContinuation(at(1))) {
    return {(lead & 0x1f) << 6 | (at(1) & 0x3fu), 2};
  }
  if (lead >= 0xe0 && lead <= 0xef && IsContinuation(at(1)) && IsContinuation(at(2))) {
    const uint32_t value = (lead & 0x0f) << 12 | (at(1) & 0x3fu) << 6 | (at(2) & 0x3fu);
    if (value >= 0x800) return {value, 3};  // shorter forms exist for what is below
  }
  return {};
}

bool IsIllegal(uint32_t c) {
  return (c >= 0x80 && c <= 0x9f) || (c >= 0xd800 && c <= 0xf8ff) || (c >= 0xfff0 && c <= 0xffff);
}

bool IsLegalComponent(std::string_view name) {
  if (name.empty() || name == "." || name == "..") return false;
  for (size_t i = 0; i < name.size();) {
    const auto byte = static_cast<unsigned char>(name[i]);
    if (byte < 0x80) {
      if (byte < 0x20 || byte == 0x7f) return false;
      i++;
      continue;
    }
    const CodePoint c = DecodeMultiByte(name.substr(i));
    if (c.bytes == 0 || IsIllegal(c.value)) return false;
    i += c.bytes;
  }
  return true;
}

}  // namespace

bool IsValidPath(std::string_view path) {
  if (path.empty() || path[0] != '/') return false;
  if (path.size() == 1) return true;
  for (size_t start = 1; start <= path.size();) {
    const size_t slash = path.find('/', start);
    const size_t end = slash == std::string_view::npos ? path.size() : slash;
    if (!IsLegalComponent(path.substr(start, end - start))) return false;
    start = end + 1;
  }
  // A trailing '/' left an empty component, which start <= size() made the loop look at.
  return true;
}

bool HasSlashAndNoNul(std::string_view path) {
  return path.find('/') != std::string_view::npos && path.find('\0') == std::string_view::npos;
}

std::string_view ParentOf(std::string_view path) {
  const size_t slash = path.rfind('/');
  if (slash == std::string_view::npos) return {};
  return path.substr(0, slash == 0 ? 1 : slash);
}

std::string_view NameOf(std::string_view path) {
  return path.substr(path.rfind('/') + 1);  // npos + 1 is 0: no '/', all of it
}

std::string SequenceSuffix(int32_t counter) {
  char text[16];
  const int length = std::snprintf(text, sizeof text, "%010d", counter);
  return std::string(text, static_cast<size_t>(length));
}

}  // namespace zk
