// SPDX-License-Identifier: Apache-2.0
//
// UniqueFd: a file descriptor that is closed with its owner.
//
// Place: sockets on their way from the acceptor to a shard. Threads: moves between threads with
// what holds it. Invariant: one owner; -1 = none.
#pragma once

#include <unistd.h>

#include <utility>

namespace zk::io {

class UniqueFd {
 public:
  UniqueFd() = default;
  explicit UniqueFd(int fd) : fd_(fd) {}
  UniqueFd(UniqueFd&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  UniqueFd& operator=(UniqueFd&& other) noexcept {
    std::swap(fd_, other.fd_);
    return *this;
  }
  ~UniqueFd() {
    if (fd_ >= 0) ::close(fd_);
  }

  int get() const { return fd_; }
  int Release() { return std::exchange(fd_, -1); }

 private:
  int fd_ = -1;
};

}  // namespace zk::io
