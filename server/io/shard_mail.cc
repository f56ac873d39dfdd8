// SPDX-License-Identifier: Apache-2.0
#include "server/io/shard_mail.h"

#include <cassert>

namespace zk::io {
namespace {

// The bytes that a message shows: a request's body or a session's password.
std::string_view& BytesOf(ShardEffects::ToCore& message) {
  return message.kind == ShardEffects::ToCore::Kind::kSession ? message.session.password
                                                              : message.request.body;
}

}  // namespace

void ShardMail::Add(const ShardEffects::ToCore& message) {
  to_core_.push_back(message);
  offsets_.push_back(arena_.size());
  arena_ += BytesOf(to_core_.back());
}

void ShardMail::Seal() {
  for (size_t i = 0; i < to_core_.size(); ++i) {
    std::string_view& bytes = BytesOf(to_core_[i]);
    bytes = std::string_view(arena_).substr(offsets_[i], bytes.size());
  }
}

}  // namespace zk::io
