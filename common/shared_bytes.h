// SPDX-License-Identifier: Apache-2.0
//
// SharedBytes: an immutable, reference-counted block of bytes, one allocation, one pointer wide.
//
// Place: node data, log records and proposals; one serialisation is shared by all who need it.
// Threads: the count is atomic, the bytes never change, so copies may live on any thread.
// Invariant: null (no block) and empty (a block of size 0) differ, as on the wire.
#pragma once

#include <atomic>
#include <cassert>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <new>
#include <string_view>
#include <utility>

#include "jute/bytes.h"

namespace zk {

class SharedBytes {
 public:
  SharedBytes() = default;  // null
  explicit SharedBytes(std::string_view bytes) : block_(Block::New(bytes)) {}
  static SharedBytes From(const jute::Buffer& buffer) {
    return buffer.is_null() ? SharedBytes() : SharedBytes(buffer.bytes());
  }
  SharedBytes(const SharedBytes& other) : block_(other.block_) {
    if (block_ != nullptr) block_->refs.fetch_add(1, std::memory_order_relaxed);
  }
  SharedBytes(SharedBytes&& other) noexcept : block_(std::exchange(other.block_, nullptr)) {}
  SharedBytes& operator=(SharedBytes other) noexcept {
    std::swap(block_, other.block_);
    return *this;
  }
  ~SharedBytes() {
    if (block_ != nullptr && block_->refs.fetch_sub(1, std::memory_order_acq_rel) == 1) {
      std::free(block_);
    }
  }

  bool is_null() const { return block_ == nullptr; }
  size_t size() const { return block_ == nullptr ? 0 : block_->size; }
  std::string_view view() const {
    return block_ == nullptr ? std::string_view() : std::string_view(block_->bytes(), block_->size);
  }
  jute::Buffer buffer() const { return is_null() ? jute::Buffer() : jute::Buffer(view()); }

 private:
  struct Block {
    std::atomic<uint32_t> refs;
    uint32_t size;

    char* bytes() { return reinterpret_cast<char*>(this + 1); }
    static Block* New(std::string_view from) {
      assert(from.size() <= UINT32_MAX);
      void* memory = std::malloc(sizeof(Block) + from.size());
      if (memory == nullptr) std::abort();
      Block* block = new (memory) Block{{1}, static_cast<uint32_t>(from.size())};
      if (!from.empty()) std::memcpy(block->bytes(), from.data(), from.size());
      return block;
    }
  };

  Block* block_ = nullptr;
};
static_assert(sizeof(SharedBytes) == sizeof(void*));

}  // namespace zk
