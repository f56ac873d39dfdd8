// SPDX-License-Identifier: Apache-2.0
//
// Any bytes as a transaction log: read, judged, recovered from.
//
// The first byte chooses: even, the rest is the file; odd, the rest is cut into payloads that are
// framed with right checksums and zxids, so that decoding and applying are reached.

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "common/log.h"
#include "jute/encoder.h"
#include "server/core/pipeline/txn_codec.h"
#include "server/storage/log_format.h"
#include "server/storage/log_reader.h"
#include "server/storage/recovery.h"
#include "tests/storage/log_util.h"

namespace zk::storage {
namespace {

// Each payload is two bytes of length and what follows; its zxid is set to the next.
std::string Framed(std::string_view input) {
  std::string file;
  jute::Encoder out(file);
  out.Int(kLogMagic);
  out.Int(kLogVersion);
  out.Long(0);
  for (int64_t zxid = 1; input.size() >= 2 + kTxnHeaderSize; zxid++) {
    const size_t wanted = static_cast<uint8_t>(input[0]) * 256u + static_cast<uint8_t>(input[1]);
    const size_t size = std::min(std::max(wanted % 4096, kTxnHeaderSize), input.size() - 2);
    std::string payload(input.substr(2, size));
    jute::StoreLong(payload.data() + 12, zxid);
    out.Long(Adler32(payload));
    out.String(payload);
    out.Byte(kEndOfRecord);
    input.remove_prefix(2 + size);
  }
  return file;
}

void ReadAll(MemDisk& disk, const std::string& path) {
  const std::string bytes = disk.bytes(path);
  const ReadResult read = ReadLog(disk, path);
  std::string again = bytes.substr(0, kLogHeaderSize);
  jute::Encoder out(again);
  for (const std::string& payload : read.payloads) {
    out.Long(Adler32(payload));
    out.String(payload);
    out.Byte(kEndOfRecord);
  }
  if (read.offset > 0) CHECK(again == bytes.substr(0, read.offset));
  CHECK(read.end != LogEnd::kNone);
}

// Recovery either refuses and touches nothing, or finds the same again afterwards.
void RecoverTwice(MemDisk& disk) {
  ServerConfig config;
  config.data_dir = config.data_log_dir = "/data";
  config.snapshot_trust_empty = true;
  config.extended_types = true;
  const auto before = disk.Snapshot();
  const auto first = Recover(disk, config, {});
  if (!first.ok()) {
    CHECK(disk.Snapshot() == before) << first.status().message();
    return;
  }
  const auto second = Recover(disk, config, {});
  CHECK(second.ok()) << second.status().message();
  CHECK_EQ(first->db->last_processed.value, second->db->last_processed.value);
  CHECK_EQ(first->db->tree.digest(), second->db->tree.digest());
  CHECK_EQ(first->db->tree.node_count(), second->db->tree.node_count());
}

void RunOne(std::string_view input) {
  if (input.empty() || input.size() > (64 << 10)) return;
  const std::string path = LogPath(Zxid(1));
  const std::string_view rest = input.substr(1);
  MemDisk disk;
  disk.Put(path, input[0] % 2 == 0 ? std::string(rest) : Framed(rest));
  ReadAll(disk, path);
  RecoverTwice(disk);
}

}  // namespace
}  // namespace zk::storage

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  zk::storage::RunOne({reinterpret_cast<const char*>(data), size});
  return 0;
}
