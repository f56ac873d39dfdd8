// SPDX-License-Identifier: Apache-2.0
#include "server/storage/snapshot_loader.h"

#include <unordered_map>
#include <utility>

namespace zk::storage {
namespace {

// No client can have this identity: its id lacks the form that the digest scheme demands.
constexpr char kMissingScheme[] = "digest";
constexpr char kMissingId[] = "list-not-in-snapshot";

class Builder : public SnapshotVisitor {
 public:
  Builder(Database& db, const std::string& path, std::vector<std::string>& without_list)
      : db_(db), path_(path), without_list_(without_list) {}

  Status OnSession(SessionId session, int32_t timeout_ms) override {
    db_.sessions[session] = timeout_ms;
    return Status::Ok();
  }

  Status OnAcl(int64_t id, AclList list) override {
    const bool open = list == *OpenAcl();
    lists_[id] = open ? OpenAcl() : std::make_shared<const AclList>(std::move(list));
    return Status::Ok();
  }

  Status OnNode(std::string_view path, const jute::Buffer& data, int64_t acl_id,
                const NodeStat& stat) override {
    if (first_ && !path.empty()) return Corrupt(path, "the root does not come first");
    if (!first_ && path.empty()) return Corrupt(path, "a second root");
    first_ = false;
    switch (db_.tree.Load(path, data, ListOf(acl_id, path), stat)) {
      case ErrorCode::kOk:
        return Status::Ok();
      case ErrorCode::kNoNode:
        return Corrupt(path, "a node whose parent does not come before it");
      case ErrorCode::kNodeExists:
        return Corrupt(path, "a node that comes twice");
      default:
        return Corrupt(path, "no path of a node");
    }
  }

 private:
  Status Corrupt(std::string_view node, const char* what) const {
    constexpr size_t kShown = 200;
    return Status::Corruption(path_ + ": " + what + ": \"" + std::string(node.substr(0, kShown)) +
                              "\"");
  }

  AclRef ListOf(int64_t id, std::string_view path) {
    if (id == kOpenAclId) return OpenAcl();
    if (const auto found = lists_.find(id); found != lists_.end()) return found->second;
    without_list_.emplace_back(path);
    if (missing_ == nullptr) {
      missing_ = std::make_shared<const AclList>(AclList{{0, {kMissingScheme, kMissingId}}});
    }
    return missing_;
  }

  Database& db_;
  const std::string& path_;
  std::vector<std::string>& without_list_;
  std::unordered_map<int64_t, AclRef> lists_;
  AclRef missing_;
  bool first_ = true;
};

// What the file's digest is good for: Java remembers the zxid it had reached at the end of writing.
void UseDigest(const SnapshotTail& tail, LoadedSnapshot& out) {
  Database& db = *out.db;
  if (!tail.digest || !db.tree.options().digest) return;
  const Zxid at = tail.digest->zxid;
  if (at.value <= 0 || at < db.last_processed) return;
  if (at == db.last_processed) {
    out.digest_differs = tail.digest->digest != db.tree.digest();
  } else {
    db.loaded_digest = *tail.digest;
  }
}

}  // namespace

bool IsMissingList(const AclRef& acl) {
  return acl->size() == 1 && (*acl)[0].id.id == kMissingId && (*acl)[0].id.scheme == kMissingScheme;
}

Result<LoadedSnapshot> LoadSnapshot(Disk& disk, const std::string& dir, const SnapshotFile& file,
                                    const Limits& limits, const TreeOptions& options) {
  LoadedSnapshot out;
  out.db = std::make_unique<Database>(options);
  const std::string path = dir + "/" + file.name;
  Builder builder(*out.db, path, out.without_list);
  auto tail = ReadSnapshot(disk, path, file.compression, limits, builder);
  if (!tail.ok()) return tail.status();
  if (tail->nodes == 0) return Status::Corruption(path + ": it has no root");
  out.db->tree.FinishLoad();
  out.db->last_processed = file.zxid;
  out.tail = *tail;
  UseDigest(*tail, out);
  return out;
}

}  // namespace zk::storage
