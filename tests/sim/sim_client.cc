// SPDX-License-Identifier: Apache-2.0
#include "tests/sim/sim_client.h"

#include <algorithm>
#include <utility>

#include "common/acl.h"

namespace zk::sim {

namespace {

std::string Credentials(int id) { return "user" + std::to_string(id) + ":secret"; }

std::string Framed(std::string_view body) {
  std::string out;
  jute::Encoder(out).String(body);
  return out;
}

}  // namespace

std::string DigestIdentity(int id) { return DigestOf(Credentials(id), "SHA1"); }

SimClient::SimClient(int id, ClientOptions options, WorkloadMix mix, Random random,
                     ClientHost* host, const ModelTree* model, Oracle* oracle, Fail fail)
    : id_(id),
      options_(options),
      random_(random),
      workload_(mix, random_.Fork(), {kPermAll, "digest", DigestIdentity(id)}),
      host_(host),
      model_(model),
      oracle_(oracle),
      fail_(std::move(fail)),
      watches_(std::make_unique<WatchOracle>(model, fail_)) {}

Identities SimClient::Ids() const {
  Identities ids{{"ip", "127.0.0.1"}};
  if (authenticated_) ids.insert({"digest", DigestIdentity(id_)});
  return ids;
}

void SimClient::Step() {
  if (conn_ == 0) {
    Connect();
    return;
  }
  if (!established_ || restoring_ || closing_) return;
  if (!quiet_ && random_.Chance(options_.hangup)) {
    host_->TraceClient(id_, "hangs up");
    host_->Hangup(conn_);
    LoseConnection();
    return;
  }
  uint64_t burst = quiet_ ? 0 : random_.Uniform(options_.pipeline + 1);
  while (burst-- > 0 && pending_.size() < options_.pipeline) SendRequest(workload_.Next());
  if (!quiet_ && random_.Chance(options_.close_session)) {  // right behind what is in flight
    SimRequest close;
    close.op = OpCode::kCloseSession;
    SendRequest(close);
    closing_ = true;
    return;
  }
  const int64_t idle_us = host_->now_us() - last_send_us_;
  if (idle_us > int64_t{negotiated_ms_} * 1000 / 3) SendRequest(SimRequest());
}

void SimClient::Connect() {
  if (session_ != 0 && !quiet_ && random_.Chance(options_.reattach_fresh)) ForgetSession();
  conn_ = host_->Dial(id_);
  if (conn_ == 0) return;
  input_.clear();
  proto::ConnectRequest request;
  request.lastZxidSeen = last_zxid_.value;
  request.timeOut = options_.timeout_ms;
  request.sessionId = session_;
  const std::string password = session_ == 0 ? std::string(16, '\0') : password_;
  request.passwd = password;
  host_->TraceClient(id_, "connects, session " + Hex(session_));
  host_->Send(conn_, Framed(jute::Encoded(request)));
  last_send_us_ = host_->now_us();
}

void SimClient::Establish(std::string_view frame) {
  proto::ConnectResponse response;
  if (!jute::Decode(frame, response)) {
    fail_("I18", "ConnectResponse does not decode");
    return;
  }
  if (response.timeOut <= 0) {
    host_->TraceClient(id_, "session " + Hex(session_) + " refused");
    if (session_ == 0) fail_("I18", "a new session was refused");
    host_->OnSessionLost(id_, session_);
    ForgetSession();
    return;  // the server closes
  }
  if (session_ != 0 && response.sessionId != session_) {
    fail_("I18", "reattach to " + Hex(session_) + " answered session " + Hex(response.sessionId));
  }
  if (response.passwd.size() != 16) fail_("I18", "password is not of 16 bytes");
  session_ = response.sessionId;
  password_ = std::string(response.passwd.bytes());
  negotiated_ms_ = response.timeOut;
  established_ = true;
  host_->TraceClient(id_, "has session " + Hex(session_));
  if (!model_->SessionOpenAt(session_, model_->last())) {
    fail_("I18", "session " + Hex(session_) + " is given out but not open");
  }
  authenticated_ = false;
  if (options_.authenticate) {
    SimRequest auth;
    auth.op = OpCode::kAuth;
    auth.data = Credentials(id_);
    SendRequest(auth);
  }
  SendSetWatches();
}

void SimClient::SendSetWatches() {
  SimRequest r;
  r.op = OpCode::kSetWatches2;
  r.relative = last_zxid_;
  for (const auto& [path, missing] : watches_->data()) r.watches[missing ? 1 : 0].push_back(path);
  r.watches[2].assign(watches_->child().begin(), watches_->child().end());
  r.watches[3].assign(watches_->persistent().begin(), watches_->persistent().end());
  r.watches[4].assign(watches_->recursive().begin(), watches_->recursive().end());
  restored_.clear();
  restoring_ = true;
  SendRequest(r);
}

void SimClient::SendRequest(SimRequest request) {
  switch (request.op) {
    case OpCode::kPing:
      request.xid = kPingXid;
      break;
    case OpCode::kAuth:
      request.xid = kAuthXid;
      break;
    default:
      request.xid = next_xid_++;
  }
  request.invoked_us = host_->now_us();
  request.floor = oracle_->greatest_answered();
  last_send_us_ = request.invoked_us;
  host_->TraceClient(id_, "sends " + request.Describe());
  host_->Send(conn_, Framed(request.Encode()));
  pending_.push_back(std::move(request));
}

void SimClient::OnBytes(uint64_t conn, std::string_view bytes) {
  if (conn != conn_) return;
  input_.append(bytes);
  while (conn_ == conn && input_.size() >= 4) {
    jute::Decoder in(input_);
    const auto size = static_cast<size_t>(in.Int());
    if (input_.size() < 4 + size) return;
    const std::string frame = input_.substr(4, size);
    input_.erase(0, 4 + size);
    if (established_) {
      OnFrame(frame);
    } else {
      Establish(frame);
    }
  }
}

void SimClient::OnFrame(std::string_view frame) {
  proto::ReplyHeader header;
  jute::Decoder in(frame);
  jute::DecodeField(header, in);
  if (!in.ok()) {
    fail_("I21", "reply header does not decode");
    return;
  }
  if (header.xid != kNotificationXid) {
    OnReply(header, in.Rest());
    return;
  }
  proto::WatcherEvent event;
  jute::DecodeField(event, in);
  const WatchOracle::Seen seen{static_cast<EventType>(event.type), std::string(event.path.bytes())};
  host_->TraceClient(id_, "reads event " + std::to_string(event.type) + " " + seen.path);
  if (restoring_) {
    restored_.push_back(seen);
  } else {
    watches_->OnEvent(seen, Ids());
  }
}

void SimClient::OnReply(const proto::ReplyHeader& header, std::string_view body) {
  if (pending_.empty() || pending_.front().xid != header.xid) {
    fail_("I21", "reply to xid " + std::to_string(header.xid) + " out of order in " + Describe());
    return;
  }
  const SimRequest request = std::move(pending_.front());
  pending_.pop_front();
  replies_++;
  host_->TraceClient(id_, "reads reply xid " + std::to_string(header.xid) + " err " +
                              std::to_string(header.err) + " zxid " + Hex(header.zxid));
  if (request.op == OpCode::kAuth) {
    if (header.err != 0) fail_("I18", "auth refused");
    authenticated_ = true;
    return;
  }
  const Zxid z(header.zxid);
  if (z < last_zxid_) {
    fail_("I22", "zxid " + Hex(z) + " after " + Hex(last_zxid_) + " in session " + Hex(session_));
  }
  if (request.IsWrite() && z == last_zxid_) {
    fail_("I22", "write xid " + std::to_string(header.xid) + " is transaction " + Hex(z) +
                     ", which an earlier reply of session " + Hex(session_) + " has seen");
  }
  if (z > model_->last()) {
    fail_("I9", "reply with zxid " + Hex(z) + ", which was never made durable");
    return;
  }
  last_zxid_ = z;
  if (request.op == OpCode::kSetWatches2) {
    restoring_ = false;
    events_ += watches_->events_checked();
    watches_ = std::make_unique<WatchOracle>(model_, fail_);
    watches_->OnSetWatches(request, z, restored_, Ids());
    return;
  }
  watches_->OnReplyZxid(z, Ids());
  if (request.IsWrite()) {
    oracle_->CheckWrite(request, session_, Ids(), header, body);
  } else if (request.op == OpCode::kAddWatch || request.op == OpCode::kRemoveWatches) {
    Registered(request, header);
  } else {
    oracle_->CheckRead(request, session_, Ids(), header, body);
    if (request.watch) Registered(request, header);
  }
  if (request.op == OpCode::kCloseSession) {
    host_->TraceClient(id_, "closed session " + Hex(session_));
    host_->Hangup(conn_);
    LoseConnection();
    ForgetSession();
  }
}

void SimClient::Registered(const SimRequest& request, const proto::ReplyHeader& header) {
  const bool missing = header.err == static_cast<int32_t>(ErrorCode::kNoNode);
  switch (request.op) {
    case OpCode::kExists:
      if (header.err == 0 || missing) watches_->AddData(request.path, missing);
      break;
    case OpCode::kGetData:
      if (header.err == 0) watches_->AddData(request.path, false);
      break;
    case OpCode::kAddWatch:
      if (header.err != 0) fail_("I19", "addWatch failed");
      watches_->AddPersistent(request.path, request.watch_mode == 1);
      break;
    case OpCode::kRemoveWatches: {
      const bool removed = watches_->Remove(request.path, request.watch_mode);
      if (removed != (header.err == 0)) {
        fail_("I19", request.Describe() + " of type " + std::to_string(request.watch_mode) +
                         " answered " + std::to_string(header.err));
      }
      break;
    }
    default:
      if (header.err == 0) watches_->AddChild(request.path);
  }
}

void SimClient::OnClosed(uint64_t conn) {
  if (conn != conn_) return;
  host_->TraceClient(id_, "connection closed");
  LoseConnection();
}

void SimClient::LoseConnection() {
  unknown_ += static_cast<uint64_t>(
      std::count_if(pending_.begin(), pending_.end(), [](const auto& r) { return r.IsWrite(); }));
  pending_.clear();
  conn_ = 0;
  established_ = false;
  closing_ = false;
  // What it has read of the restored watches is done with; the rest is registered again next time.
  if (restoring_) watches_->Consume(restored_);
  restoring_ = false;
}

void SimClient::ForgetSession() {
  session_ = 0;
  password_.clear();
  next_xid_ = 1;
  watches_ = std::make_unique<WatchOracle>(model_, fail_);
}

uint64_t SimClient::events_checked() const { return events_ + watches_->events_checked(); }

std::string SimClient::Describe() const {
  return "client " + std::to_string(id_) + ", session " + Hex(session_) + ", " +
         (conn_ == 0     ? "no connection"
          : established_ ? "connected"
                         : "connecting") +
         ", " + std::to_string(pending_.size()) + " pending" +
         (pending_.empty() ? "" : ", first: " + pending_.front().Describe());
}

}  // namespace zk::sim
