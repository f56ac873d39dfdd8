// SPDX-License-Identifier: Apache-2.0
//
// What loops tell each other when shards have loops of their own.
//
// Place: ShardMail goes into the core's inbox, CoreMail into a shard's. Threads: written by one
// loop, read by another after an inbox handed it over. Invariants:
//   1. A ShardMail owns every byte its requests show: the connection buffers they came from move
//   on.
//   2. Batches are immutable once pushed; all shards share one.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "common/inbox.h"
#include "server/core/batch.h"
#include "server/core/shard/shard.h"
#include "server/io/client_sockets.h"
#include "server/io/event_loop.h"

namespace zk::io {

// From a shard, at most one a pass.
class ShardMail {
 public:
  explicit ShardMail(uint16_t shard) : shard_(shard) {}

  void Add(const ShardEffects::ToCore& message);
  // Call after the last Add(); the views of to_core() point into this object from then on.
  void Seal();

  uint16_t shard() const { return shard_; }
  const std::vector<ShardEffects::ToCore>& to_core() const { return to_core_; }
  bool empty() const {
    return to_core_.empty() && !flush_touches && queries.empty() && reports.empty() &&
           closed.empty();
  }

  std::vector<Touch> touches;
  bool flush_touches = false;
  Instant flushed_at;  // the shard had passed over all its readable sockets then
  std::vector<FourLetterQuery> queries;
  std::vector<std::pair<uint64_t, ShardReport>> reports;  // ticket of the ReportRequest
  std::vector<std::string> closed;                        // addresses, for the acceptor

 private:
  const uint16_t shard_;
  std::vector<ShardEffects::ToCore> to_core_;
  std::vector<size_t> offsets_;  // of each message's bytes in arena_
  std::string arena_;
};

struct QueryAnswer {
  Origin origin;
  std::string text;
};
struct ReportRequest {
  uint64_t ticket = 0;
  ReportParts parts;
};
struct ResetRequest {
  bool connections = false;  // crst, else srst
};
struct StopRequest {};

using CoreMail = std::variant<std::shared_ptr<const Batch>, AcceptedSocket, QueryAnswer,
                              ReportRequest, ResetRequest, StopRequest>;

// How the core reaches a shard with a loop of its own.
struct ShardPort {
  explicit ShardPort(EventLoop& l) : loop(l) {}

  EventLoop& loop;
  Inbox<CoreMail> inbox{kCapacity};
  // Written by the shard inside its guard slot, read by the core with all slots locked.
  std::atomic<bool> has_watches{false};

  static constexpr size_t kCapacity = 1 << 20;
};

}  // namespace zk::io
