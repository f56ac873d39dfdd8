// SPDX-License-Identifier: Apache-2.0
//
// ShardHost: a shard with its sockets on a loop: the part of a pass that is the same wherever the
// shard is placed.
//
// Place: one on the core loop, one on each shard loop; they differ in `submit` only: a call of
// Replica, or mail to it. Threads: the loop's.
// Invariant: what the shard has for the core is submitted before the shard is called again, because
// it is views into the shard's buffers.
#pragma once

#include <cstddef>
#include <functional>
#include <span>
#include <string>
#include <vector>

#include "server/core/shard/shard.h"
#include "server/io/client_sockets.h"
#include "server/io/event_loop.h"

namespace zk::io {

class ShardHost {
 public:
  using Submit = std::function<void(std::span<const ShardEffects::ToCore>)>;

  ShardHost(EventLoop& loop, const Shard::Options& options, Submit submit);

  void OnBatch(const Batch& batch);
  // Reads and parses of one section; true if more is ready.
  bool RunSection(const Database& db, size_t reads);
  // Call after a poll that left nothing ready: touches are then as fresh as `clock`.
  void OnTick();
  // True, and `touches` filled, when the shard wants its touches sent now.
  bool TakeTouches(std::vector<Touch>& touches);
  std::vector<FourLetterQuery> TakeQueries() { return std::exchange(effects_.queries, {}); }
  bool has_queries() const { return !effects_.queries.empty(); }
  void OnQueryAnswer(Origin origin, const std::string& text);

  Shard& shard() { return shard_; }
  const Shard& shard() const { return shard_; }
  ClientSockets& sockets() { return sockets_; }
  // More handlers than this are not ready at once, but for connections that wait to be accepted.
  size_t poll_max() const { return 2 * sockets_.open() + 64; }

 private:
  void Deliver();

  EventLoop& loop_;
  const Submit submit_;
  Shard shard_;
  ShardEffects effects_;
  ClientSockets sockets_;
};

}  // namespace zk::io
