// SPDX-License-Identifier: Apache-2.0
//
// HandlerMemory: room for the one outstanding wait of a socket, so that waiting allocates nothing.
//
// Place: two in each client connection (readable, writable). Threads: the loop's.
// Invariant: at most one operation uses it at a time; it outlives that operation.
#pragma once

#include <cassert>
#include <cstddef>
#include <new>

namespace zk::io {

class HandlerMemory {
 public:
  HandlerMemory() = default;
  HandlerMemory(const HandlerMemory&) = delete;
  HandlerMemory& operator=(const HandlerMemory&) = delete;

  void* Allocate(size_t size) {
    if (used_ || size > sizeof(space_)) return ::operator new(size);
    used_ = true;
    return space_;
  }
  void Free(void* memory) {
    if (memory != space_) return ::operator delete(memory);
    assert(used_);
    used_ = false;
  }

 private:
  alignas(std::max_align_t) std::byte space_[160];
  bool used_ = false;
};

// The allocator that Asio finds on a handler.
template <typename T>
class HandlerAllocator {
 public:
  using value_type = T;
  explicit HandlerAllocator(HandlerMemory& memory) : memory_(&memory) {}
  template <typename U>
  HandlerAllocator(const HandlerAllocator<U>& other) : memory_(other.memory()) {}

  T* allocate(size_t n) { return static_cast<T*>(memory_->Allocate(n * sizeof(T))); }
  void deallocate(T* p, size_t) { memory_->Free(p); }
  HandlerMemory* memory() const { return memory_; }
  template <typename U>
  bool operator==(const HandlerAllocator<U>& other) const {
    return memory_ == other.memory();
  }

 private:
  HandlerMemory* memory_;
};

}  // namespace zk::io
