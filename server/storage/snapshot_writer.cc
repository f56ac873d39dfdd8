// SPDX-License-Identifier: Apache-2.0
#include "server/storage/snapshot_writer.h"

#include <algorithm>
#include <tuple>

#include "common/proto/data.h"
#include "common/proto/txn.h"
#include "jute/encoder.h"
#include "jute/record.h"
#include "server/core/pipeline/txn_codec.h"
#include "server/storage/file_names.h"
#include "server/storage/log_format.h"
#include "server/storage/snapshot_reader.h"

namespace zk::storage {
namespace {

constexpr size_t kDrainSize = 128 << 10;
constexpr int64_t kSnapshotDbId = -1;

bool Less(const AclRef& a, const AclRef& b) {
  return std::lexicographical_compare(
      a->begin(), a->end(), b->begin(), b->end(), [](const AclEntry& x, const AclEntry& y) {
        return std::tie(x.perms, x.id.scheme, x.id.id) < std::tie(y.perms, y.id.scheme, y.id.id);
      });
}

// The reader checks; there is nothing to keep.
class Checker : public SnapshotVisitor {
 public:
  Status OnSession(SessionId, int32_t) override { return Status::Ok(); }
  Status OnAcl(int64_t, AclList) override { return Status::Ok(); }
  Status OnNode(std::string_view, const jute::Buffer&, int64_t, const NodeStat&) override {
    return Status::Ok();
  }
};

}  // namespace

SnapshotWriter::Options SnapshotWriter::OptionsOf(const ServerConfig& config) {
  Options options;
  options.dir = VersionDir(config.data_dir);
  options.compression = config.snapshot_compression;
  options.digest = config.digest_enabled;
  options.last_zxid_section = config.serialize_last_zxid;
  options.limits = config.limits;
  return options;
}

SnapshotWriter::SnapshotWriter(Disk& disk, Options options)
    : disk_(disk), options_(std::move(options)) {}

SnapshotWriter::~SnapshotWriter() { Abandon(); }

std::string SnapshotWriter::TemporaryPath() const { return options_.dir + "/" + name_ + ".tmp"; }

Status SnapshotWriter::Begin(const SnapshotView& view) {
  zxid_ = view.zxid();
  digest_ = view.digest();
  name_ = SnapshotName(zxid_, options_.compression);
  lists_ = view.acls();
  std::sort(lists_.begin(), lists_.end(), Less);
  if (Status s = Open(); !s.ok()) return s;
  EncodeStart(view);
  return Drain(false);
}

Status SnapshotWriter::Open() {
  auto file = disk_.Open(TemporaryPath(), OpenMode::kCreate);
  if (!file.ok()) return file.status();
  file_ = std::move(*file);
  sink_ = OpenSink(*file_, options_.compression);
  return Status::Ok();
}

void SnapshotWriter::EncodeStart(const SnapshotView& view) {
  jute::Encode(proto::FileHeader{kSnapshotMagic, kSnapshotVersion, kSnapshotDbId}, buffer_);
  jute::Encoder out(buffer_);
  out.Int(static_cast<int32_t>(view.sessions().size()));
  for (const auto& [session, timeout_ms] : view.sessions()) {
    out.Long(session);
    out.Int(timeout_ms);
  }
  out.Int(static_cast<int32_t>(lists_.size()));
  for (size_t i = 0; i < lists_.size(); i++) {
    out.Long(static_cast<int64_t>(i + 1));
    jute::EncodeField(ToWire(*lists_[i]), out);
  }
}

Status SnapshotWriter::Add(std::span<const SnapshotNode> nodes) {
  for (const SnapshotNode& node : nodes) {
    if (Status s = EncodeNode(node); !s.ok()) return s;
    if (Status s = Drain(false); !s.ok()) return s;
  }
  return Status::Ok();
}

Status SnapshotWriter::EncodeNode(const SnapshotNode& node) {
  const auto acl_id = AclIdOf(node.acl);
  if (!acl_id.ok()) return acl_id.status();
  jute::Encoder out(buffer_);
  out.String(node.path);
  out.NullableBuffer(node.data.buffer());
  out.Long(*acl_id);
  const NodeStat& s = node.stat;
  jute::EncodeField(proto::StatPersisted{s.czxid, s.mzxid, s.ctime, s.mtime, s.version, s.cversion,
                                         s.aversion, s.ephemeral_owner, s.pzxid},
                    out);
  nodes_++;
  return Status::Ok();
}

Result<int64_t> SnapshotWriter::AclIdOf(const AclRef& acl) {
  if (acl == OpenAcl() || *acl == *OpenAcl()) return kOpenAclId;
  // By address first: a list is usually shared by the nodes that have it.
  if (const auto known = ids_.find(acl.get()); known != ids_.end()) return known->second;
  const auto found = std::lower_bound(lists_.begin(), lists_.end(), acl, Less);
  if (found == lists_.end() || **found != *acl) {
    return Status::Corruption(name_ + ": a node has a list that the view does not name");
  }
  // Only addresses that the view keeps alive: another one may be reused for another list.
  const int64_t id = found - lists_.begin() + 1;
  if (*found == acl) ids_.emplace(acl.get(), id);
  return id;
}

// The checksum of everything so far, and what ends a section.
void SnapshotWriter::Seal() {
  const int64_t sum = Adler32(buffer_, sum_);
  jute::Encoder out(buffer_);
  out.Long(sum);
  out.String("/");
}

Status SnapshotWriter::Drain(bool all) {
  if (!all && buffer_.size() < kDrainSize) return Status::Ok();
  sum_ = Adler32(buffer_, sum_);
  if (Status s = sink_->Write(buffer_); !s.ok()) return s;
  buffer_.clear();
  if (sink_->written() - synced_ < options_.flush_bytes) return Status::Ok();
  synced_ = sink_->written();
  return file_->Sync();
}

Result<std::string> SnapshotWriter::Finish() {
  jute::Encoder out(buffer_);
  out.String("/");
  Seal();
  if (options_.digest) {
    // Java knows no digest before the first transaction.
    out.Long(zxid_.value);
    out.Int(kDigestVersion);
    out.Long(zxid_.value == 0 ? 0 : static_cast<int64_t>(digest_));
    Seal();
  }
  if (options_.last_zxid_section) {
    out.Long(zxid_.value);
    Seal();
  }
  if (Status s = Close(); !s.ok()) return s;
  if (Status s = ReadBack(); !s.ok()) return s;
  if (Status s = disk_.Rename(TemporaryPath(), options_.dir + "/" + name_); !s.ok()) return s;
  if (Status s = disk_.SyncDir(options_.dir); !s.ok()) return s;
  sink_.reset();
  file_.reset();
  return name_;
}

Status SnapshotWriter::Close() {
  if (Status s = Drain(true); !s.ok()) return s;
  if (Status s = sink_->Finish(); !s.ok()) return s;
  return file_->Sync();
}

Status SnapshotWriter::ReadBack() const {
  Checker checker;
  const auto tail =
      ReadSnapshot(disk_, TemporaryPath(), options_.compression, options_.limits, checker);
  if (!tail.ok()) return tail.status();
  if (tail->nodes == nodes_) return Status::Ok();
  return Status::Corruption(TemporaryPath() + ": " + std::to_string(tail->nodes) +
                            " nodes read back of " + std::to_string(nodes_) + " written");
}

void SnapshotWriter::Abandon() {
  if (file_ == nullptr) return;
  sink_.reset();
  file_.reset();
  // A file that stays is removed at the next start.
  (void)disk_.Remove(TemporaryPath());
}

Result<std::string> WriteSnapshot(Disk& disk, SnapshotWriter::Options options, Database& db) {
  constexpr size_t kNodesAtOnce = 1024;
  SnapshotView view(db);
  SnapshotWriter writer(disk, std::move(options));
  if (Status s = writer.Begin(view); !s.ok()) return s;
  std::vector<SnapshotNode> nodes;
  for (bool more = true; more;) {
    nodes.clear();
    more = view.Next(kNodesAtOnce, nodes);
    if (Status s = writer.Add(nodes); !s.ok()) return s;
  }
  return writer.Finish();
}

}  // namespace zk::storage
