// SPDX-License-Identifier: Apache-2.0
//
// Shard: figures for reports, and the check of its invariants.
#include "server/core/shard/shard_report.h"

#include <set>
#include <utility>

#include "common/log.h"
#include "server/core/shard/shard_impl.h"

namespace zk {

ShardReport Shard::Report(ReportParts parts) const {
  ShardReport report;
  report.latency = impl_->latency;
  report.read_latency = impl_->read_latency;
  report.update_latency = impl_->update_latency;
  report.packets_received = impl_->packets_received;
  report.packets_sent = impl_->packets_sent;
  report.bytes_received = impl_->bytes_received;
  report.outstanding = static_cast<int64_t>(impl_->in_flight);
  report.connections_rejected = impl_->rejected;
  report.auth_failed = impl_->auth_failed;
  report.last_response_bytes = impl_->last_response_bytes;
  report.min_response_bytes = impl_->min_response_bytes;
  report.max_response_bytes = impl_->max_response_bytes;
  report.connection_count = impl_->connection_count;
  report.watch_count = impl_->watches.size();
  report.total_watches = impl_->watches.data_watches();
  if (parts.connections) {
    for (const Impl::Slot& slot : impl_->slots) {
      if (slot.connection == nullptr) continue;
      report.connections.push_back(slot.connection->Report(impl_->limits.handshake_timeout));
    }
  }
  if (!parts.watches) return report;
  std::set<uint32_t> watching;
  for (const auto& [path, connections] : impl_->watches.DataWatches()) {
    std::vector<SessionId> sessions;
    for (const uint32_t index : connections) {
      sessions.push_back(impl_->Get(index).session);
      watching.insert(index);
    }
    report.watches_by_path.emplace_back(std::string(path), std::move(sessions));
  }
  report.watched_paths = report.watches_by_path.size();
  report.watching_connections = watching.size();
  return report;
}

void Shard::ResetStatistics() {
  impl_->latency = impl_->read_latency = impl_->update_latency = {};
  impl_->packets_received = impl_->packets_sent = impl_->bytes_received = 0;
  impl_->rejected = impl_->auth_failed = 0;
  impl_->last_response_bytes = impl_->min_response_bytes = impl_->max_response_bytes = -1;
}

void Shard::ResetConnectionStatistics() {
  for (Impl::Slot& slot : impl_->slots) {
    if (slot.connection != nullptr) slot.connection->ResetFigures();
  }
}

void Shard::CheckInvariants() const {
  size_t in_flight = 0;
  size_t in_flight_bytes = 0;
  size_t count = 0;
  size_t runnable = 0;
  size_t waiters = 0;
  for (const Impl::Slot& slot : impl_->slots) {
    if (slot.connection == nullptr) continue;
    const Connection& c = *slot.connection;
    count++;
    in_flight += c.pending_writes.size();
    in_flight_bytes += c.pending_writes.bytes();
    const auto readiness = impl_->Examine(c).readiness;
    using Readiness = Impl::Next::Readiness;
    // A waiter may have become ready by another's credit; it is woken in its turn.
    if (readiness == Readiness::kReady) CHECK(c.queue != Connection::Queue::kNone);
    if (readiness == Readiness::kNotNow) CHECK(c.queue == Connection::Queue::kNone);
    CHECK_EQ(c.queue != Connection::Queue::kNone, c.is_linked());
    runnable += c.queue == Connection::Queue::kRunnable;
    waiters += c.queue == Connection::Queue::kCredit;
    CHECK(c.output.unsent() <= impl_->limits.output_hard || c.state == Connection::State::kClosing);
    CHECK_EQ(c.generation, slot.generation);
  }
  CHECK_EQ(in_flight, impl_->in_flight);
  CHECK_EQ(in_flight_bytes, impl_->in_flight_bytes);
  CHECK_EQ(count, impl_->connection_count);
  CHECK_EQ(runnable, impl_->runnable.size());
  CHECK_EQ(waiters, impl_->credit_waiters.size());
  CHECK(waiters == 0 || in_flight > 0) << "waiting for a credit that nobody holds";
  for (const auto& [path, connections] : impl_->watches.DataWatches()) {
    for (const uint32_t index : connections) {
      CHECK(impl_->Get(index).state == Connection::State::kOpen) << "a watch of nobody";
    }
  }
  impl_->watches.CheckInvariants();
}

}  // namespace zk
