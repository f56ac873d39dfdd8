// SPDX-License-Identifier: Apache-2.0
#include "server/core/tree/digest.h"

#include <zlib.h>

#include <array>
#include <cstring>

#include "jute/encoder.h"

namespace zk {
namespace {

// CRC-32 of IEEE 802.3. A change of the tree digests 60 bytes several times over, for which zlib
// takes three times as long as eight tables do ("slicing-by-8", Kounavis and Berry 2005); long data
// is its.
class Crc32 {
 public:
  static uint32_t Continue(uint32_t state, std::string_view bytes) {
    if (bytes.size() >= kLong) {
      return static_cast<uint32_t>(
          crc32_z(state, reinterpret_cast<const unsigned char*>(bytes.data()), bytes.size()));
    }
    uint32_t crc = ~state;
    const char* at = bytes.data();
    size_t left = bytes.size();
    for (; left >= 8; left -= 8, at += 8) {
      uint64_t word;
      std::memcpy(&word, at, sizeof word);  // little-endian, as jute/encoder.h asserts
      const uint32_t low = static_cast<uint32_t>(word) ^ crc;
      const uint32_t high = static_cast<uint32_t>(word >> 32);
      crc = kTables[7][low & 0xFF] ^ kTables[6][(low >> 8) & 0xFF] ^
            kTables[5][(low >> 16) & 0xFF] ^ kTables[4][low >> 24] ^ kTables[3][high & 0xFF] ^
            kTables[2][(high >> 8) & 0xFF] ^ kTables[1][(high >> 16) & 0xFF] ^
            kTables[0][high >> 24];
    }
    for (; left > 0; --left, ++at) {
      crc = (crc >> 8) ^ kTables[0][(crc ^ static_cast<uint8_t>(*at)) & 0xFF];
    }
    return ~crc;
  }

 private:
  static constexpr size_t kLong = 192;
  static constexpr uint32_t kPolynomial = 0xEDB88320;  // reflected

  using Tables = std::array<std::array<uint32_t, 256>, 8>;
  static constexpr Tables Make() {
    Tables tables{};
    for (uint32_t byte = 0; byte < 256; ++byte) {
      uint32_t crc = byte;
      for (int bit = 0; bit < 8; ++bit) crc = (crc >> 1) ^ ((crc & 1) != 0 ? kPolynomial : 0);
      tables[0][byte] = crc;
    }
    for (size_t t = 1; t < tables.size(); ++t) {
      for (size_t byte = 0; byte < 256; ++byte) {
        const uint32_t before = tables[t - 1][byte];
        tables[t][byte] = (before >> 8) ^ tables[0][before & 0xFF];
      }
    }
    return tables;
  }
  static const Tables kTables;
};
constexpr Crc32::Tables Crc32::kTables = Crc32::Make();

}  // namespace

uint32_t DigestPrefix(std::string_view path, std::string_view data) {
  return Crc32::Continue(Crc32::Continue(0, path), data);
}

uint64_t DigestOfStat(uint32_t prefix, const NodeStat& stat) {
  char bytes[60];
  jute::StoreLong(bytes, stat.czxid);
  jute::StoreLong(bytes + 8, stat.mzxid);
  jute::StoreLong(bytes + 16, stat.pzxid);
  jute::StoreLong(bytes + 24, stat.ctime);
  jute::StoreLong(bytes + 32, stat.mtime);
  jute::StoreInt(bytes + 40, stat.version);
  jute::StoreInt(bytes + 44, stat.cversion);
  jute::StoreInt(bytes + 48, stat.aversion);
  jute::StoreLong(bytes + 52, stat.ephemeral_owner);
  return Crc32::Continue(prefix, std::string_view(bytes, sizeof bytes));
}

uint64_t NodeDigest(std::string_view path, std::string_view data, const NodeStat& stat) {
  return PathInDigest(path) ? DigestOfStat(DigestPrefix(path, data), stat) : 0;
}

}  // namespace zk
