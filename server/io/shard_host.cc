// SPDX-License-Identifier: Apache-2.0
#include "server/io/shard_host.h"

#include <utility>

namespace zk::io {

ShardHost::ShardHost(EventLoop& loop, const Shard::Options& options, Submit submit)
    : loop_(loop),
      submit_(std::move(submit)),
      shard_(options),
      sockets_(loop, shard_, effects_, [this] { Deliver(); }) {}

void ShardHost::Deliver() {
  if (effects_.to_core.empty()) return;
  submit_(effects_.to_core);
  effects_.to_core.clear();
}

void ShardHost::OnBatch(const Batch& batch) {
  shard_.OnBatch(batch, loop_.clock().now(), effects_);
  Deliver();
}

bool ShardHost::RunSection(const Database& db, size_t reads) {
  const bool more = shard_.RunSection(db, reads, loop_.clock().now(), effects_);
  Deliver();
  return more;
}

void ShardHost::OnTick() {
  shard_.OnTick(loop_.clock().now(), effects_);
  Deliver();
}

bool ShardHost::TakeTouches(std::vector<Touch>& touches) {
  if (!effects_.flush_touches) return false;
  effects_.flush_touches = false;
  touches.swap(effects_.touches);
  effects_.touches.clear();
  return true;
}

void ShardHost::OnQueryAnswer(Origin origin, const std::string& text) {
  shard_.OnQueryAnswer(origin, text, effects_);
  Deliver();
}

}  // namespace zk::io
