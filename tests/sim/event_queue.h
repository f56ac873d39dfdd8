// SPDX-License-Identifier: Apache-2.0
//
// EventQueue: virtual time. Events of one instant run in an order drawn from the seed.
//
// Place: the heart of the simulator; nothing in it happens but by an event.
// Threads: single-threaded.
#pragma once

#include <cstdint>
#include <functional>
#include <queue>
#include <utility>
#include <vector>

#include "common/random.h"

namespace zk::sim {

class EventQueue {
 public:
  explicit EventQueue(Random random) : random_(random) {}

  int64_t now_us() const { return now_us_; }

  // `delay_us` >= 0.
  void After(int64_t delay_us, std::function<void()> action) {
    events_.push({now_us_ + delay_us, random_.Next(), next_id_++, std::move(action)});
  }

  // Runs the next event if it is not later than `until_us`; false when there is none.
  bool RunOne(int64_t until_us) {
    if (events_.empty() || events_.top().at_us > until_us) return false;
    Event event = events_.top();
    events_.pop();
    now_us_ = event.at_us;
    count_++;
    event.action();
    return true;
  }
  void RunUntil(int64_t until_us) {
    while (RunOne(until_us)) {
    }
    now_us_ = until_us;
  }
  uint64_t count() const { return count_; }

 private:
  struct Event {
    int64_t at_us;
    uint64_t tie;
    uint64_t id;
    std::function<void()> action;
    bool operator<(const Event& other) const {  // the queue's top is the greatest
      if (at_us != other.at_us) return at_us > other.at_us;
      if (tie != other.tie) return tie > other.tie;
      return id > other.id;
    }
  };

  Random random_;
  int64_t now_us_ = 0;
  uint64_t next_id_ = 0;
  uint64_t count_ = 0;
  std::priority_queue<Event> events_;
};

}  // namespace zk::sim
