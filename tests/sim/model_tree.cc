// SPDX-License-Identifier: Apache-2.0
#include "tests/sim/model_tree.h"

#include <algorithm>

#include "common/proto/txn.h"

namespace zk::sim {

namespace {

constexpr int64_t kContainerOwner = INT64_MIN;

bool IsSpecialOwner(int64_t owner) {
  return owner == kContainerOwner || (static_cast<uint64_t>(owner) >> 56) == 0xff;
}

std::vector<ModelAcl> ToModel(const jute::Vector<proto::Acl>& acl) {
  std::vector<ModelAcl> out;
  for (const proto::Acl& entry : acl) {
    out.push_back(
        {entry.perms, std::string(entry.id.scheme.bytes()), std::string(entry.id.id.bytes())});
  }
  return out;
}

std::optional<std::string> ToModel(const jute::Buffer& data) {
  if (data.is_null()) return std::nullopt;
  return std::string(data.bytes());
}

std::string Key(const jute::Buffer& path) { return std::string(path.bytes()); }

}  // namespace

std::string ParentPath(const std::string& path) {
  const size_t slash = path.rfind('/');
  return slash == 0 ? "/" : path.substr(0, slash);
}

proto::Stat ModelNode::ClientStat() const {
  proto::Stat s;
  s.czxid = czxid;
  s.mzxid = mzxid;
  s.ctime = ctime;
  s.mtime = mtime;
  s.version = version;
  s.cversion =
      static_cast<int32_t>(2U * static_cast<uint32_t>(creates) - static_cast<uint32_t>(children));
  s.aversion = aversion;
  s.ephemeralOwner = IsSpecialOwner(owner) ? 0 : owner;
  s.dataLength = data ? static_cast<int32_t>(data->size()) : 0;
  s.numChildren = children;
  s.pzxid = pzxid;
  return s;
}

ModelTree::ModelTree() {
  const std::vector<ModelAcl> open{{kPermAll, "world", "anyone"}};
  ModelNode node;
  node.acl = open;
  node.data = "";
  node.children = 1;
  Put("/", node);
  node.children = 2;
  Put("/zookeeper", node);
  node.children = 0;
  Put("/zookeeper/quota", node);
  node.acl = {{kPermRead, "world", "anyone"}};
  node.aversion = -1;
  Put("/zookeeper/config", node);
}

std::string ModelTree::Apply(std::string_view payload) {
  proto::TxnHeader header;
  jute::Decoder in(payload);
  jute::DecodeField(header, in);
  if (!in.ok()) return "transaction header does not decode";
  if (header.zxid != last_.value + 1) {
    return "zxid " + Hex(header.zxid) + " follows " + Hex(last_.value);
  }
  applying_ = Zxid(header.zxid);
  std::string wrong = ApplyOne(header.type, in.Rest(), header.clientId, header.time);
  last_ = applying_;
  payloads_[last_] = std::string(payload);
  if (header.cxid == 0) return wrong;  // the server's own
  const auto [at, fresh] = done_.insert({{header.clientId, header.cxid}, last_});
  return fresh ? wrong : "is the request of " + Hex(at->second) + " again";
}

std::string ModelTree::ApplyOne(int32_t type, std::string_view body, int64_t session,
                                int64_t time) {
  switch (static_cast<OpCode>(type)) {
    case OpCode::kCreate:
    case OpCode::kCreate2:
    case OpCode::kCreateContainer:
    case OpCode::kCreateTtl:
      return ApplyCreate(type, body, session, time);
    case OpCode::kCreateSession:
    case OpCode::kCloseSession:
      return ApplySession(type, body, session);
    case OpCode::kDelete:
    case OpCode::kDeleteContainer: {
      proto::DeleteTxn txn;
      if (!jute::Decode(body, txn)) return "DeleteTxn does not decode";
      return Delete(Key(txn.path));
    }
    case OpCode::kSetData: {
      proto::SetDataTxn txn;
      if (!jute::Decode(body, txn)) return "SetDataTxn does not decode";
      ModelNode* node = Writable(Key(txn.path));
      if (node == nullptr) return "setData of missing " + Key(txn.path);
      if (txn.version != node->version + 1) return "setData skips a version";
      node->data = ToModel(txn.data);
      node->version = txn.version;
      node->mzxid = applying_.value;
      node->mtime = time;
      triggers_.push_back(
          {applying_, EventType::kNodeDataChanged, Key(txn.path), "", node->acl, {}});
      return "";
    }
    case OpCode::kSetAcl: {
      proto::SetACLTxn txn;
      if (!jute::Decode(body, txn)) return "SetACLTxn does not decode";
      ModelNode* node = Writable(Key(txn.path));
      if (node == nullptr) return "setACL of missing " + Key(txn.path);
      node->acl = ToModel(txn.acl);
      node->aversion = txn.version;
      return "";
    }
    case OpCode::kMulti: {
      proto::MultiTxn txn;
      if (!jute::Decode(body, txn)) return "MultiTxn does not decode";
      for (const proto::Txn& sub : txn.txns) {
        if (sub.type == static_cast<int32_t>(OpCode::kError)) return "";
      }
      for (const proto::Txn& sub : txn.txns) {
        std::string wrong = ApplyOne(sub.type, sub.data.bytes(), session, time);
        if (!wrong.empty()) return "multi: " + wrong;
      }
      return "";
    }
    case OpCode::kCheck:
    case OpCode::kError:
      return "";
    default:
      return "transaction of unknown type " + std::to_string(type);
  }
}

std::string ModelTree::ApplyCreate(int32_t type, std::string_view body, int64_t session,
                                   int64_t time) {
  ModelNode fresh;
  fresh.czxid = fresh.mzxid = fresh.pzxid = applying_.value;
  fresh.ctime = fresh.mtime = time;
  switch (static_cast<OpCode>(type)) {
    case OpCode::kCreate:
    case OpCode::kCreate2: {
      proto::CreateTxn txn;
      if (!jute::Decode(body, txn)) return "CreateTxn does not decode";
      fresh.data = ToModel(txn.data);
      fresh.acl = ToModel(txn.acl);
      fresh.owner = txn.ephemeral ? session : 0;
      return Create(Key(txn.path), fresh, txn.parentCVersion);
    }
    case OpCode::kCreateContainer: {
      proto::CreateContainerTxn txn;
      if (!jute::Decode(body, txn)) return "CreateContainerTxn does not decode";
      fresh.data = ToModel(txn.data);
      fresh.acl = ToModel(txn.acl);
      fresh.owner = kContainerOwner;
      return Create(Key(txn.path), fresh, txn.parentCVersion);
    }
    default: {
      proto::CreateTTLTxn txn;
      if (!jute::Decode(body, txn)) return "CreateTTLTxn does not decode";
      fresh.data = ToModel(txn.data);
      fresh.acl = ToModel(txn.acl);
      fresh.owner = static_cast<int64_t>(0xff00'0000'0000'0000ULL) | txn.ttl;
      return Create(Key(txn.path), fresh, txn.parentCVersion);
    }
  }
}

std::string ModelTree::ApplySession(int32_t type, std::string_view body, int64_t session) {
  if (type == static_cast<int32_t>(OpCode::kCreateSession)) {
    proto::CreateSessionTxn txn;
    if (!jute::Decode(body, txn)) return "CreateSessionTxn does not decode";
    if (sessions_.contains(session)) return "session id used twice: " + Hex(session);
    sessions_[session] = {txn.timeOut, applying_, Zxid()};
    return "";
  }
  proto::CloseSessionTxn txn;
  if (!jute::Decode(body, txn)) return "CloseSessionTxn does not decode";
  std::vector<std::string> paths;
  for (const jute::String& path : txn.paths2Delete) paths.push_back(Key(path));
  if (!sessions_.contains(session)) return "close of a session that never was";
  std::vector<std::string> owned = EphemeralsAt(session, last_);
  std::vector<std::string> listed = paths;
  std::sort(listed.begin(), listed.end());
  if (listed != owned) return "closeSession does not list exactly the session's ephemerals";
  CloseSession(session, paths);
  return "";
}

std::string ModelTree::Create(std::string_view path_view, const ModelNode& node,
                              int32_t parent_creates) {
  const std::string path(path_view);
  if (Now(path) != nullptr && At(path, applying_) != nullptr) return "create of existing " + path;
  ModelNode* parent = Writable(ParentPath(path));
  if (parent == nullptr) return "create of " + path + " without its parent";
  if (parent_creates != parent->creates + 1) return "create skips a cversion of " + path;
  if (parent->owner != 0 && !IsSpecialOwner(parent->owner)) return path + " below an ephemeral";
  if (node.owner != 0 && !IsSpecialOwner(node.owner) && !SessionOpenAt(node.owner, applying_)) {
    return "ephemeral " + path + " of a session that is not open";
  }
  parent->creates = parent_creates;
  parent->pzxid = applying_.value;
  parent->children++;
  Put(path, node);
  triggers_.push_back(
      {applying_, EventType::kNodeCreated, path, ParentPath(path), node.acl, parent->acl});
  return "";
}

std::string ModelTree::Delete(const std::string& path) {
  const ModelNode* node = At(path, applying_);
  if (node == nullptr) return "delete of missing " + path;
  if (node->children != 0) return "delete of " + path + " that has children";
  ModelNode* parent = Writable(ParentPath(path));
  parent->children--;
  parent->pzxid = applying_.value;
  triggers_.push_back(
      {applying_, EventType::kNodeDeleted, path, ParentPath(path), node->acl, parent->acl});
  Put(path, std::nullopt);
  return "";
}

void ModelTree::CloseSession(int64_t session, const std::vector<std::string>& paths) {
  for (const std::string& path : paths) Delete(path);
  // The clock and its client may both close it, in flight at once; the second finds nothing to do.
  if (SessionOpenAt(session, applying_)) sessions_[session].closed = applying_;
}

const ModelNode* ModelTree::At(const std::string& path, Zxid z) const {
  auto found = nodes_.find(path);
  if (found == nodes_.end()) return nullptr;
  const std::vector<Version>& versions = found->second;
  auto after = std::upper_bound(versions.begin(), versions.end(), z,
                                [](Zxid at, const Version& v) { return at < v.zxid; });
  if (after == versions.begin()) return nullptr;
  const std::optional<ModelNode>& node = std::prev(after)->node;
  return node ? &*node : nullptr;
}

std::vector<std::string> ModelTree::ChildrenAt(const std::string& path, Zxid z) const {
  std::vector<std::string> names;
  const std::string prefix = path == "/" ? "/" : path + "/";
  for (auto it = nodes_.lower_bound(prefix); it != nodes_.end(); ++it) {
    if (it->first.compare(0, prefix.size(), prefix) != 0) break;
    const std::string name = it->first.substr(prefix.size());
    if (name.empty() || name.find('/') != std::string::npos) continue;
    if (At(it->first, z) != nullptr) names.push_back(name);
  }
  return names;
}

std::vector<std::string> ModelTree::PathsAt(Zxid z) const {
  std::vector<std::string> paths;
  for (const auto& entry : nodes_) {
    if (At(entry.first, z) != nullptr) paths.push_back(entry.first);
  }
  return paths;
}

std::vector<std::string> ModelTree::EphemeralsAt(int64_t session, Zxid z) const {
  std::vector<std::string> paths;
  for (const auto& entry : nodes_) {
    const ModelNode* node = At(entry.first, z);
    if (node != nullptr && node->owner == session) paths.push_back(entry.first);
  }
  return paths;
}

size_t ModelTree::FirstTriggerAfter(Zxid z) const {
  auto after = std::upper_bound(triggers_.begin(), triggers_.end(), z,
                                [](Zxid at, const Trigger& t) { return at < t.zxid; });
  return static_cast<size_t>(after - triggers_.begin());
}

bool ModelTree::SessionOpenAt(int64_t session, Zxid z) const {
  auto found = sessions_.find(session);
  if (found == sessions_.end() || found->second.opened > z) return false;
  return found->second.closed.value == 0 || found->second.closed > z;
}

const std::string& ModelTree::PayloadAt(Zxid z) const {
  static const std::string none;
  auto found = payloads_.find(z);
  return found == payloads_.end() ? none : found->second;
}

// The node as of the transaction being applied, with a version of its own to change.
ModelNode* ModelTree::Writable(const std::string& path) {
  const ModelNode* now = At(path, applying_);
  if (now == nullptr) return nullptr;
  std::vector<Version>& versions = nodes_[path];
  if (versions.back().zxid != applying_) versions.push_back({applying_, *now});
  return &*versions.back().node;
}

void ModelTree::Put(const std::string& path, std::optional<ModelNode> node) {
  std::vector<Version>& versions = nodes_[path];
  if (!versions.empty() && versions.back().zxid == applying_) {
    versions.back().node = std::move(node);
  } else {
    versions.push_back({applying_, std::move(node)});
  }
}

}  // namespace zk::sim
