// SPDX-License-Identifier: Apache-2.0
//
// Reads a snapshot file piece by piece and checks its seals.
//
// Place: under snapshot_loader (which builds a Database) and snapshot_writer (which checks what it
// wrote); for administration and fuzzing. Threads: one owner at a time.
// Invariants:
//   1. Memory is bounded by the largest node, whatever counts and lengths the file claims.
//   2. Nothing counts before ok came back: the seals are at the end.
// Source: storage format, "Snapshot files".
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "common/acl.h"
#include "common/limits.h"
#include "common/status.h"
#include "common/types.h"
#include "jute/bytes.h"
#include "server/core/tree/database.h"
#include "server/core/tree/node.h"
#include "server/storage/disk.h"
#include "server/storage/file_names.h"

namespace zk::storage {

inline constexpr int32_t kSnapshotMagic = 0x5a4b534e;  // "ZKSN"
inline constexpr int32_t kSnapshotVersion = 2;
// The open list {31, world:anyone}: in no table.
inline constexpr int64_t kOpenAclId = -1;

// Called in the order of the file: sessions, lists, nodes. A bad status ends the reading with it.
class SnapshotVisitor {
 public:
  virtual ~SnapshotVisitor() = default;
  virtual Status OnSession(SessionId session, int32_t timeout_ms) = 0;
  virtual Status OnAcl(int64_t id, AclList list) = 0;
  // Views are valid during the call.
  virtual Status OnNode(std::string_view path, const jute::Buffer& data, int64_t acl_id,
                        const NodeStat& stat) = 0;
};

struct SnapshotTail {
  uint64_t nodes = 0;
  // Digest of the tree at a zxid; absent in files of 3.5 and older, and where digests are off.
  std::optional<Database::LoadedDigest> digest;
  std::optional<Zxid> last_zxid;  // files of 3.9 and later
};

// `path` names the file, `compression` its form. kCorruption says what is wrong and where.
Result<SnapshotTail> ReadSnapshot(Disk& disk, const std::string& path, Compression compression,
                                  const Limits& limits, SnapshotVisitor& visitor);

// Java's quick look at a file (first bytes, or last ones of a plain file) before it is a candidate.
Result<bool> LooksLikeSnapshot(Disk& disk, const std::string& dir, const SnapshotFile& file);

}  // namespace zk::storage
