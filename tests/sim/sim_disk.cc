// SPDX-License-Identifier: Apache-2.0
#include "tests/sim/sim_disk.h"

#include <algorithm>
#include <utility>

namespace zk::sim {

namespace {
constexpr uint64_t kSector = 512;
Status Dead() { return Status::Io("the simulated process is dead"); }
}  // namespace

class SimFile : public storage::File {
 public:
  SimFile(SimDisk* disk, SimDisk::InodeRef inode)
      : disk_(disk), inode_(std::move(inode)), generation_(disk->generation_) {}

  Status Read(uint64_t offset, size_t size, std::string& out) override {
    if (Stale() || disk_->dead_) return Dead();
    out.clear();
    if (offset < inode_->current.size()) out = inode_->current.substr(offset, size);
    return Status::Ok();
  }

  Status Write(uint64_t offset, std::string_view bytes) override {
    const bool alive = !Stale() && disk_->Alive();
    if (alive && disk_->random_.Chance(disk_->faults_.no_space)) {
      disk_->counts_.errors++;
      return Status::NoSpace("no space left on the simulated disk");
    }
    if (!alive && (Stale() || disk_->random_.OneIn(2))) return Dead();
    // The write in whose middle the process dies may still reach the disk, whole or torn.
    Change({false, offset, std::string(bytes)});
    return alive ? Status::Ok() : Dead();
  }

  Status Sync() override {
    if (Stale() || !disk_->Alive()) return Dead();
    disk_->counts_.syncs++;
    if (disk_->random_.Chance(disk_->faults_.sync_error)) {
      disk_->counts_.errors++;
      // What the kernel wrote back before the error is anybody's guess; the rest is clean in its
      // cache, so that no later sync writes it.
      disk_->Settle(*inode_);
      inode_->unsynced.clear();
      return Status::Io("input/output error of the simulated disk");
    }
    for (const SimDisk::Mutation& m : inode_->unsynced) SimDisk::Apply(m, inode_->durable);
    inode_->unsynced.clear();
    return Status::Ok();
  }

  Status Truncate(uint64_t size) override {
    if (Stale() || !disk_->Alive()) return Dead();
    Change({true, size, ""});
    return Status::Ok();
  }

  Result<uint64_t> Size() override {
    if (Stale() || disk_->dead_) return Dead();
    return static_cast<uint64_t>(inode_->current.size());
  }

 private:
  bool Stale() const { return generation_ != disk_->generation_; }
  void Change(SimDisk::Mutation m) {
    SimDisk::Apply(m, inode_->current);
    inode_->unsynced.push_back(std::move(m));
  }

