// SPDX-License-Identifier: Apache-2.0
//
// ShardLoop: a shard on a thread of its own: receive, drain, read, submit, send, once a pass.
//
// Place: made by Runtime, one per loop beyond the core's. Threads: Run() is the thread's whole
// life; port() may be used by the core. Invariants:
//   1. Nothing is read from the tree but inside the shard's slot of the guard, with the inbox
//   empty.
//   2. It sleeps only when its inbox is empty and nothing can run.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <vector>

#include "common/server_config.h"
#include "server/core/tree/database.h"
#include "server/io/event_loop.h"
#include "server/io/shard_host.h"
#include "server/io/shard_mail.h"
#include "server/io/thread_sync.h"
#include "server/io/tree_guard.h"

namespace zk::io {

using Guard = TreeGuard<ThreadSync>;

class ShardLoop {
 public:
  struct Options {
    const ServerConfig* config = nullptr;
    uint16_t id = 0;  // >= 1: shard 0 is the core loop's
    uint16_t shards = 0;
    const Database* db = nullptr;
    Guard* guard = nullptr;  // slot id - 1
    std::function<void(std::unique_ptr<ShardMail>)> send_to_core;
  };
  explicit ShardLoop(Options options);

  // Returns after a StopRequest.
  void Run();
  ShardPort& port() { return port_; }

 private:
  void Pass();
  void Tick();
  void Section();
  void Read();
  void Handle(CoreMail& mail);
  void SendMail();
  ShardMail& mail();

  const Options options_;
  EventLoop loop_;
  ShardPort port_;
  std::unique_ptr<ShardMail> mail_;
  ShardHost host_;
  std::vector<CoreMail> taken_;
  bool tick_due_ = false;
  bool busy_ = false;
  bool stopping_ = false;
};

// The spacing of ticks: often enough for session expiry and for what waits for a deadline.
Duration TickSpacing(const ServerConfig& config);

}  // namespace zk::io
