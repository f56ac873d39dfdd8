// SPDX-License-Identifier: Apache-2.0
//
// Numbers and framing of the transaction log, shared by its writer and its reader.
//
// Place: beside txn_log. Threads: constants and plain functions.
// A file is a header of 16 bytes, then records: checksum (8, Adler-32 of the payload), length (4),
// payload, the end mark 'B'. A length of 0 ends it: the rest is zeros, written ahead.
// Source: storage format, "Transaction log".
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace zk::storage {

inline constexpr int32_t kLogMagic = 0x5a4b4c47;  // "ZKLG"
inline constexpr int32_t kLogVersion = 2;
inline constexpr size_t kLogHeaderSize = 16;
inline constexpr size_t kRecordPrefixSize = 12;  // checksum and length
inline constexpr char kEndOfRecord = 'B';
inline constexpr size_t kRecordOverhead = kRecordPrefixSize + 1;
// Disks write or lose this much at once.
inline constexpr uint64_t kSectorSize = 512;

// Adler-32 of `bytes`, continued from `from`.
uint32_t Adler32(std::string_view bytes, uint32_t from = 1);

}  // namespace zk::storage