  SimDisk* disk_;
  SimDisk::InodeRef inode_;
  uint64_t generation_;
};

Result<std::unique_ptr<storage::File>> SimDisk::Open(const std::string& path,
                                                     storage::OpenMode mode) {
  if (dead_) return Dead();
  auto found = current_names_.find(path);
  if (mode != storage::OpenMode::kCreate) {
    if (found == current_names_.end()) return Status::NotFound(path + ": no such file");
    return std::unique_ptr<storage::File>(std::make_unique<SimFile>(this, found->second));
  }
  if (!Alive()) return Dead();
  if (!dirs_.contains(DirOf(path))) return Status::NotFound(DirOf(path) + ": no such folder");
  if (found == current_names_.end()) {
    ChangeName({"", path, std::make_shared<Inode>()});
    found = current_names_.find(path);
  } else {
    Mutation m{true, 0, ""};
    Apply(m, found->second->current);
    found->second->unsynced.push_back(m);
  }
  return std::unique_ptr<storage::File>(std::make_unique<SimFile>(this, found->second));
}

Result<std::vector<std::string>> SimDisk::List(const std::string& dir) {
  if (dead_) return Dead();
  if (!dirs_.contains(dir)) return Status::NotFound(dir + ": no such folder");
  std::vector<std::string> names;
  const std::string prefix = dir + "/";
  for (const auto& entry : current_names_) {
    if (DirOf(entry.first) == dir) names.push_back(entry.first.substr(prefix.size()));
  }
  for (const auto& entry : dirs_) {
    if (DirOf(entry.first) == dir) names.push_back(entry.first.substr(prefix.size()));
  }
  std::sort(names.begin(), names.end());
  return names;
}

Status SimDisk::MakeDirs(const std::string& dir) {
  if (!Alive()) return Dead();
  for (size_t at = dir.find('/', 1); at != std::string::npos; at = dir.find('/', at + 1)) {
    dirs_[dir.substr(0, at)] = true;
  }
  dirs_[dir] = true;  // folders are made once, at the first start: taken as durable
  return Status::Ok();
}

Status SimDisk::Rename(const std::string& from, const std::string& to) {
  if (!Alive()) return Dead();
  auto found = current_names_.find(from);
  if (found == current_names_.end()) return Status::NotFound(from + ": no such file");
  ChangeName({from, to, found->second});
  return Status::Ok();
}

Status SimDisk::Remove(const std::string& path) {
  if (!Alive()) return Dead();
  if (!current_names_.contains(path)) return Status::NotFound(path + ": no such file");
  ChangeName({path, "", nullptr});
  return Status::Ok();
}

Status SimDisk::SyncDir(const std::string& dir) {
  if (!Alive()) return Dead();
  for (const NameChange& change : unsynced_names_[dir]) {
    if (!change.removed.empty()) durable_names_.erase(change.removed);
    if (!change.added.empty()) durable_names_[change.added] = change.inode;
  }
  unsynced_names_.erase(dir);
  return Status::Ok();
}

bool SimDisk::Exists(const std::string& path) {
  return current_names_.contains(path) || dirs_.contains(path);
}

void SimDisk::EndProcess() {
  generation_++;
  dead_ = false;
  calls_to_crash_ = 0;
}

void SimDisk::Crash() {
  counts_.crashes++;
  EndProcess();
  for (auto& [dir, changes] : unsynced_names_) {
    for (NameChange& change : changes) {
      if (!faults_.keep_unsynced && random_.OneIn(2)) {
        counts_.lost_names++;
        continue;
      }
      if (!change.removed.empty()) durable_names_.erase(change.removed);
      if (!change.added.empty()) durable_names_[change.added] = change.inode;
    }
  }
  unsynced_names_.clear();
  current_names_ = durable_names_;
  for (auto& entry : current_names_) {
    Settle(*entry.second);
    entry.second->current = entry.second->durable;
    entry.second->unsynced.clear();
  }
}

std::unique_ptr<SimDisk> SimDisk::DurableCopy() const {
  auto copy = std::make_unique<SimDisk>(Random(0));
  copy->dirs_ = dirs_;
  for (const auto& [path, inode] : durable_names_) {
    auto fresh = std::make_shared<Inode>();
    fresh->durable = inode->durable;
    fresh->current = inode->durable;
    copy->durable_names_[path] = fresh;
  }
  copy->current_names_ = copy->durable_names_;
  return copy;
}

bool SimDisk::FlipBit(const std::string& path, uint64_t offset, int bit) {
  auto found = current_names_.find(path);
  if (found == current_names_.end() || offset >= found->second->current.size()) return false;
  const char mask = static_cast<char>(1 << bit);
  Inode& inode = *found->second;
  inode.current[offset] = static_cast<char>(inode.current[offset] ^ mask);
  if (offset < inode.durable.size()) {
    inode.durable[offset] = static_cast<char>(inode.durable[offset] ^ mask);
  }
  return true;
}

bool SimDisk::Alive() {
  counts_.calls++;
  if (dead_) return false;
  if (calls_to_crash_ > 0 && --calls_to_crash_ == 0) {
    dead_ = true;
    return false;
  }
  return true;
}

void SimDisk::ChangeName(NameChange change) {
  if (!change.removed.empty()) current_names_.erase(change.removed);
  if (!change.added.empty()) current_names_[change.added] = change.inode;
  const std::string dir = DirOf(change.added.empty() ? change.removed : change.added);
  unsynced_names_[dir].push_back(std::move(change));
}

std::string SimDisk::DirOf(const std::string& path) { return path.substr(0, path.rfind('/')); }

void SimDisk::Apply(const Mutation& m, std::string& content) {
  if (m.truncate) {
    content.resize(m.offset);
    return;
  }
  if (content.size() < m.offset + m.bytes.size()) content.resize(m.offset + m.bytes.size());
  content.replace(m.offset, m.bytes.size(), m.bytes);
}

// Decides for every unsynced change of the file whether it reached the platter.
void SimDisk::Settle(Inode& inode) {
  for (const Mutation& m : inode.unsynced) {
    if (faults_.keep_unsynced || m.truncate || random_.OneIn(3)) {
      if (m.truncate && !faults_.keep_unsynced && random_.OneIn(2)) continue;
      Apply(m, inode.durable);
      continue;
    }
    if (random_.OneIn(2)) {
      counts_.lost_writes++;
      continue;
    }
    counts_.torn_writes++;
    const uint64_t end = m.offset + m.bytes.size();
    for (uint64_t from = m.offset; from < end;) {
      const uint64_t to = std::min(end, (from / kSector + 1) * kSector);
      if (random_.OneIn(2)) {
        Apply({false, from, m.bytes.substr(from - m.offset, to - from)}, inode.durable);
      }
      from = to;
    }
  }
}

}  // namespace zk::sim
