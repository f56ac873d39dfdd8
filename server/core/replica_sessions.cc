// SPDX-License-Identifier: Apache-2.0
//
// What a replica does in the course of time: sessions open, come back and expire; containers and
// TTL nodes are reaped.
#include <algorithm>
#include <string>

#include "common/log.h"
#include "jute/encoder.h"
#include "server/core/replica_impl.h"
#include "server/core/session/session_id.h"
#include "server/core/tree/owner.h"

namespace zk {

void Replica::Impl::OnSession(const SessionRequest& request, Now now, Effects& out) {
  if (request.kind == SessionRequest::Kind::kOpen) {
    OpenSession(request, now, out);
  } else {
    Reattach(request, now);
  }
}

void Replica::Impl::OpenSession(const SessionRequest& request, Now now, Effects& out) {
  const SessionId id = next_session_id_;
  next_session_id_ = NextSessionId(id);
  sessions_.Add(id, request.timeout_ms, request.origin, now.mono);
  char body[4];
  jute::StoreInt(body, request.timeout_ms);
  ProposeOwn(OpCode::kCreateSession, id, std::string_view(body, sizeof body), now, out);
  pending_.back().origin = request.origin;  // whom the ConnectResponse goes to
}

// The password comes first: who only knows an id disturbs nobody (Java closes the old connection
// before it looks).
void Replica::Impl::Reattach(const SessionRequest& request, Now now) {
  const Session* session = sessions_.Find(request.session);
  if (!IsPasswordOf(request.session, request.password) || session == nullptr) {
    SessionReply(request, /*accepted=*/false);
    return;
  }
  if (session->closing) {
    // That it is closed is a claim: it waits until the closing transaction is durable.
    Pending& entry = pending_.push_back({});
    entry.kind = Pending::Kind::kRefusal;
    entry.seq = last_seq_;
    entry.origin = request.origin;
    return;
  }
  const Origin old = session->origin;
  sessions_.Touch(request.session, request.timeout_ms, now.mono);
  sessions_.SetOrigin(request.session, request.origin);
  if (old.valid() && old != request.origin) CloseNow(old);
  SessionReply(request, /*accepted=*/true);
}

void Replica::Impl::SessionReply(const SessionRequest& request, bool accepted) {
  BatchItem item;
  item.kind = BatchItem::Kind::kSessionReply;
  item.origin = request.origin;
  item.op = OpCode::kCreateSession;
  item.zxid = db_->last_processed;
  item.session = accepted ? request.session : 0;
  item.timeout_ms = accepted ? request.timeout_ms : 0;
  item.close_after = !accepted;
  const SessionPassword password = accepted ? PasswordOf(request.session) : SessionPassword{};
  item.body_offset = static_cast<uint32_t>(immediate_.arena.size());
  item.body_size = static_cast<uint32_t>(password.size());
  immediate_.arena.append(password.data(), password.size());
  immediate_.items.push_back(item);
}

void Replica::Impl::CloseNow(Origin origin) {
  BatchItem item;
  item.kind = BatchItem::Kind::kClose;
  item.origin = origin;
  item.zxid = db_->last_processed;
  immediate_.items.push_back(item);
}

void Replica::Impl::OnTouches(uint16_t shard, std::span<const Touch> touches, Instant flushed_at) {
  CHECK(shard < flushed_at_.size());
  for (const Touch& touch : touches) sessions_.Touch(touch.session, touch.timeout_ms, touch.heard);
  flushed_at_[shard] = std::max(flushed_at_[shard], flushed_at);
}

void Replica::Impl::ExpireSessions(Now now, Effects& out) {
  expired_.clear();
  const Instant heard_until = *std::min_element(flushed_at_.begin(), flushed_at_.end());
  sessions_.Expired(now.mono, heard_until, expired_);
  for (const SessionId id : expired_) {
    LOG(INFO) << "session " << Hex(id) << " expires: not heard of for "
              << sessions_.Find(id)->timeout_ms << " ms";
    ProposeOwn(OpCode::kCloseSession, id, {}, now, out);
    sessions_.SetClosing(id);
  }
}

// Candidates are collected at long intervals and proposed one by one, so that a million of them do
// not push aside the clients' writes.
void Replica::Impl::Reap(Now now, Effects& out) {
  if (config_.container_check_interval_ms <= 0) return;
  if (to_reap_.empty() && now.mono >= next_reap_scan_) {
    to_reap_ = db_->tree.ReapCandidates(now.wall.ms, config_.container_max_never_used_ms);
    std::reverse(to_reap_.begin(), to_reap_.end());
    next_reap_scan_ = now.mono + Duration{config_.container_check_interval_ms};
    next_reap_ = std::max(next_reap_, now.mono);
  }
  const Duration spacing{60'000 / std::max<int64_t>(config_.container_max_per_minute, 1)};
  while (!to_reap_.empty() && next_reap_ <= now.mono) {
    const std::string path = std::move(to_reap_.back());
    to_reap_.pop_back();
    if (!IsStillReapable(path, now)) continue;
    ProposeOwn(OpCode::kDeleteContainer, 0, path, now, out);
    next_reap_ = next_reap_ + spacing;
  }
}

// The scan may be a minute old, and what is in flight may have changed the node since.
bool Replica::Impl::IsStillReapable(std::string_view path, Now now) const {
  const Overlay::Ref node = overlay_.Find(path);
  if (!node.exists() || node.child_count() > 0) return false;
  const NodeStat& stat = node.stat();
  const int64_t age_ms = now.wall.ms - stat.mtime;
  const TreeOptions& options = db_->tree.options();
  switch (KindOfOwner(stat.ephemeral_owner, options.extended_types, options.emulate_353_ttl)) {
    case OwnerKind::kContainer: {
      const int64_t never_used_ms = config_.container_max_never_used_ms;
      return stat.cversion > 0 || (never_used_ms != 0 && age_ms > never_used_ms);
    }
    case OwnerKind::kTtl:
      return age_ms > TtlOfOwner(stat.ephemeral_owner);
    default:
      return false;
  }
}

}  // namespace zk
