// SPDX-License-Identifier: Apache-2.0
//
// Writes a snapshot file that is exact at one zxid, a few nodes at a time.
//
// Place: the snapshot thread, recovery and the simulator take nodes from a SnapshotView inside a
// short section and hand them over here outside of it. Threads: one owner at a time. Invariants:
//   1. The file has its name only when it is whole, synced and read back without an error; before
//   that
//      it is `<name>.tmp`.
//   2. Equal views give equal bytes on every server: sessions by id, lists numbered from 1 by
//   content,
//      nodes as the view sorts them.
//   3. It is synced every flush_bytes, so that no long writeback holds up the log.
//   4. After an error nothing but Abandon() helps; a snapshot that failed is no reason to stop
//   serving.
// Source: storage format, "Plain layout" and "Writing a data dir that Java can take over".
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "common/acl.h"
#include "common/limits.h"
#include "common/server_config.h"
#include "common/status.h"
#include "common/types.h"
#include "server/core/tree/snapshot_view.h"
#include "server/storage/byte_stream.h"
#include "server/storage/disk.h"

namespace zk::storage {

class SnapshotWriter {
 public:
  struct Options {
    std::string dir;  // the snapshot's version-2 folder; must exist
    Compression compression = Compression::kNone;
    bool digest = true;              // write the digest block
    bool last_zxid_section = false;  // as 3.9 and later do
    uint64_t flush_bytes = 16 << 20;
    Limits limits;  // of what the read-back accepts
  };
  static Options OptionsOf(const ServerConfig& config);

  SnapshotWriter(Disk& disk, Options options);
  ~SnapshotWriter();  // abandons what was not finished
  SnapshotWriter(const SnapshotWriter&) = delete;
  SnapshotWriter& operator=(const SnapshotWriter&) = delete;

  // Once, first. Copies what it needs of the view.
  Status Begin(const SnapshotView& view);
  // In the order in which the view gives them.
  Status Add(std::span<const SnapshotNode> nodes);
  // After the last node: seals, syncs, reads back, renames, syncs the folder. Takes as long as
  // reading the file does. Returns the file's name.
  Result<std::string> Finish();
  // Removes the temporary file. No-op after Finish() returned ok.
  void Abandon();

  Zxid zxid() const { return zxid_; }
  // Bytes in the file so far.
  uint64_t written() const { return sink_ == nullptr ? 0 : sink_->written(); }

 private:
  Status Open();
  void EncodeStart(const SnapshotView& view);
  Status EncodeNode(const SnapshotNode& node);
  Result<int64_t> AclIdOf(const AclRef& acl);
  void Seal();
  Status Drain(bool all);
  Status Close();
  Status ReadBack() const;
  std::string TemporaryPath() const;

  Disk& disk_;
  const Options options_;
  Zxid zxid_;
  uint64_t digest_ = 0;
  std::string name_;
  std::unique_ptr<File> file_;
  std::unique_ptr<ByteSink> sink_;
  std::string buffer_;  // uncompressed, in front of the sink
  uint32_t sum_ = 1;    // Adler-32 of everything before buffer_
  uint64_t synced_ = 0;
  uint64_t nodes_ = 0;
  std::vector<AclRef> lists_;  // sorted by content; the id is the place + 1
  std::unordered_map<const AclList*, int64_t> ids_;
};

// All of it at once, where nothing else runs: a view of `db` is made and drained. Returns the name.
Result<std::string> WriteSnapshot(Disk& disk, SnapshotWriter::Options options, Database& db);

}  // namespace zk::storage
