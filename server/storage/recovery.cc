// SPDX-License-Identifier: Apache-2.0
#include "server/storage/recovery.h"

#include <algorithm>
#include <utility>

#include "server/core/pipeline/apply.h"
#include "server/core/pipeline/txn_codec.h"
#include "server/storage/file_names.h"
#include "server/storage/replay.h"
#include "server/storage/snapshot_loader.h"
#include "server/storage/snapshot_writer.h"

namespace zk::storage {
namespace {

constexpr size_t kCandidatesMax = 100;
constexpr size_t kFailuresNamed = 3;
constexpr char kInitialize[] = "/initialize";
// Put in front of a snapshot that cannot be read, so that neither purge nor Java counts it.
constexpr char kBadPrefix[] = "bad-";

class Recovery {
 public:
  Recovery(Disk& disk, const ServerConfig& config, const RecoverOptions& options)
      : disk_(disk),
        config_(config),
        options_(options),
        snapshot_dir_(VersionDir(config.data_dir)),
        log_root_(config.data_log_dir.empty() ? config.data_dir : config.data_log_dir),
        log_dir_(VersionDir(log_root_)) {}

  Result<Recovered> Run();

 private:
  Status CheckFolders();
  Status MakeFolder(const std::string& dir);
  Status CheckMisplaced();
  Status ChooseSnapshot();
  Status Load(const SnapshotFile& file);
  Status StartEmpty(bool logs_exist);
  Status Replay();
  Status ApplyRecord(const LogRecord& record);
  Status CheckSkipped() const;
  void FinishDigest();
  void KillOrphans();
  void NameMissingLists();
  Status Repair(LogReplay& replay);
  Status TidySnapshots();

  TreeOptions TreeOptionsOf() const {
    return {.extended_types = config_.extended_types,
            .emulate_353_ttl = config_.emulate_353_ttl,
            .digest = config_.digest_enabled,
            .hash_seed = options_.hash_seed};
  }
  bool InitializeFileExists() {
    return disk_.Exists(log_root_ + kInitialize) || disk_.Exists(config_.data_dir + kInitialize);
  }
  void Say(std::string line) { out_.messages.push_back(std::move(line)); }

