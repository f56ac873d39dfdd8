// SPDX-License-Identifier: Apache-2.0
//
// Any bytes as a snapshot: refused, or loaded to a state that can be written and loaded again.
//
// The first byte chooses the form: 0 plain, 1 gzip, 2 snappy, 3 plain with a right checksum behind
// the bytes, so that loading is reached.

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "common/log.h"
#include "jute/encoder.h"
#include "server/storage/file_names.h"
#include "server/storage/log_format.h"
#include "server/storage/snapshot_loader.h"
#include "server/storage/snapshot_writer.h"
#include "tests/storage/mem_disk.h"

namespace zk::storage {
namespace {

constexpr char kDir[] = "/data/version-2";

std::string Sealed(std::string_view input) {
  std::string file(input);
  jute::Encoder out(file);
  out.Long(Adler32(file));
  out.String("/");
  return file;
}

void LoadAndWrite(MemDisk& disk, const SnapshotFile& file) {
  Limits limits;
  limits.jute_max_buffer = 64 << 10;
  limits.jute_extra_size = 0;
  const TreeOptions options{.extended_types = true};
  auto loaded = LoadSnapshot(disk, kDir, file, limits, options);
  if (!loaded.ok()) return;
  SnapshotWriter::Options write;
  write.dir = kDir;
  const auto first = WriteSnapshot(disk, write, *loaded->db);
  CHECK(first.ok()) << first.status().message();
  const std::string bytes = disk.bytes(std::string(kDir) + "/" + *first);
  auto again = LoadSnapshot(disk, kDir, *ParseSnapshotName(*first), write.limits, options);
  CHECK(again.ok()) << again.status().message();
  CHECK_EQ(again->db->tree.digest(), loaded->db->tree.digest());
  CHECK_EQ(again->db->tree.node_count(), loaded->db->tree.node_count());
  CHECK(again->db->sessions == loaded->db->sessions);
  CHECK(!again->digest_differs);
  const auto second = WriteSnapshot(disk, write, *again->db);
  CHECK(second.ok()) << second.status().message();
  CHECK(disk.bytes(std::string(kDir) + "/" + *second) == bytes);
}

void RunOne(std::string_view input) {
  if (input.empty() || input.size() > (64 << 10)) return;
  constexpr Compression kForms[] = {Compression::kNone, Compression::kGzip, Compression::kSnappy,
                                    Compression::kNone};
  const size_t form = static_cast<uint8_t>(input[0]) % 4;
  const std::string_view rest = input.substr(1);
  const SnapshotFile file{Zxid(0x57), SnapshotName(Zxid(0x57), kForms[form]), kForms[form]};
  MemDisk disk;
  disk.Put(std::string(kDir) + "/" + file.name, form == 3 ? Sealed(rest) : std::string(rest));
  LoadAndWrite(disk, file);
}

}  // namespace
}  // namespace zk::storage

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  zk::storage::RunOne({reinterpret_cast<const char*>(data), size});
  return 0;
}
