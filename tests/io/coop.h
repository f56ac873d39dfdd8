// SPDX-License-Identifier: Apache-2.0
//
// A cooperative scheduler that runs a small concurrent program in every order, up to a bound of
// preemptions: guard, inbox and baton take its mutex and atomic instead of the real ones.
//
// Place: tests/io. Threads: one; the program's threads are fibers, switched at every operation on a
// mutex or an atomic. Method: depth-first search over schedules by running again from the start,
// with iterative context bounding (Musuvathi and Qadeer, PLDI 2007). Memory is sequentially
// consistent here: weaker orders are ThreadSanitizer's part.
#pragma once

#include <ucontext.h>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace zk::coop {

class Scheduler {
 public:
  struct Limits {
    int preemptions = 2;
    int64_t runs_max = 5'000'000;
    int deadline_polls = 2;  // a Deadline passes after so many looks; < 0: never
  };
  struct Outcome {
    int64_t runs = 0;
    bool complete = false;  // every schedule within the bound was run
    std::string failure;    // of the first schedule that failed; empty = none
  };

  // `make` builds one fresh program: it calls Spawn() and returns a check to run when all fibers
  // have ended (may be null).
  static Outcome Explore(const Limits& limits,
                         const std::function<std::function<void()>(Scheduler&)>& make);

  void Spawn(std::function<void()> body);
  static Scheduler& Current();

  // --- for fibers ---
  // Another fiber may run here.
  void Point();
  // Others run first, if any can; not a preemption.
  void Yield();
  void WaitUntil(std::function<bool()> condition);
  // Ends this schedule as a failure.
  void Fail(std::string why);
  void Expect(bool condition, const char* why) {
    if (!condition) Fail(why);
  }
  int deadline_polls() const { return limits_.deadline_polls; }

 private:
  struct Fiber;
  struct Decision {
    size_t chosen;
    size_t choices;
  };

  explicit Scheduler(const Limits& limits);
  ~Scheduler();
  void Run();
  bool NextSchedule();
  size_t Decide(size_t choices);
  void SwitchTo(size_t fiber);
  void Reschedule(bool may_stay, bool costs);
  bool Enabled(const Fiber& fiber) const;
  static void Enter();

  const Limits limits_;
  std::vector<std::unique_ptr<Fiber>> fibers_;
  std::vector<std::unique_ptr<char[]>> stacks_;  // kept from run to run
  std::vector<Decision> decisions_;
  std::vector<size_t> choices_;  // reused
  size_t depth_ = 0;
  int preemptions_ = 0;
  size_t running_ = 0;
  std::string failure_;
  ucontext_t main_;
};

class Mutex {
 public:
  void Lock() {
    Scheduler& s = Scheduler::Current();
    s.Point();
    s.WaitUntil([this] { return !held_; });
    held_ = true;
  }
  bool TryLock() {
    Scheduler::Current().Point();
    if (held_) return false;
    held_ = true;
    return true;
  }
  void Unlock() {
    Scheduler::Current().Expect(held_, "unlock of a free mutex");
    held_ = false;
    Scheduler::Current().Point();
  }

 private:
  bool held_ = false;
};

template <typename T>
class Atomic {
 public:
  Atomic(T value = T()) : value_(value) {}
  T load() const {
    Scheduler::Current().Point();
    return value_;
  }
  void store(T value) {
    Scheduler::Current().Point();
    value_ = value;
  }

 private:
  T value_;
};

struct Sync {
  using Mutex = coop::Mutex;
  template <typename T>
  using Atomic = coop::Atomic<T>;

  class Deadline {
   public:
    explicit Deadline(int64_t) {}
    bool Passed() {
      Scheduler& s = Scheduler::Current();
      if (polls_++ == s.deadline_polls()) return true;
      s.Yield();
      return false;
    }

   private:
    int polls_ = 0;
  };
};

}  // namespace zk::coop
