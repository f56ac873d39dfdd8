// SPDX-License-Identifier: Apache-2.0
#include "tests/sim/request.h"

#include "common/proto/requests.h"

namespace zk::sim {

namespace {

jute::Vector<proto::Acl> WireAcl(const std::vector<ModelAcl>& acl) {
  jute::Vector<proto::Acl> out;
  for (const ModelAcl& e : acl) out.items.push_back({e.perms, {e.scheme, e.id}});
  return out;
}

jute::Vector<jute::String> WirePaths(const std::vector<std::string>& paths) {
  jute::Vector<jute::String> out;
  for (const std::string& p : paths) out.items.emplace_back(p);
  return out;
}

jute::Buffer WireData(const std::optional<std::string>& data) {
  return data ? jute::Buffer(*data) : jute::Buffer();
}

void EncodeBody(const SimRequest& r, std::string& out) {
  switch (r.op) {
    case OpCode::kCreate:
    case OpCode::kCreate2:
    case OpCode::kCreateContainer:
      jute::Encode(proto::CreateRequest{r.path, WireData(r.data), WireAcl(r.acl),
                                        static_cast<int32_t>(r.mode)},
                   out);
      return;
    case OpCode::kCreateTtl:
      jute::Encode(proto::CreateTTLRequest{r.path, WireData(r.data), WireAcl(r.acl),
                                           static_cast<int32_t>(r.mode), r.ttl},
                   out);
      return;
    case OpCode::kDelete:
      jute::Encode(proto::DeleteRequest{r.path, r.version}, out);
      return;
    case OpCode::kCheck:
      jute::Encode(proto::CheckVersionRequest{r.path, r.version}, out);
      return;
    case OpCode::kSetData:
      jute::Encode(proto::SetDataRequest{r.path, WireData(r.data), r.version}, out);
      return;
    case OpCode::kSetAcl:
      jute::Encode(proto::SetACLRequest{r.path, WireAcl(r.acl), r.version}, out);
      return;
    case OpCode::kExists:
    case OpCode::kGetData:
    case OpCode::kGetChildren:
    case OpCode::kGetChildren2:
      jute::Encode(proto::GetDataRequest{r.path, r.watch}, out);
      return;
    case OpCode::kGetAcl:
    case OpCode::kSync:
    case OpCode::kGetEphemerals:
    case OpCode::kGetAllChildrenNumber:
      jute::Encode(proto::SyncRequest{r.path}, out);
      return;
    case OpCode::kAddWatch:
    case OpCode::kRemoveWatches:
      jute::Encode(proto::AddWatchRequest{r.path, r.watch_mode}, out);
      return;
    case OpCode::kSetWatches2:
      jute::Encode(proto::SetWatches2{r.relative.value, WirePaths(r.watches[0]),
                                      WirePaths(r.watches[1]), WirePaths(r.watches[2]),
                                      WirePaths(r.watches[3]), WirePaths(r.watches[4])},
                   out);
      return;
    case OpCode::kMulti:
    case OpCode::kMultiRead:
      for (const SimRequest& sub : r.subs) {
        jute::Encode(proto::MultiHeader{static_cast<int32_t>(sub.op), false, -1}, out);
        EncodeBody(sub, out);
      }
      jute::Encode(proto::MultiHeader{-1, true, -1}, out);
      return;
    case OpCode::kAuth:
      jute::Encode(proto::AuthPacket{0, "digest", WireData(r.data)}, out);
      return;
    default:
      return;  // ping, closeSession, whoAmI: no body
  }
}

}  // namespace

bool SimRequest::IsWrite() const {
  switch (op) {
    case OpCode::kCreate:
    case OpCode::kCreate2:
    case OpCode::kCreateContainer:
    case OpCode::kCreateTtl:
    case OpCode::kDelete:
    case OpCode::kSetData:
    case OpCode::kSetAcl:
    case OpCode::kMulti:
    case OpCode::kCloseSession:
      return true;
    default:
      return false;
  }
}

std::string SimRequest::Encode() const {
  std::string out;
  jute::Encode(proto::RequestHeader{xid, static_cast<int32_t>(op)}, out);
  EncodeBody(*this, out);
  return out;
}

std::string SimRequest::Describe() const {
  std::string text =
      "op " + std::to_string(static_cast<int>(op)) + " xid " + std::to_string(xid) + " " + path;
  if (watch) text += " watch";
  if (version != -1) text += " version " + std::to_string(version);
  for (const SimRequest& sub : subs) text += " [" + sub.Describe() + "]";
  return text;
}

}  // namespace zk::sim
