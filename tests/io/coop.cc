// SPDX-License-Identifier: Apache-2.0
#include "tests/io/coop.h"

#include <cassert>
#include <utility>

namespace zk::coop {
namespace {

constexpr size_t kStackBytes = 64 << 10;
Scheduler* current = nullptr;

}  // namespace

struct Scheduler::Fiber {
  std::function<void()> body;
  std::function<bool()> waits_for;  // null: can run
  bool done = false;
  ucontext_t context;
};

Scheduler::Scheduler(const Limits& limits) : limits_(limits) {}
Scheduler::~Scheduler() = default;

Scheduler& Scheduler::Current() {
  assert(current != nullptr);
  return *current;
}

void Scheduler::Spawn(std::function<void()> body) {
  auto fiber = std::make_unique<Fiber>();
  fiber->body = std::move(body);
  if (stacks_.size() <= fibers_.size()) stacks_.push_back(std::make_unique<char[]>(kStackBytes));
  getcontext(&fiber->context);
  fiber->context.uc_stack.ss_sp = stacks_[fibers_.size()].get();
  fiber->context.uc_stack.ss_size = kStackBytes;
  fiber->context.uc_link = nullptr;
  makecontext(&fiber->context, &Scheduler::Enter, 0);
  fibers_.push_back(std::move(fiber));
}

void Scheduler::Enter() {
  Scheduler& s = *current;
  Fiber& self = *s.fibers_[s.running_];
  self.body();
  self.done = true;
  s.Reschedule(false, false);
}

bool Scheduler::Enabled(const Fiber& fiber) const {
  return !fiber.done && (!fiber.waits_for || fiber.waits_for());
}

// 0 for a fresh decision: the current fiber goes on, so that the first run of a prefix is the
// plainest.
size_t Scheduler::Decide(size_t choices) {
  if (choices == 1) return 0;
  if (depth_ == decisions_.size()) decisions_.push_back({0, choices});
  assert(decisions_[depth_].choices == choices && "the program under test is not deterministic");
  return decisions_[depth_++].chosen;
}

void Scheduler::Reschedule(bool may_stay, bool costs) {
  if (may_stay && costs && preemptions_ >= limits_.preemptions) return;
  std::vector<size_t>& choices = choices_;
  choices.clear();
  if (may_stay) choices.push_back(running_);
  for (size_t i = 0; i < fibers_.size(); ++i) {
    if (i != running_ && Enabled(*fibers_[i])) choices.push_back(i);
  }
  if (choices.empty()) {
    bool all_done = true;
    for (const auto& fiber : fibers_) all_done = all_done && fiber->done;
    if (!all_done) failure_ = "deadlock: nobody can run";
    setcontext(&main_);
  }
  const size_t next = choices[Decide(choices.size())];
  if (next == running_) return;
  if (may_stay && costs) ++preemptions_;
  SwitchTo(next);
}

void Scheduler::SwitchTo(size_t fiber) {
  const size_t from = std::exchange(running_, fiber);
  if (fibers_[from]->done) {
    setcontext(&fibers_[fiber]->context);
  } else {
    swapcontext(&fibers_[from]->context, &fibers_[fiber]->context);
  }
}

void Scheduler::Point() { Reschedule(true, true); }

void Scheduler::Yield() {
  bool others = false;
  for (size_t i = 0; i < fibers_.size(); ++i) {
    others = others || (i != running_ && Enabled(*fibers_[i]));
  }
  if (others) Reschedule(false, false);
}

void Scheduler::WaitUntil(std::function<bool()> condition) {
  if (condition()) return;
  Fiber& self = *fibers_[running_];
  self.waits_for = std::move(condition);
  Reschedule(false, false);
  self.waits_for = nullptr;
}

void Scheduler::Fail(std::string why) {
  failure_ = std::move(why);
  setcontext(&main_);
}

void Scheduler::Run() {
  depth_ = 0;
  preemptions_ = 0;
  running_ = 0;
  // Both the end of all fibers and a failure come back here.
  volatile bool started = false;  // survives getcontext returning twice
  getcontext(&main_);
  if (started) return;
  started = true;
  running_ = Decide(fibers_.size());
  setcontext(&fibers_[running_]->context);
}

bool Scheduler::NextSchedule() {
  while (!decisions_.empty()) {
    Decision& last = decisions_.back();
    if (++last.chosen < last.choices) return true;
    decisions_.pop_back();
  }
  return false;
}

Scheduler::Outcome Scheduler::Explore(
    const Limits& limits, const std::function<std::function<void()>(Scheduler&)>& make) {
  Outcome outcome;
  Scheduler scheduler(limits);
  current = &scheduler;
  do {
    ++outcome.runs;
    // A failed run leaves its fibers' frames behind: what they hold is given up, not destroyed.
    scheduler.fibers_.clear();
    scheduler.failure_.clear();
    const std::function<void()> check = make(scheduler);
    scheduler.Run();
    if (scheduler.failure_.empty() && check) check();
    if (!scheduler.failure_.empty()) {
      outcome.failure = scheduler.failure_ + " (schedule " + std::to_string(outcome.runs) + ")";
      break;
    }
    outcome.complete = !scheduler.NextSchedule();
  } while (!outcome.complete && outcome.runs < limits.runs_max);
  current = nullptr;
  return outcome;
}

}  // namespace zk::coop
