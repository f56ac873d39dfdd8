// SPDX-License-Identifier: Apache-2.0
//
// Ring: a first-in-first-out queue in one block of memory, which it keeps.
//
// Place: what is in flight between prep and apply; std::deque would allocate a chunk every few
// entries for ever. Threads: one owner at a time.
// Invariant: a popped slot is reset to T(), so that it holds on to nothing.
#pragma once

#include <cassert>
#include <cstddef>
#include <utility>
#include <vector>

namespace zk {

template <typename T>
class Ring {
 public:
  bool empty() const { return size_ == 0; }
  size_t size() const { return size_; }

  // 0 is the oldest.
  T& operator[](size_t i) {
    assert(i < size_);
    return slots_[Slot(i)];
  }
  const T& operator[](size_t i) const {
    assert(i < size_);
    return slots_[Slot(i)];
  }
  T& front() { return (*this)[0]; }
  const T& front() const { return (*this)[0]; }
  T& back() { return (*this)[size_ - 1]; }
  const T& back() const { return (*this)[size_ - 1]; }

  T& push_back(T value) {
    if (size_ == slots_.size()) Grow();
    T& slot = slots_[Slot(size_++)];
    slot = std::move(value);
    return slot;
  }
  void pop_front() {
    assert(size_ > 0);
    slots_[head_] = T();
    head_ = Slot(1);
    size_--;
  }
  void pop_back() {
    assert(size_ > 0);
    slots_[Slot(--size_)] = T();
  }

 private:
  // The block's size is zero or a power of two.
  size_t Slot(size_t i) const { return (head_ + i) & (slots_.size() - 1); }

  void Grow() {
    std::vector<T> bigger(slots_.empty() ? 16 : slots_.size() * 2);
    for (size_t i = 0; i < size_; i++) bigger[i] = std::move(slots_[Slot(i)]);
    slots_ = std::move(bigger);
    head_ = 0;
  }

  std::vector<T> slots_;
  size_t head_ = 0;
  size_t size_ = 0;
};

}  // namespace zk
