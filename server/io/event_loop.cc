// SPDX-License-Identifier: Apache-2.0
#include "server/io/event_loop.h"

#include <sys/eventfd.h>
#include <unistd.h>

#include <boost/asio/post.hpp>

#include "common/log.h"

namespace zk::io {
namespace {

// A sweep at least once in so many polls.
constexpr unsigned kLightPolls = 16;

}  // namespace

EventLoop::EventLoop(Duration tick, std::function<void()> on_tick)
    : context_(BOOST_ASIO_CONCURRENCY_HINT_UNSAFE),
      tick_(tick),
      on_tick_(std::move(on_tick)),
      timer_(executor()),
      wake_(executor(), ::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {
  ArmTick();
  ArmWake();
}

EventLoop::~EventLoop() = default;

bool EventLoop::Poll(bool block, Extent extent, size_t max) {
  clock_.Expire();
  spared_ = false;
  size_t handled = block ? context_.run_one() : context_.poll_one();
  if (extent == Extent::kDrain) {
    bool drained = handled == 0;
    while (!drained && handled < max) {
      drained = context_.poll_one() == 0;
      handled += !drained;
    }
    return drained;
  }
  if (handled == 0) return true;
  if (light_ && ++light_polls_ % kLightPolls != 0) {
    spared_ = true;
    return false;
  }
  handled += Sweep();
  light_ = handled <= 1;
  return false;
}

void EventLoop::PollMore() {
  if (!spared_) return;
  spared_ = false;
  light_ = Sweep() == 0;
}

// Asio runs handlers in the order of their queue and looks at the sockets when it comes to its own
// mark in it. So a handler posted now comes behind all that is ready, and behind one such look.
struct EventLoop::Marker {
  using allocator_type = HandlerAllocator<char>;
  allocator_type get_allocator() const noexcept { return allocator_type(loop->marker_memory_); }
  void operator()() const { loop->marker_seen_ = true; }
  EventLoop* loop;
};

size_t EventLoop::Sweep() {
  marker_seen_ = false;
  boost::asio::post(executor(), Marker{this});
  size_t handled = 0;
  while (!marker_seen_) handled += context_.poll_one();
  return handled - 1;
}

void EventLoop::Wake() {
  const uint64_t one = 1;
  // It can only fail when the counter is full, and then the loop is awake already.
  [[maybe_unused]] const ssize_t n = ::write(wake_.native_handle(), &one, sizeof(one));
}

void EventLoop::ArmTick() {
  timer_.expires_after(std::chrono::milliseconds(tick_.ms));
  timer_.async_wait([this](const boost::system::error_code& error) {
    if (error || !ticking_) return;
    on_tick_();
    ArmTick();
  });
}

void EventLoop::ArmWake() {
  wake_.async_wait(boost::asio::posix::descriptor_base::wait_read,
                   [this](const boost::system::error_code& error) {
                     if (error) return;
                     uint64_t count = 0;
                     [[maybe_unused]] const ssize_t n =
                         ::read(wake_.native_handle(), &count, sizeof(count));
                     ArmWake();
                   });
}

}  // namespace zk::io
