// SPDX-License-Identifier: Apache-2.0
#include "server/core/replica_stats.h"

#include <set>
#include <string>

#include "common/log.h"
#include "server/core/replica_impl.h"

namespace zk {

ReplicaStats Replica::Impl::Stats() const {
  ReplicaStats stats;
  stats.last_processed = db_->last_processed;
  stats.last_proposed = last_proposed_;
  stats.outstanding = pending_.size();
  stats.node_count = db_->tree.node_count();
  stats.ephemerals_count = db_->tree.ephemerals_count();
  stats.approximate_data_size = db_->tree.approximate_data_size();
  stats.global_sessions = sessions_.size();
  stats.digest = db_->tree.digest();
  const int64_t to_wall_ms = last_now_.wall.ms - last_now_.mono.ms;
  for (auto& [end, ids] : sessions_.Buckets()) {
    stats.session_buckets.emplace_back(WallTime{end.ms + to_wall_ms}, std::move(ids));
  }
  for (const SessionId id : db_->tree.SessionsWithEphemerals()) {
    std::vector<std::string> paths;
    for (const std::string_view path : db_->tree.EphemeralsOf(id)) paths.emplace_back(path);
    stats.ephemerals.emplace_back(id, std::move(paths));
  }
  for (size_t i = 0; i < digest_history_.size(); i++) {
    stats.digest_history.push_back(digest_history_[i]);
  }
  stats.digest_mismatches = digest_mismatches_;
  stats.commits = commits_;
  stats.proposals = proposals_;
  return stats;
}

void Replica::Impl::CheckInvariants() const {
  Zxid zxid = db_->last_processed;
  uint64_t seq = 0;
  size_t txns = 0;
  std::set<SessionId> opening;
  for (size_t i = 0; i < pending_.size(); i++) {
    const Pending& entry = pending_[i];
    CHECK(entry.seq >= seq && entry.seq <= last_seq_);
    seq = entry.seq;
    if (entry.kind != Pending::Kind::kTxn) continue;
    zxid = zxid.Next();
    CHECK(entry.zxid == zxid) << Hex(entry.zxid) << " after " << Hex(zxid);
    txns++;
    if (entry.op == OpCode::kCreateSession) opening.insert(entry.session);
  }
  CHECK(zxid == last_proposed_) << Hex(zxid) << ", " << Hex(last_proposed_);
  CHECK(txns == pending_txns_);
  CHECK(durable_seq_ <= last_seq_);
  overlay_.CheckInvariants(db_->last_processed);
  sessions_.CheckInvariants();
  for (const auto& [id, timeout_ms] : db_->sessions) {
    CHECK(sessions_.Find(id) != nullptr) << Hex(id);
  }
  for (const SessionId id : sessions_.Ids()) {
    CHECK(db_->sessions.contains(id) || opening.contains(id)) << Hex(id);
  }
}

}  // namespace zk
