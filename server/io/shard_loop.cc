// SPDX-License-Identifier: Apache-2.0
#include "server/io/shard_loop.h"

#include <algorithm>
#include <utility>

namespace zk::io {
namespace {

// Reads between two looks at whether the core waits.
constexpr size_t kSliceReads = 16;

}  // namespace

Duration TickSpacing(const ServerConfig& config) {
  return {std::clamp<int64_t>(config.tick_time_ms / 4, 1, 100)};
}

ShardLoop::ShardLoop(Options options)
    : options_(std::move(options)),
      loop_(TickSpacing(*options_.config), [this] { tick_due_ = true; }),
      port_(loop_),
      host_(loop_, {options_.config, options_.id, options_.shards},
            [this](std::span<const ShardEffects::ToCore> messages) {
              for (const auto& message : messages) mail().Add(message);
            }) {}

void ShardLoop::Run() {
  while (!stopping_) Pass();
  loop_.StopTicking();
}

void ShardLoop::Pass() {
  const bool block = !busy_ && port_.inbox.Park();
  const auto extent = tick_due_ ? EventLoop::Extent::kDrain : EventLoop::Extent::kSweep;
  const bool drained = loop_.Poll(block, extent, host_.poll_max());
  if (tick_due_ && drained) Tick();
  Section();
  for (FourLetterQuery& query : host_.TakeQueries()) mail().queries.push_back(std::move(query));
  host_.sockets().Flush();
  SendMail();
  busy_ = host_.shard().HasRunnable() || tick_due_;
}

void ShardLoop::Tick() {
  tick_due_ = false;
  host_.OnTick();
  std::vector<Touch> touches;
  if (!host_.TakeTouches(touches)) return;
  mail().touches = std::move(touches);
  mail().flush_touches = true;
  mail().flushed_at = loop_.clock().now().mono;
}

void ShardLoop::Section() {
  const auto take = [&] { return port_.inbox.TakeAll(taken_); };
  const auto process = [&] {
    for (CoreMail& mail : taken_) Handle(mail);
    taken_.clear();
  };
  DrainThenRead(*options_.guard, options_.id - 1u, take, process, [&] { Read(); });
}

void ShardLoop::Read() {
  size_t left = options_.config->limits.section_reads;
  while (left > 0) {
    const size_t slice = std::min(left, kSliceReads);
    if (!host_.RunSection(*options_.db, slice)) break;
    left -= slice;
    if (options_.guard->writer_waiting()) break;
  }
  port_.has_watches.store(host_.shard().HasWatches());
}

void ShardLoop::Handle(CoreMail& mail_item) {
  if (auto* batch = std::get_if<std::shared_ptr<const Batch>>(&mail_item)) {
    host_.OnBatch(**batch);
  } else if (auto* socket = std::get_if<AcceptedSocket>(&mail_item)) {
    host_.sockets().Add(std::move(*socket));
  } else if (auto* answer = std::get_if<QueryAnswer>(&mail_item)) {
    host_.OnQueryAnswer(answer->origin, answer->text);
  } else if (auto* request = std::get_if<ReportRequest>(&mail_item)) {
    mail().reports.emplace_back(request->ticket, host_.shard().Report(request->parts));
  } else if (auto* reset = std::get_if<ResetRequest>(&mail_item)) {
    if (reset->connections) {
      host_.shard().ResetConnectionStatistics();
    } else {
      host_.shard().ResetStatistics();
    }
  } else {
    stopping_ = true;
  }
}

ShardMail& ShardLoop::mail() {
  if (mail_ == nullptr) mail_ = std::make_unique<ShardMail>(options_.id);
  return *mail_;
}

void ShardLoop::SendMail() {
  std::vector<std::string> closed = host_.sockets().TakeClosed();
  if (!closed.empty()) mail().closed = std::move(closed);
  if (mail_ == nullptr || mail_->empty()) return;
  mail_->Seal();
  options_.send_to_core(std::move(mail_));
}

}  // namespace zk::io
