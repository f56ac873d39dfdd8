// SPDX-License-Identifier: Apache-2.0
#include "server/core/session/session_table.h"

#include <algorithm>

#include "common/log.h"

namespace zk {

const Session* SessionTable::Find(SessionId id) const {
  const auto it = sessions_.find(id);
  return it == sessions_.end() ? nullptr : &it->second;
}

Instant SessionTable::BucketOf(Instant heard, int32_t timeout_ms) const {
  return {((heard.ms + timeout_ms) / tick_ms_ + 1) * tick_ms_};
}

void SessionTable::Enter(SessionId id, Session& session, Instant bucket) {
  std::vector<SessionId>& members = buckets_[bucket];
  session.bucket = bucket;
  session.slot = static_cast<uint32_t>(members.size());
  members.push_back(id);
}

void SessionTable::Leave(const Session& session) {
  const auto bucket = buckets_.find(session.bucket);
  CHECK(bucket != buckets_.end());
  std::vector<SessionId>& members = bucket->second;
  const SessionId last = members.back();
  members[session.slot] = last;
  sessions_.find(last)->second.slot = session.slot;
  members.pop_back();
  if (members.empty()) buckets_.erase(bucket);
}

void SessionTable::Add(SessionId id, int32_t timeout_ms, Origin origin, Instant now) {
  Remove(id);
  Session& session = sessions_[id];
  session.origin = origin;
  session.timeout_ms = timeout_ms;
  session.last_heard = now;
  Enter(id, session, BucketOf(now, timeout_ms));
}

void SessionTable::Remove(SessionId id) {
  const auto it = sessions_.find(id);
  if (it == sessions_.end()) return;
  Leave(it->second);
  sessions_.erase(id);
}

bool SessionTable::Touch(SessionId id, int32_t timeout_ms, Instant heard) {
  const auto it = sessions_.find(id);
  if (it == sessions_.end() || it->second.closing) return false;
  Session& session = it->second;
  if (heard < session.last_heard) return true;
  session.last_heard = heard;
  session.timeout_ms = timeout_ms;
  const Instant bucket = BucketOf(heard, timeout_ms);
  if (bucket == session.bucket) return true;
  Leave(session);
  Enter(id, session, bucket);
  return true;
}

void SessionTable::SetOrigin(SessionId id, Origin origin) {
  const auto it = sessions_.find(id);
  CHECK(it != sessions_.end());
  it->second.origin = origin;
}

void SessionTable::SetClosing(SessionId id) {
  const auto it = sessions_.find(id);
  CHECK(it != sessions_.end());
  it->second.closing = true;
}

void SessionTable::Expired(Instant now, Instant silence_until, std::vector<SessionId>& out) const {
  for (const auto& [end, members] : buckets_) {
    if (end > now || end >= silence_until) break;
    const size_t first = out.size();
    for (const SessionId id : members) {
      if (!sessions_.find(id)->second.closing) out.push_back(id);
    }
    std::sort(out.begin() + static_cast<ptrdiff_t>(first), out.end());
  }
}

std::vector<std::pair<Instant, std::vector<SessionId>>> SessionTable::Buckets() const {
  std::vector<std::pair<Instant, std::vector<SessionId>>> result;
  for (const auto& [end, members] : buckets_) {
    result.emplace_back(end, members);
    std::sort(result.back().second.begin(), result.back().second.end());
  }
  return result;
}

std::vector<SessionId> SessionTable::Ids() const {
  std::vector<SessionId> ids;
  ids.reserve(sessions_.size());
  for (const auto& [id, session] : sessions_) ids.push_back(id);
  std::sort(ids.begin(), ids.end());
  return ids;
}

void SessionTable::CheckInvariants() const {
  size_t counted = 0;
  for (const auto& [end, members] : buckets_) {
    CHECK(!members.empty() && end.ms % tick_ms_ == 0);
    counted += members.size();
    for (size_t i = 0; i < members.size(); i++) {
      const Session* session = Find(members[i]);
      CHECK(session != nullptr && session->bucket == end && session->slot == i) << Hex(members[i]);
      CHECK(end > session->last_heard + Duration{session->timeout_ms}) << Hex(members[i]);
    }
  }
  CHECK(counted == sessions_.size());
}

}  // namespace zk
