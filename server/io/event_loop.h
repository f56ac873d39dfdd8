// SPDX-License-Identifier: Apache-2.0
//
// EventLoop: what every loop has: an io_context, a tick, a way to be woken by other threads.
//
// Place: one per core loop and per shard loop. Threads: Poll() by who runs the loop (one at a time;
// a baton may hand it over); Wake() by any. Invariants:
//   1. The io_context has no locks of its own: nobody else may touch it or what hangs on it.
//   2. A Wake() during or before a blocking Poll() ends it.
#pragma once

#include <boost/asio/basic_waitable_timer.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/basic_stream_descriptor.hpp>
#include <chrono>
#include <cstddef>
#include <functional>

#include "common/types.h"
#include "server/io/handler_memory.h"
#include "server/io/pass_clock.h"

namespace zk::io {

class EventLoop {
 public:
  using Executor = boost::asio::io_context::executor_type;

  // `on_tick` is called from Poll() about every `tick`.
  EventLoop(Duration tick, std::function<void()> on_tick);
  ~EventLoop();
  EventLoop(const EventLoop&) = delete;
  EventLoop& operator=(const EventLoop&) = delete;

  enum class Extent {
    kSweep,  // what one look at the sockets finds; while events come one by one, only the first
    kDrain,  // until nothing is ready, but at most `max`
  };
  // Runs the handlers of what is ready; sleeps before the first if `block`. True if it drained.
  // A sweep and not more, so that the answers to what came first leave while the next requests
  // come.
  bool Poll(bool block, Extent extent, size_t max);
  // The sweep that the last Poll() may have spared itself: a second look is a system call for
  // nothing where events come one by one, but not before a sync of the disk.
  void PollMore();
  // Any thread: a blocking Poll() returns. One system call: only for a loop that is known to sleep.
  void Wake();

  // Before the owner goes: on_tick is not called any more.
  void StopTicking() { ticking_ = false; }

  boost::asio::io_context& context() { return context_; }
  Executor executor() { return context_.get_executor(); }
  PassClock& clock() { return clock_; }

 private:
  using Timer = boost::asio::basic_waitable_timer<
      std::chrono::steady_clock, boost::asio::wait_traits<std::chrono::steady_clock>, Executor>;
  using Descriptor = boost::asio::posix::basic_stream_descriptor<Executor>;

  // What is ready now, and what one look finds; returns how many handlers ran.
  size_t Sweep();
  void ArmTick();
  void ArmWake();

  boost::asio::io_context context_;
  PassClock clock_;
  const Duration tick_;
  const std::function<void()> on_tick_;
  bool ticking_ = true;
  struct Marker;
  HandlerMemory marker_memory_;
  bool marker_seen_ = false;
  bool light_ = false;   // the last sweep found one event at most
  bool spared_ = false;  // the last Poll() did not sweep
  unsigned light_polls_ = 0;
  Timer timer_;
  Descriptor wake_;  // an eventfd
};

}  // namespace zk::io
