// SPDX-License-Identifier: Apache-2.0
#include "tests/sim/oracle.h"

#include <algorithm>
#include <cstdio>

#include "common/proto/txn.h"

namespace zk::sim {

// The state that one operation of a write is judged on: T(z - 1) and what the earlier operations of
// the same multi did.
class Oracle::Scratch {
 public:
  Scratch(const ModelTree* model, Zxid at) : model_(model), at_(at) {}

  const ModelNode* Find(const std::string& path) const {
    auto found = changed_.find(path);
    if (found == changed_.end()) return model_->At(path, at_);
    return found->second ? &*found->second : nullptr;
  }
  void Create(const std::string& path, const ModelNode& node) {
    ModelNode parent = *Find(ParentPath(path));
    parent.children++;
    parent.creates++;
    changed_[ParentPath(path)] = parent;
    changed_[path] = node;
  }
  void Delete(const std::string& path) {
    ModelNode parent = *Find(ParentPath(path));
    parent.children--;
    changed_[ParentPath(path)] = parent;
    changed_[path] = std::nullopt;
  }
  void Put(const std::string& path, const ModelNode& node) { changed_[path] = node; }

 private:
  const ModelTree* model_;
  Zxid at_;
  std::map<std::string, std::optional<ModelNode>> changed_;
};

namespace {

std::string FinalPath(const SimRequest& r, int32_t creates) {
  if (!IsSequential(r.mode)) return r.path;
  char suffix[16];
  std::snprintf(suffix, sizeof suffix, "%010d", creates);
  return r.path + suffix;
}

bool IsNormalEphemeral(const ModelNode& node) {
  return node.owner != 0 && node.owner != INT64_MIN &&
         (static_cast<uint64_t>(node.owner) >> 56) != 0xff;
}

}  // namespace

// What the operation must answer on `state`; on success `state` moves on.
ErrorCode Oracle::Expected(const SimRequest& r, const Identities& ids, Scratch& state) const {
  const ModelNode* node = state.Find(r.path);
  switch (r.op) {
    case OpCode::kCreate:
    case OpCode::kCreate2:
    case OpCode::kCreateContainer:
    case OpCode::kCreateTtl: {
      const ModelNode* parent = state.Find(ParentPath(r.path));
      if (parent == nullptr) return ErrorCode::kNoNode;
      if (!Allowed(parent->acl, ids, kPermCreate)) return ErrorCode::kNoAuth;
      const std::string path = FinalPath(r, parent->creates);
      if (state.Find(path) != nullptr) return ErrorCode::kNodeExists;
      if (IsNormalEphemeral(*parent)) return ErrorCode::kNoChildrenForEphemerals;
      ModelNode fresh;
      fresh.acl = r.acl;
      fresh.owner = IsEphemeral(r.mode) ? 1 : 0;
      state.Create(path, fresh);
      return ErrorCode::kOk;
    }
    case OpCode::kDelete: {
      const ModelNode* parent = state.Find(ParentPath(r.path));
      if (parent == nullptr) return ErrorCode::kNoNode;
      if (!Allowed(parent->acl, ids, kPermDelete)) return ErrorCode::kNoAuth;
      if (node == nullptr) return ErrorCode::kNoNode;
      if (r.version != -1 && r.version != node->version) return ErrorCode::kBadVersion;
      if (node->children > 0) return ErrorCode::kNotEmpty;
      state.Delete(r.path);
      return ErrorCode::kOk;
    }
    case OpCode::kSetData:
    case OpCode::kSetAcl:
    case OpCode::kCheck: {
      const int32_t perm = r.op == OpCode::kSetData  ? kPermWrite
                           : r.op == OpCode::kSetAcl ? kPermAdmin
                                                     : kPermRead;
      if (node == nullptr) return ErrorCode::kNoNode;
      if (!Allowed(node->acl, ids, perm)) return ErrorCode::kNoAuth;
      ModelNode next = *node;
      int32_t& version = r.op == OpCode::kSetAcl ? next.aversion : next.version;
      if (r.version != -1 && r.version != version) return ErrorCode::kBadVersion;
      if (r.op == OpCode::kCheck) return ErrorCode::kOk;
      version++;
      if (r.op == OpCode::kSetAcl) next.acl = r.acl;
      state.Put(r.path, next);
      return ErrorCode::kOk;
    }
    default:
      return ErrorCode::kOk;
  }
}

void Oracle::ExpectStat(const SimRequest& r, const std::string& path, Zxid z,
                        const proto::Stat& stat) {
  const ModelNode* node = model_->At(path, z);
  if (node == nullptr) {
    fail_("I23", r.Describe() + " answered a Stat of " + path + " that is not there at " + Hex(z));
  } else if (!(stat == node->ClientStat())) {
    fail_("I23", r.Describe() + " answered another Stat of " + path + " than T(" + Hex(z) + ")");
  }
}

void Oracle::CheckResult(const SimRequest& r, Zxid z, jute::Decoder& in, bool in_multi) {
  const bool with_stat = r.op == OpCode::kCreateContainer || r.op == OpCode::kCreateTtl ||
                         (r.op == OpCode::kCreate2 && !in_multi);
  if (r.op == OpCode::kCreate || r.op == OpCode::kCreate2 || with_stat) {
    proto::CreateResponse response;
    jute::DecodeField(response, in);
    const std::string path(response.path.bytes());
    const std::string parent = ParentPath(r.path);
    const ModelNode* node = model_->At(path, z);
    const ModelNode* before = model_->At(parent, Zxid(z.value - 1));
    if (!in_multi && (node == nullptr || node->czxid != z.value)) {
      fail_("I20", r.Describe() + " answered " + path + ", which " + Hex(z) + " did not create");
    }
    if (!in_multi && before != nullptr && path != FinalPath(r, before->creates)) {
      fail_("I26", r.Describe() + " answered " + path + ", the counter says " +
                       FinalPath(r, before->creates));
    }
    if (with_stat) {
      proto::Stat stat;
      jute::DecodeField(stat, in);
      if (!in_multi) ExpectStat(r, path, z, stat);
    }
  } else if (r.op == OpCode::kSetData || r.op == OpCode::kSetAcl) {
    proto::Stat stat;
    jute::DecodeField(stat, in);
    if (!in_multi) ExpectStat(r, r.path, z, stat);
  }
  if (!in.ok()) fail_("I20", r.Describe() + ": the reply does not decode");
}

void Oracle::CheckMulti(const SimRequest& r, const Identities& ids, Zxid z, std::string_view body) {
  Scratch state(model_, Zxid(z.value - 1));
  std::vector<ErrorCode> expected;
  bool failed = false;
  for (const SimRequest& sub : r.subs) {
    if (failed) {
      expected.push_back(ErrorCode::kRuntimeInconsistency);
      continue;
    }
    expected.push_back(Expected(sub, ids, state));
    failed = expected.back() != ErrorCode::kOk;
  }
  jute::Decoder in(body);
  for (size_t i = 0; i < r.subs.size(); i++) {
    proto::MultiHeader header;
    jute::DecodeField(header, in);
    if (!failed) {
      if (header.err != 0 || header.done) {
        fail_("I25", r.Describe() + ": result " + std::to_string(i) + " says error " +
                         std::to_string(header.err) + " in a multi that must succeed");
      }
      CheckResult(r.subs[i], z, in, true);
      continue;
    }
    proto::ErrorResponse response;
    jute::DecodeField(response, in);
    if (header.type != -1 || response.err != static_cast<int32_t>(expected[i])) {
      fail_("I25", r.Describe() + ": result " + std::to_string(i) + " says " +
                       std::to_string(response.err) + ", T says " +
                       std::to_string(static_cast<int>(expected[i])));
    }
  }
  proto::MultiHeader end;
  jute::DecodeField(end, in);
  if (!in.ok() || !end.done) fail_("I25", r.Describe() + ": the results do not end");
}

void Oracle::CheckWrite(const SimRequest& r, int64_t session, const Identities& ids,
                        const proto::ReplyHeader& header, std::string_view body) {
  writes_++;
  const Zxid z(header.zxid);
  if (z <= r.floor) {
    fail_("I20", r.Describe() + " answered with " + Hex(z) + ", but " + Hex(r.floor) +
                     " was answered before it was sent");
  }
  greatest_answered_ = std::max(greatest_answered_, z);
  proto::TxnHeader txn;
  jute::Decoder payload(model_->PayloadAt(z));
  jute::DecodeField(txn, payload);
  if (!payload.ok() || txn.clientId != session || txn.cxid != r.xid) {
    fail_("I20", r.Describe() + ": the transaction at " + Hex(z) + " is not this request's");
    return;
  }
  const auto error = static_cast<ErrorCode>(header.err);
  if (error == ErrorCode::kSessionExpired || r.op == OpCode::kCloseSession) return;
  if (r.op == OpCode::kMulti) {
    if (error != ErrorCode::kOk) fail_("I25", r.Describe() + ": a multi's header says an error");
    CheckMulti(r, ids, z, body);
    return;
  }
  Scratch state(model_, Zxid(z.value - 1));
  const ErrorCode expected = Expected(r, ids, state);
  if (error != expected) {
    fail_("I20", r.Describe() + " answered " + std::string(ErrorCodeName(error)) + ", T(" +
                     Hex(z.value - 1) + ") says " + std::string(ErrorCodeName(expected)));
    return;
  }
  jute::Decoder in(body);
  if (error == ErrorCode::kOk) CheckResult(r, z, in, false);
}

ErrorCode Oracle::ExpectedRead(const SimRequest& r, const Identities& ids, Zxid z) const {
  const ModelNode* node = model_->At(r.path, z);
  switch (r.op) {
    case OpCode::kExists:
      return node == nullptr ? ErrorCode::kNoNode : ErrorCode::kOk;
    case OpCode::kGetData:
    case OpCode::kGetChildren:
    case OpCode::kGetChildren2:
    case OpCode::kGetAllChildrenNumber:
    case OpCode::kGetAcl: {
      if (node == nullptr) return ErrorCode::kNoNode;
      const int32_t perm = r.op == OpCode::kGetAcl ? kPermRead | kPermAdmin : kPermRead;
      return Allowed(node->acl, ids, perm) ? ErrorCode::kOk : ErrorCode::kNoAuth;
    }
    default:
      return ErrorCode::kOk;
  }
}

void Oracle::CheckRead(const SimRequest& r, int64_t session, const Identities& ids,
                       const proto::ReplyHeader& header, std::string_view body) {
  reads_++;
  const Zxid z(header.zxid);
  if (r.op == OpCode::kSync && z < r.floor) {
    fail_("I24", "sync answered " + Hex(z) + " though " + Hex(r.floor) + " was answered before");
  }
  const ErrorCode expected = ExpectedRead(r, ids, z);
  if (static_cast<ErrorCode>(header.err) != expected) {
    fail_("I23", r.Describe() + " answered " + std::to_string(header.err) + " at " + Hex(z) +
                     ", T says " + std::string(ErrorCodeName(expected)));
    return;
  }
  jute::Decoder in(body);
  if (expected == ErrorCode::kOk) CheckReadBody(r, session, ids, z, in);
  if (!in.ok()) fail_("I23", r.Describe() + ": the reply does not decode");
}

void Oracle::CheckReadBody(const SimRequest& r, int64_t session, const Identities& ids, Zxid z,
                           jute::Decoder& in) {
  if (r.op == OpCode::kGetData) {
    const jute::Buffer data = in.NullableBuffer();
    const ModelNode* node = model_->At(r.path, z);
    if (data.is_null() == node->data.has_value() || data.bytes() != node->data.value_or("")) {
      fail_("I23", r.Describe() + " answered other data than T(" + Hex(z) + ")");
    }
  }
  const bool lists = r.op == OpCode::kGetChildren || r.op == OpCode::kGetChildren2 ||
                     r.op == OpCode::kGetEphemerals;
  if (lists) {
    jute::Vector<jute::String> names;
    jute::DecodeField(names, in);
    std::vector<std::string> got;
    for (const jute::String& name : names) got.emplace_back(name.bytes());
    std::sort(got.begin(), got.end());
    std::vector<std::string> expected = r.op == OpCode::kGetEphemerals
                                            ? model_->EphemeralsAt(session, z)
                                            : model_->ChildrenAt(r.path, z);
    std::sort(expected.begin(), expected.end());
    if (got != expected) {
      fail_("I23", r.Describe() + " answered other names than T(" + Hex(z) + ")");
    }
  }
  if (r.op == OpCode::kGetAllChildrenNumber) {
    const std::string prefix = r.path == "/" ? "/" : r.path + "/";
    int32_t count = r.path == "/" ? -1 : 0;  // "/" itself begins with its prefix
    for (const std::string& path : model_->PathsAt(z)) {
      count += path.compare(0, prefix.size(), prefix) == 0 ? 1 : 0;
    }
    if (in.Int() != count) fail_("I23", r.Describe() + " counted otherwise than T");
  }
  if (r.op == OpCode::kGetAcl) {
    proto::GetACLResponse response;
    jute::DecodeField(response, in);
    if (response.acl.size() != model_->At(r.path, z)->acl.size()) {
      fail_("I23", r.Describe() + " answered another ACL than T");
    }
    ExpectStat(r, r.path, z, response.stat);
    return;
  }
  if (r.op == OpCode::kMultiRead) {
    for (const SimRequest& sub : r.subs) {
      proto::MultiHeader header;
      jute::DecodeField(header, in);
      const ErrorCode expected = ExpectedRead(sub, ids, z);
      if (header.err != static_cast<int32_t>(expected)) {
        fail_("I23", sub.Describe() + " of a multiRead answered " + std::to_string(header.err));
      }
      if (expected == ErrorCode::kOk) {
        CheckReadBody(sub, session, ids, z, in);
      } else {
        in.Int();
      }
    }
    return;
  }
  if (r.op == OpCode::kExists || r.op == OpCode::kGetData || r.op == OpCode::kGetChildren2) {
    proto::Stat stat;
    jute::DecodeField(stat, in);
    ExpectStat(r, r.path, z, stat);
  }
}

}  // namespace zk::sim
