// SPDX-License-Identifier: Apache-2.0
#include "server/core/replica.h"

#include <algorithm>

#include "common/log.h"
#include "common/proto/requests.h"
#include "jute/encoder.h"
#include "jute/record.h"
#include "server/core/replica_impl.h"
#include "server/core/session/session_id.h"

namespace zk {
namespace {

// Checksum, length and end mark of a log record.
constexpr size_t kRecordFrame = 13;

bool IsWrite(OpCode op) {
  switch (op) {
    case OpCode::kCreate:
    case OpCode::kCreate2:
    case OpCode::kCreateContainer:
    case OpCode::kCreateTtl:
    case OpCode::kDelete:
    case OpCode::kSetData:
    case OpCode::kSetAcl:
    case OpCode::kMulti:
    case OpCode::kReconfig:
    case OpCode::kCloseSession:
      return true;
    default:
      return false;
  }
}

}  // namespace

Replica::Impl::Impl(Options options, std::unique_ptr<Database> db, Random random, Now now)
    : options_(options),
      config_(*options.config),
      db_(std::move(db)),
      random_(random),
      overlay_(db_->tree, random_.Next()),
      prep_(db_->tree, overlay_, config_),
      last_now_(now),
      last_proposed_(db_->last_processed),
      sessions_(std::max<int64_t>(config_.tick_time_ms, 1)),
      next_session_id_(options.first_session_id),
      flushed_at_(options.shards, now.mono),
      next_reap_scan_(now.mono + Duration{config_.container_check_interval_ms}),
      next_reap_(now.mono) {
  if (next_session_id_ == 0) next_session_id_ = NextSessionId(0);
  for (const auto& [id, timeout_ms] : db_->sessions) {
    sessions_.Add(id, timeout_ms, Origin(), now.mono);
    if (SameServer(id, next_session_id_) && id >= next_session_id_) {
      next_session_id_ = NextSessionId(id);
    }
  }
  DrawSnapshotTrigger();
}

void Replica::Impl::OnClientRequest(const ClientRequest& request, Now now, Effects& out) {
  const Session* session = sessions_.Find(request.session);
  if (session == nullptr || session->origin != request.origin) {
    CloseNow(request.origin);
    return;
  }
  const bool closing = session->closing;
  if (request.op == OpCode::kSync) {
    OnSync(request, closing);
    return;
  }
  if (!IsWrite(request.op)) {
    AnswerAt(Zxid(-1), request, ErrorCode::kUnimplemented, /*close=*/true);
    return;
  }
  if (!Prep::MakesTxn(request.op, request.body)) {
    Answer(request, ErrorCode::kMarshallingError);
    return;
  }
  if (config_.eager_acl_check) {
    const ErrorCode error = prep_.EagerCheck(request.op, request.body, *request.auth);
    if (error != ErrorCode::kOk) {
      AnswerAt(Zxid(), request, error, /*close=*/false);
      return;
    }
  }
  Propose(request, closing, now, out);
  if (request.op == OpCode::kCloseSession) {
    sessions_.SetClosing(request.session);
    pending_.back().close_after = true;
  }
}

void Replica::Impl::OnSync(const ClientRequest& request, bool closing) {
  proto::SyncRequest sync;
  if (closing) {
    Answer(request, ErrorCode::kSessionExpired);
  } else if (!jute::Decode(request.body, sync)) {
    Answer(request, ErrorCode::kMarshallingError);
  } else {
    // The reply is the same record: its bytes without what may stand behind it.
    Answer(request, ErrorCode::kOk, request.body.substr(0, 4 + sync.path.size()));
  }
}

void Replica::Impl::Answer(const ClientRequest& request, ErrorCode error, jute::Buffer body) {
  Pending& entry = pending_.push_back({});
  entry.kind = Pending::Kind::kAnswer;
  entry.op = request.op;
  entry.error = error;
  entry.xid = request.xid;
  entry.seq = last_seq_;
  entry.origin = request.origin;
  entry.session = request.session;
  entry.bytes = SharedBytes::From(body);
}

void Replica::Impl::AnswerAt(Zxid zxid, const ClientRequest& request, ErrorCode error, bool close) {
  Answer(request, error);
  pending_.back().zxid = zxid;
  pending_.back().fixed_zxid = true;
  pending_.back().close_after = close;
}

void Replica::Impl::Propose(const ClientRequest& request, bool closing, Now now, Effects& out) {
  last_now_ = now;
  last_proposed_ = last_proposed_.Next();
  payload_.clear();
  prep_.Run({.session = request.session,
             .cxid = request.xid,
             .op = request.op,
             .body = request.body,
             .auth = request.auth ? request.auth.get() : &nobody_,
             .zxid = last_proposed_,
             .time_ms = now.wall.ms,
             .session_error = closing ? ErrorCode::kSessionExpired : ErrorCode::kOk},
            payload_);
  Pending& entry = pending_.push_back({});
  entry.op = request.op;
  entry.xid = request.xid;
  entry.seq = ++last_seq_;
  entry.zxid = last_proposed_;
  entry.origin = request.origin;
  entry.session = request.session;
  entry.bytes = SharedBytes(payload_);
  out.disk.push_back(
      {.seq = entry.seq, .kind = DiskOp::Kind::kAppend, .zxid = entry.zxid, .bytes = entry.bytes});
  pending_txns_++;
  proposals_++;
  CountForSnapshot(payload_.size() + kRecordFrame, out);
}

void Replica::Impl::ProposeOwn(OpCode op, SessionId session, std::string_view body, Now now,
                               Effects& out) {
  ClientRequest request;
  request.session = session;
  request.op = op;
  request.body = body;
  Propose(request, /*closing=*/false, now, out);
}

void Replica::Impl::DrawSnapshotTrigger() {
  const auto above = [&](int64_t limit) {
    const int64_t half = std::max<int64_t>(limit / 2, 1);
    return half + static_cast<int64_t>(random_.Uniform(static_cast<uint64_t>(half)));
  };
  txns_since_roll_ = 0;
  bytes_since_roll_ = 0;
  roll_above_txns_ = above(config_.limits.snap_count);
  roll_above_bytes_ =
      config_.limits.snap_size_bytes > 0 ? above(config_.limits.snap_size_bytes) : INT64_MAX;
}

// The log rolls behind the newest transaction, and the snapshot is of the tree right after it, so
// that the snapshot needs nothing of the older files.
void Replica::Impl::CountForSnapshot(size_t bytes, Effects& out) {
  txns_since_roll_++;
  bytes_since_roll_ += static_cast<int64_t>(bytes);
  if (txns_since_roll_ <= roll_above_txns_ && bytes_since_roll_ <= roll_above_bytes_) return;
  DrawSnapshotTrigger();
  out.disk.push_back(
      {.seq = ++last_seq_, .kind = DiskOp::Kind::kRoll, .zxid = last_proposed_, .bytes = {}});
  if (snapshot_under_way_) return;  // the next trigger finds it done
  snapshot_under_way_ = true;
  pending_.back().snapshot_after = true;
}

Replica::Replica(Options options, std::unique_ptr<Database> db, Random random, Now now)
    : impl_(std::make_unique<Impl>(options, std::move(db), random, now)) {}
Replica::~Replica() = default;

void Replica::OnClientRequest(const ClientRequest& request, Now now, Effects& out) {
  impl_->OnClientRequest(request, now, out);
}
void Replica::OnSession(const SessionRequest& request, Now now, Effects& out) {
  impl_->OnSession(request, now, out);
}
// Nothing to do: items for a connection that is gone fall on a generation that no slot has.
void Replica::OnOriginClosed(Origin /*origin*/) {}
void Replica::OnTouches(uint16_t shard, std::span<const Touch> touches, Instant flushed_at) {
  impl_->OnTouches(shard, touches, flushed_at);
}
void Replica::OnTick(Now now, Effects& out) {
  impl_->last_now_ = now;
  impl_->ExpireSessions(now, out);
  impl_->Reap(now, out);
}
void Replica::OnDiskDone(uint64_t seq) {
  CHECK(seq <= impl_->last_seq_) << "seq " << seq << " was never issued";
  impl_->durable_seq_ = std::max(impl_->durable_seq_, seq);
}
void Replica::OnSnapshotDone(bool ok, Zxid zxid) {
  CHECK(impl_->snapshot_under_way_);
  impl_->snapshot_under_way_ = false;
  if (!ok) LOG(WARNING) << "no snapshot at " << Hex(zxid) << "; the next one is tried later";
}
bool Replica::HasPublishable() const { return impl_->HasPublishable(); }
void Replica::Publish(size_t max_txns, Now now, Effects& effects, Batch& out) {
  impl_->last_now_ = now;
  impl_->Publish(max_txns, effects, out);
}
void Replica::set_build_changes(bool build) { impl_->build_changes_ = build; }
const Database& Replica::db() const { return *impl_->db_; }
Database& Replica::mutable_db() { return *impl_->db_; }
ReplicaStats Replica::Stats() const { return impl_->Stats(); }
void Replica::CheckInvariants() const { impl_->CheckInvariants(); }

}  // namespace zk
