// SPDX-License-Identifier: Apache-2.0
#include "server/core/shard/input_buffer.h"

#include <algorithm>
#include <cassert>
#include <cstring>

namespace zk {
namespace {

constexpr size_t kFirstCapacity = 1024;

}  // namespace

bool InputBuffer::HasSpace(size_t need, size_t chunk) const {
  const size_t pending = end_ - begin_;
  const size_t limit = std::max(need, chunk);
  if (pending >= limit) return false;
  if (end_ < capacity_ || capacity_ < limit) return true;
  // Full to the end, and as large as it may be: move only when that frees half, or when the unit at
  // the front is not whole and can become so in no other way.
  return begin_ >= capacity_ / 2 || pending < need;
}

std::span<char> InputBuffer::Space(size_t need, size_t chunk) {
  assert(need >= 1);
  lent_ = 0;
  if (begin_ == end_) {
    begin_ = end_ = 0;
    if (capacity_ > chunk) Reallocate(chunk);  // one large frame is no reason to keep its memory
  }
  if (!HasSpace(need, chunk)) return {};
  const size_t limit = std::max(need, chunk);
  const size_t pending = end_ - begin_;
  const bool full = pending == capacity_ || (end_ == capacity_ && begin_ < capacity_ / 2);
  if ((full || grow_) && capacity_ < limit) {
    Reallocate(std::min(limit, std::max(kFirstCapacity, capacity_ * 2)));
  } else if (end_ == capacity_) {
    std::memmove(data_.get(), data_.get() + begin_, pending);
    begin_ = 0;
    end_ = pending;
  }
  grow_ = false;
  lent_ = capacity_ - end_;
  assert(lent_ > 0);
  return {data_.get() + end_, lent_};
}

void InputBuffer::Filled(size_t size) {
  assert(size <= lent_);
  grow_ = size == lent_;
  end_ += size;
  lent_ = 0;
}

void InputBuffer::Consume(size_t size) {
  assert(size <= end_ - begin_);
  begin_ += size;
}

void InputBuffer::Trim() {
  if (begin_ != end_ || lent_ != 0) return;
  data_.reset();
  capacity_ = begin_ = end_ = 0;
  grow_ = false;
}

void InputBuffer::Reallocate(size_t capacity) {
  const size_t pending = end_ - begin_;
  assert(capacity > pending);
  // Not make_unique: it would clear bytes that are about to be overwritten.
  std::unique_ptr<char[]> fresh(new char[capacity]);
  if (pending != 0) std::memcpy(fresh.get(), data_.get() + begin_, pending);
  data_ = std::move(fresh);
  capacity_ = capacity;
  begin_ = 0;
  end_ = pending;
}

}  // namespace zk
