// SPDX-License-Identifier: Apache-2.0
//
// SimDisk: a file system that forgets what was not synced.
//
// Place: storage::Disk of a simulated server. Threads: single-threaded.
// Model (after ALICE and LevelDB's fault-injecting environment):
//   - a write is durable only after Sync() of its file; at a crash each unsynced write is kept,
//   lost
//     or torn at 512-byte sectors, independently of the others;
//   - a name (create, rename, remove) is durable only after SyncDir() of its folder; at a crash
//   each
//     unsynced change of a name is kept or lost;
//   - the process can die at any call, also in the middle of a write;
//   - a failed Sync() leaves its pages clean but not durable, as Linux does.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "common/random.h"
#include "server/storage/disk.h"

namespace zk::sim {

struct DiskFaults {
  double sync_error = 0;       // chance per Sync() of EIO
  double no_space = 0;         // chance per Write() of ENOSPC
  bool keep_unsynced = false;  // kind disk: a crash loses nothing (for comparison runs)
};

struct DiskCounts {
  uint64_t calls = 0;
  uint64_t syncs = 0;
  uint64_t crashes = 0;
  uint64_t lost_writes = 0;
  uint64_t torn_writes = 0;
  uint64_t lost_names = 0;
  uint64_t errors = 0;
};

class SimDisk : public storage::Disk {
 public:
  explicit SimDisk(Random random) : random_(random) {}

  // storage::Disk
  Result<std::unique_ptr<storage::File>> Open(const std::string& path,
                                              storage::OpenMode mode) override;
  Result<std::vector<std::string>> List(const std::string& dir) override;
  Status MakeDirs(const std::string& dir) override;
  Status Rename(const std::string& from, const std::string& to) override;
  Status Remove(const std::string& path) override;
  Status SyncDir(const std::string& dir) override;
  bool Exists(const std::string& path) override;

  void set_faults(const DiskFaults& faults) { faults_ = faults; }
  // The process dies at the n-th mutating call from now (n >= 1); 0: never.
  void CrashAtCall(uint64_t n) { calls_to_crash_ = n; }
  // True once that call came: every call fails until Crash() has been called.
  bool dead() const { return dead_; }
  // The process is gone, the kernel is not: everything written stays readable, and what was not
  // synced stays unsynced. Open files become unusable.
  void EndProcess();
  // Power loss: decides what of the unsynced state survives. Open files become unusable.
  void Crash();
  // The disk as it would be found after a crash now in which everything unsynced is lost.
  std::unique_ptr<SimDisk> DurableCopy() const;
  // Flips one bit of a file's durable content; false if the file is shorter.
  bool FlipBit(const std::string& path, uint64_t offset, int bit);

  const DiskCounts& counts() const { return counts_; }

 private:
  friend class SimFile;
  struct Mutation {  // a write, or a truncation to `offset` when `truncate`
    bool truncate = false;
    uint64_t offset = 0;
    std::string bytes;
  };
  struct Inode {
    std::string durable;
    std::string current;
    std::vector<Mutation> unsynced;
  };
  using InodeRef = std::shared_ptr<Inode>;
  struct NameChange {
    std::string removed;  // empty: none
    std::string added;    // empty: none
    InodeRef inode;
  };

  // Counts a mutating call; false when the process is dead (or dies now).
  bool Alive();
  void ChangeName(NameChange change);
  static std::string DirOf(const std::string& path);
  static void Apply(const Mutation& m, std::string& content);
  void Settle(Inode& inode);

  Random random_;
  DiskFaults faults_;
  DiskCounts counts_;
  uint64_t calls_to_crash_ = 0;
  uint64_t generation_ = 0;  // open files of an earlier generation are dead
  bool dead_ = false;
  std::map<std::string, InodeRef> current_names_;
  std::map<std::string, InodeRef> durable_names_;
  std::map<std::string, std::vector<NameChange>> unsynced_names_;  // by folder
  std::map<std::string, bool> dirs_;
};

}  // namespace zk::sim
