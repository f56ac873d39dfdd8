// SPDX-License-Identifier: Apache-2.0
//
// Runs a few threads in every possible order: an exhaustive search over the scheduling of code that
// takes its mutex, atomic and park as template arguments.
//
//   Interleave explore;
//   while (explore.NextSchedule()) {
//     World world(explore);                      // fresh state; its mutexes are CoopMutex
//     explore.Run({[&] { world.A(); }, [&] { world.B(); }});
//     EXPECT_TRUE(world.Good()) << explore.Trace();
//   }
//   EXPECT_TRUE(explore.complete());
//
// Place: tests of inbox, tree guard and baton. Threads: real ones, of which exactly one runs at a
// time; who is next is decided at Yield() and WaitUntil() only. Code between two of them must touch
// shared state only inside what it locked, else schedules are missed (that is for TSan to find).
// Invariant: the same choices give the same run, so the search is depth-first over choices.
#pragma once

#include <cassert>
#include <cstdint>
#include <functional>
#include <memory>
#include <semaphore>
#include <string>
#include <thread>
#include <vector>

namespace zk {

class Interleave {
 public:
  // `schedules_max` ends a search that is too wide; complete() is then false.
  explicit Interleave(int64_t schedules_max = 1'000'000) : schedules_left_(schedules_max) {}

  // True while there is an order that was not run; the first call starts the search.
  bool NextSchedule() {
    if (started_) {
      while (!path_.empty() && path_.back().chosen + 1 == path_.back().options) path_.pop_back();
      if (path_.empty()) {
        complete_ = true;
        return false;
      }
      path_.back().chosen++;
    }
    started_ = true;
    at_ = 0;
    return schedules_left_-- > 0;
  }

  // Runs the bodies to their ends, or until none can go on: deadlocked() is then true and the
  // bodies are unwound by an exception out of WaitUntil().
  void Run(std::vector<std::function<void()>> bodies) {
    deadlocked_ = false;
    threads_.clear();
    for (auto& body : bodies) {
      threads_.push_back(std::make_unique<Thread>());
      Thread* self = threads_.back().get();
      self->handle = std::thread([this, self, body = std::move(body)] {
        self->go.acquire();
        try {
          body();
        } catch (const Unwind&) {
        }
        self->done = true;
        back_.release();
      });
    }
    // Up to their first decision nobody touches what is shared, so the order of that does not
    // matter.
    for (running_ = 0; running_ < threads_.size(); running_++) Resume();
    Drive();
    for (auto& thread : threads_) thread->handle.join();
  }

  // A point where any other thread may run first.
  void Yield() { WaitUntil(nullptr); }

  // Goes on when `ready` (null: always) says so; it is asked while all threads stand.
  void WaitUntil(std::function<bool()> ready) {
    Thread* self = threads_[running_].get();
    self->ready = std::move(ready);
    back_.release();
    self->go.acquire();
    if (deadlocked_) throw Unwind();
  }

  bool complete() const { return complete_; }
  bool deadlocked() const { return deadlocked_; }
  // The thread that ran at each decision with more than one choice, for a message.
  std::string Trace() const {
    std::string text;
    for (const Choice& choice : path_) text += std::to_string(choice.thread) + ' ';
    return text;
  }

 private:
  struct Unwind {};
  struct Thread {
    std::thread handle;
    std::binary_semaphore go{0};
    std::function<bool()> ready;
    bool done = false;
  };
  struct Choice {
    size_t chosen, options, thread;
  };

  void Drive() {
    for (;;) {
      std::vector<size_t> runnable;
      bool all_done = true;
      for (size_t i = 0; i < threads_.size(); i++) {
        const Thread& thread = *threads_[i];
        all_done = all_done && thread.done;
        if (!thread.done && (deadlocked_ || !thread.ready || thread.ready())) runnable.push_back(i);
      }
      if (all_done) return;
      if (runnable.empty()) {
        deadlocked_ = true;
        continue;
      }
      running_ = deadlocked_ ? runnable[0] : Choose(runnable);
      Resume();
    }
  }

  // Lets the running thread go on to its next decision.
  void Resume() {
    threads_[running_]->go.release();
    back_.acquire();
  }

  size_t Choose(const std::vector<size_t>& runnable) {
    if (runnable.size() == 1) return runnable[0];
    if (at_ == path_.size()) path_.push_back({0, runnable.size(), 0});
    Choice& choice = path_[at_++];
    assert(choice.options == runnable.size());
    choice.thread = runnable[choice.chosen];
    return choice.thread;
  }

  int64_t schedules_left_;
  bool started_ = false;
  bool complete_ = false;
  bool deadlocked_ = false;
  std::vector<Choice> path_;
  size_t at_ = 0;
  size_t running_ = 0;
  std::vector<std::unique_ptr<Thread>> threads_;
  std::binary_semaphore back_{0};
};

// A mutex under the scheduler: taking it is a decision, letting it go is not (what follows until
// the next decision touches nothing shared). Set `scheduler` before a world is made.
class CoopMutex {
 public:
  static inline Interleave* scheduler = nullptr;

  void Lock() {
    scheduler->WaitUntil([this] { return !held_; });
    assert(!held_);
    held_ = true;
  }
  bool TryLock() {
    scheduler->Yield();
    if (held_) return false;
    held_ = true;
    return true;
  }
  void Unlock() { held_ = false; }

 private:
  bool held_ = false;
};

}  // namespace zk
