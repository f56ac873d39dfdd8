// SPDX-License-Identifier: Apache-2.0
// Small parsers of what clients send, each against a second, slower way to the same answer.
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "common/acl.h"
#include "common/acl_names.h"
#include "common/log.h"
#include "common/path.h"
#include "server/core/tree/quota.h"
#include "tests/fuzz/fuzz_input.h"

namespace zk {
namespace {

// UTF-16 as Java decodes it, one U+FFFD for whatever is no UTF-8.
std::u16string ToUtf16(std::string_view bytes) {
  std::u16string units;
  for (size_t i = 0; i < bytes.size();) {
    const auto byte = [&](size_t k) -> uint32_t {
      return i + k < bytes.size() ? static_cast<unsigned char>(bytes[i + k]) : 0;
    };
    const size_t length = byte(0) < 0x80           ? 1
                          : (byte(0) >> 5) == 0x6  ? 2
                          : (byte(0) >> 4) == 0xe  ? 3
                          : (byte(0) >> 3) == 0x1e ? 4
                                                   : 0;
    uint32_t value = length == 1 ? byte(0) : byte(0) & (0x7fu >> length);
    bool good = length != 0;
    for (size_t k = 1; k < length; k++) {
      good = good && (byte(k) >> 6) == 2;
      value = value << 6 | (byte(k) & 0x3f);
    }
    constexpr uint32_t kLeast[] = {0, 0, 0x80, 0x800, 0x10000};
    good = good && value >= kLeast[length] && value <= 0x10ffff && (value >> 11) != 0x1b;
    if (!good) {
      units.push_back(u'\xfffd');
      i++;
    } else if (value > 0xffff) {
      units.push_back(static_cast<char16_t>(0xd7c0 + (value >> 10)));
      units.push_back(static_cast<char16_t>(0xdc00 + (value & 0x3ff)));
      i += length;
    } else {
      units.push_back(static_cast<char16_t>(value));
      i += length;
    }
  }
  return units;
}

// The rules of the reference, unit by unit.
bool IsValidByTheRules(const std::u16string& path) {
  if (path.empty() || path[0] != u'/') return false;
  if (path.size() == 1) return true;
  if (path.back() == u'/') return false;
  std::u16string component;
  for (size_t i = 1; i <= path.size(); i++) {
    const char16_t c = i < path.size() ? path[i] : u'/';
    if (c == u'/') {
      if (component.empty() || component == u"." || component == u"..") return false;
      component.clear();
      continue;
    }
    if (c <= 0x1f || (c >= 0x7f && c <= 0x9f) || (c >= 0xd800 && c <= 0xf8ff) || c >= 0xfff0) {
      return false;
    }
    component.push_back(c);
  }
  return true;
}

void TryPath(std::string_view path) {
  const bool valid = IsValidPath(path);
  CHECK_EQ(valid, IsValidByTheRules(ToUtf16(path)));
  const std::string_view parent = ParentOf(path), name = NameOf(path);
  CHECK_LE(parent.size(), path.size());
  if (!valid || path == "/") return;
  CHECK(HasSlashAndNoNul(path));
  CHECK(IsValidPath(parent));
  CHECK_EQ(std::string(parent == "/" ? "" : parent) + '/' + std::string(name), path);
}

void TryAcl(FuzzInput input) {
  AuthOptions options;
  const uint8_t bits = input.Byte();
  options.digest_enabled = (bits & 1) != 0;
  options.sasl_provider = (bits & 2) != 0;
  options.x509_provider = (bits & 4) != 0;
  options.ensemble_provider = (bits & 8) != 0;
  AuthIds ids;
  for (int n = bits >> 6; n > 0; n--) {
    const std::string_view scheme = input.Text(), auth = input.Text();
    (void)Authenticate(scheme, auth, "127.0.0.1", options, ids);
  }
  jute::Vector<proto::Acl> wire;
  while (!input.empty()) {
    const int32_t perms = input.Byte();
    const std::string_view scheme = input.Text(), id = input.Text();
    wire.items.push_back({perms, {scheme, id}});
    CHECK(!AddressInRange("127.0.0.1", id) || IsValidAddressRange(id));
    (void)IsDistinguishedName(id);
    (void)IsKerberosName(id);
  }
  AclList list;
  if (FixupAcl(wire, ids, options, list) != ErrorCode::kOk) return;
  CHECK(!list.empty());
  for (const AclEntry& entry : list) CHECK(entry.id.scheme != "auth");
  CHECK(ToAclList(ToWire(list)) == list);
  (void)CheckAcl(list, ids, 1, options);
  // What was stored once is legal to store again, unless it names who asked.
  AclList again;
  if (ids.empty()) CHECK(FixupAcl(ToWire(list), ids, options, again) == ErrorCode::kOk);
}

void TryQuotaText(std::string_view text) {
  const std::optional<QuotaText> quota = QuotaText::Parse(text);
  if (!quota) return;
  const std::string printed = quota->Print();
  const std::optional<QuotaText> again = QuotaText::Parse(printed);
  CHECK(again.has_value()) << printed;
  CHECK_EQ(again->Print(), printed);
  CHECK_EQ(again->Get(QuotaText::kCount), quota->Get(QuotaText::kCount));
  CHECK_EQ(again->Get(QuotaText::kBytesHard), quota->Get(QuotaText::kBytesHard));
}

bool Covers(const std::string& prefix, std::string_view path) {
  return path.starts_with(prefix) && (path.size() == prefix.size() || path[prefix.size()] == '/');
}

void TryQuotaTrie(FuzzInput input) {
  QuotaTrie trie;
  std::set<std::string> prefixes;
  while (!input.empty()) {
    const uint8_t step = input.Byte();
    const std::string path(input.Text());
    if (!IsValidPath(path) || path == "/") continue;
    if (step % 3 == 0) {
      trie.Add(path);
      prefixes.insert(path);
    } else if (step % 3 == 1 && prefixes.erase(path) == 1) {
      trie.Remove(path);
    }
    std::string longest;
    for (const std::string& prefix : prefixes) {
      if (Covers(prefix, path) && prefix.size() > longest.size()) longest = prefix;
    }
    CHECK_EQ(trie.Longest(path), longest);
    CHECK_EQ(trie.empty(), prefixes.empty());
  }
}

void TryOne(const uint8_t* data, size_t size) {
  FuzzInput input(data, size);
  switch (input.Byte() % 4) {
    case 0:
      return TryPath(input.Rest());
    case 1:
      return TryAcl(input);
    case 2:
      return TryQuotaText(input.Rest());
    default:
      return TryQuotaTrie(input);
  }
}

}  // namespace
}  // namespace zk

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  zk::TryOne(data, size);
  return 0;
}