  Disk& disk_;
  const ServerConfig& config_;
  const RecoverOptions options_;
  const std::string snapshot_dir_;
  const std::string log_root_;
  const std::string log_dir_;
  Recovered out_;
  std::vector<std::string> without_list_;
  // The newest snapshot that could not be used: what it held must come from the log.
  SnapshotFile skipped_;
  std::vector<std::string> bad_snapshots_;
  bool need_snapshot_ = false;
  uint64_t digests_differ_ = 0;
  Zxid first_difference_;
};

Result<Recovered> Recovery::Run() {
  if (Status s = CheckFolders(); !s.ok()) return s;
  if (Status s = CheckMisplaced(); !s.ok()) return s;
  if (Status s = ChooseSnapshot(); !s.ok()) return s;
  if (Status s = Replay(); !s.ok()) return s;
  return std::move(out_);
}

Status Recovery::MakeFolder(const std::string& dir) {
  if (disk_.Exists(dir)) return Status::Ok();
  if (!config_.data_dir_autocreate) {
    return Status::Invalid(dir + " does not exist, and zookeeper.datadir.autocreate is false");
  }
  if (!options_.repair) return Status::Invalid(dir + " does not exist");
  const Status made = disk_.MakeDirs(dir);
  return made.ok() ? made : Status::Invalid(dir + " cannot be created: " + made.message());
}

Status Recovery::CheckFolders() {
  if (Status s = MakeFolder(snapshot_dir_); !s.ok()) return s;
  return MakeFolder(log_dir_);
}

// With two folders, a file in the wrong one means that dataLogDir was changed without moving files.
Status Recovery::CheckMisplaced() {
  if (log_dir_ == snapshot_dir_) return Status::Ok();
  const auto logs = ListLogs(disk_, snapshot_dir_);
  if (!logs.ok()) return logs.status();
  if (!logs->empty()) {
    return Status::Invalid(snapshot_dir_ + "/" + logs->front().name +
                           " is a log in the folder of snapshots: logs belong into " + log_dir_ +
                           " (dataLogDir); move them there");
  }
  const auto snapshots = ListSnapshots(disk_, log_dir_);
  if (!snapshots.ok()) return snapshots.status();
  if (!snapshots->empty()) {
    return Status::Invalid(log_dir_ + "/" + snapshots->front().name +
                           " is a snapshot in the folder of logs: snapshots belong into " +
                           snapshot_dir_ + " (dataDir); move them there");
  }
  return Status::Ok();
}

Status Recovery::ChooseSnapshot() {
  const auto snapshots = ListSnapshots(disk_, snapshot_dir_);
  if (!snapshots.ok()) return snapshots.status();
  size_t tried = 0;
  std::string failures;
  for (auto file = snapshots->rbegin(); file != snapshots->rend() && tried < kCandidatesMax;
       ++file) {
    const auto whole = LooksLikeSnapshot(disk_, snapshot_dir_, *file);
    if (whole.ok() && !*whole) {
      Say(snapshot_dir_ + "/" + file->name + " is not used: it is empty or was not finished");
    } else {
      tried++;
      const Status loaded = whole.ok() ? Load(*file) : whole.status();
      if (loaded.ok()) return loaded;
      if (tried <= kFailuresNamed) failures += (tried > 1 ? "; " : "") + loaded.message();
      Say(loaded.message() + "; an older snapshot is tried");
      if (loaded.code() == StatusCode::kCorruption) bad_snapshots_.push_back(file->name);
    }
    if (skipped_.name.empty()) skipped_ = *file;
  }
  if (tried > 0) {
    return Status::Corruption(snapshot_dir_ + ": no snapshot can be read (" + failures +
                              "). Restore one from a backup; nothing was changed");
  }
  const auto logs = ListLogs(disk_, log_dir_);
  if (!logs.ok()) return logs.status();
  return StartEmpty(!logs->empty());
}

Status Recovery::Load(const SnapshotFile& file) {
  auto loaded = LoadSnapshot(disk_, snapshot_dir_, file, config_.limits, TreeOptionsOf());
  if (!loaded.ok()) return loaded.status();
  out_.db = std::move(loaded->db);
  out_.snapshot = file.zxid;
  without_list_ = std::move(loaded->without_list);
  if (loaded->digest_differs) {
    digests_differ_++;
    first_difference_ = file.zxid;
  }
  return Status::Ok();
}

Status Recovery::StartEmpty(bool logs_exist) {
  if (logs_exist && !config_.snapshot_trust_empty) {
    return Status::Corruption(
        log_dir_ + " has log files, but " + snapshot_dir_ +
        " has no snapshot to start from. Restore a snapshot from a backup; if there never was one "
        "(ZooKeeper 3.4), set snapshot.trust.empty=true for one start");
  }
  out_.db = std::make_unique<Database>(TreeOptionsOf());
  if (!logs_exist && !config_.db_autocreate && !InitializeFileExists()) {
    out_.uninitialized = true;
    Say(snapshot_dir_ + " is empty, db.autocreate is false and there is no file " + log_root_ +
        kInitialize + ": this may be a server that lost its disk");
    return Status::Ok();
  }
  need_snapshot_ = true;
  return Status::Ok();
}

Status Recovery::Replay() {
  LogReplay replay(disk_, log_dir_, config_.limits, out_.snapshot);
  const Status run = replay.Run([&](const LogRecord& record) { return ApplyRecord(record); });
  if (!run.ok()) return run;
  out_.messages.insert(out_.messages.end(), replay.messages().begin(), replay.messages().end());
  out_.replayed = replay.replayed();
  if (Status s = CheckSkipped(); !s.ok()) return s;
  FinishDigest();
  if (options_.strict && digests_differ_ > 0) return Status::Corruption(out_.messages.back());
  NameMissingLists();
  if (options_.kill_orphans) KillOrphans();
  return options_.repair ? Repair(replay) : Status::Ok();
}

Status Recovery::ApplyRecord(const LogRecord& record) {
  DecodedTxn txn;
  switch (DecodeTxn(record.payload, txn)) {
    case TxnDecode::kOk:
      break;
    case TxnDecode::kTooShort:
      return Status::Corruption("transaction " + Hex(record.zxid) + " of type " +
                                std::to_string(txn.header.type) + " is too short");
    case TxnDecode::kUnsupported:
      return Status::Corruption("transaction " + Hex(record.zxid) + " has the unknown type " +
                                std::to_string(txn.header.type));
  }
  const ApplyResult result = ApplyTxn(*out_.db, txn, nullptr);
  if (result.digest == DigestCheck::kMismatch && digests_differ_++ == 0) {
    first_difference_ = record.zxid;
  }
  if (options_.strict && result.tolerated) {
    return Status::Corruption("transaction " + Hex(record.zxid) +
                              " does not fit what is before it");
  }
  return Status::Ok();
}

Status Recovery::CheckSkipped() const {
  if (skipped_.name.empty() || out_.db->last_processed >= skipped_.zxid) return Status::Ok();
  return Status::Corruption(snapshot_dir_ + "/" + skipped_.name +
                            " cannot be read, and the log ends before it, with " +
                            Hex(out_.db->last_processed) +
                            ": what is between is missing. Nothing was changed. Restore the file "
                            "from a backup; remove it "
                            "only if the loss is intended");
}

void Recovery::FinishDigest() {
  Database::LoadedDigest& pending = out_.db->loaded_digest;
  if (pending.zxid != Zxid()) {
    Say("the snapshot was written up to " + Hex(pending.zxid) + ", but the log ends with " +
        Hex(out_.db->last_processed) + ": its digest could not be compared");
    pending = {};
  }
  if (digests_differ_ > 0) {
    Say("the digest of the tree differs from the recorded one " + std::to_string(digests_differ_) +
        " times, first at " + Hex(first_difference_) +
        ": this directory is not what the server that wrote it had in memory");
  }
}

void Recovery::KillOrphans() {
  Database& db = *out_.db;
  size_t sessions = 0;
  size_t nodes = 0;
  std::string first;
  for (const SessionId session : db.tree.SessionsWithEphemerals()) {
    if (db.sessions.contains(session)) continue;
    std::vector<std::string> paths;
    for (const std::string_view path : db.tree.EphemeralsOf(session)) paths.emplace_back(path);
    for (const std::string& path : paths) (void)db.tree.Delete(path, db.last_processed);
    if (sessions++ == 0) first = Hex(session) + " (" + paths.front() + ")";
    nodes += paths.size();
  }
  if (sessions == 0) return;
  need_snapshot_ = true;  // the deletes are in no transaction
  Say(std::to_string(nodes) + " ephemeral nodes of " + std::to_string(sessions) +
      " sessions that are not known were deleted, the first of session " + first);
}

void Recovery::NameMissingLists() {
  size_t count = 0;
  std::string first;
  for (const std::string& path : without_list_) {
    const Node* node = out_.db->tree.Find(path);
    if (node == nullptr || !IsMissingList(out_.db->tree.AclOf(*node))) continue;
    if (count++ == 0) first = path;
  }
  if (count == 0) return;
  Say("the access lists of " + std::to_string(count) + " nodes are in neither snapshot nor log, " +
      first + " for one: only a super user can use them");
}

Status Recovery::Repair(LogReplay& replay) {
  if (Status s = replay.Repair(); !s.ok()) return s;
  if (Status s = TidySnapshots(); !s.ok()) return s;
  if (need_snapshot_) {
    const auto name = WriteSnapshot(disk_, SnapshotWriter::OptionsOf(config_), *out_.db);
    if (!name.ok()) return name.status();
  }
  for (const std::string& dir : {log_root_, config_.data_dir}) {
    if (!disk_.Exists(dir + kInitialize)) continue;
    if (Status s = disk_.Remove(dir + kInitialize); !s.ok()) return s;
  }
  return Status::Ok();
}

// Removes what a writer that died has left, and puts aside what cannot be read.
Status Recovery::TidySnapshots() {
  const auto names = disk_.List(snapshot_dir_);
  if (!names.ok()) return names.status();
  for (const std::string& name : *names) {
    if (!name.starts_with("snapshot.") || !IsTemporaryName(name)) continue;
    if (Status s = disk_.Remove(snapshot_dir_ + "/" + name); !s.ok()) return s;
  }
  for (const std::string& name : bad_snapshots_) {
    const Status s =
        disk_.Rename(snapshot_dir_ + "/" + name, snapshot_dir_ + "/" + kBadPrefix + name);
    if (!s.ok()) return s;
    Say(snapshot_dir_ + "/" + name + " is now called " + kBadPrefix + name);
  }
  return Status::Ok();
}

}  // namespace

Result<Recovered> Recover(Disk& disk, const ServerConfig& config, const RecoverOptions& options) {
  return Recovery(disk, config, options).Run();
}

}  // namespace zk::storage
