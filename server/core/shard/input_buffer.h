// SPDX-License-Identifier: Apache-2.0
//
// InputBuffer: the bytes of one connection that nobody has consumed yet, contiguous.
//
// Place: one in each Connection; requests are run, and handed to the core, as views into it.
// Threads: the shard's loop.
// Invariants:
//   1. Memory grows with the bytes that came, by doubling, never by a length that a client claims.
//   2. Bytes move only inside Space() and Trim(); views stay valid until then, consumed or not.
//   3. While space is lent (Space() was called, Filled() was not) Trim() does nothing.
#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <string_view>

namespace zk {

class InputBuffer {
 public:
  // Space of at least one byte behind what is pending. `need`: size of the unit that the reader
  // waits for (at least 1). Empty when enough is pending: the unit is whole, and making room would
  // cost more moving than it wins, or `chunk` bytes wait already.
  std::span<char> Space(size_t need, size_t chunk);
  // `size` bytes of the lent space were filled; 0 gives it back.
  void Filled(size_t size);

  // True if Space() would not be empty.
  bool HasSpace(size_t need, size_t chunk) const;
  std::string_view Pending() const { return {data_.get() + begin_, end_ - begin_}; }
  void Consume(size_t size);
  // Gives the memory back when nothing is pending; for connections that went idle.
  void Trim();
  size_t capacity() const { return capacity_; }

 private:
  void Reallocate(size_t capacity);

  std::unique_ptr<char[]> data_;
  size_t capacity_ = 0;
  size_t begin_ = 0;
  size_t end_ = 0;
  size_t lent_ = 0;
  bool grow_ = false;  // the last read filled all space: the client is fast
};

}  // namespace zk
