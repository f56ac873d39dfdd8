// SPDX-License-Identifier: Apache-2.0
//
// Acceptor: the client port: listens, counts connections per address and in all, hands sockets on.
//
// Place: one, on the core loop. Threads: the core loop's (under its baton).
// Invariants:
//   1. A socket is handed on at most once, non-blocking, close-on-exec, TCP_NODELAY.
//   2. Every address handed on is counted until OnClosed() names it.
//   3. Out of descriptors it stops accepting until the next tick, and does not spin.
#pragma once

#include <sys/socket.h>

#include <boost/asio/basic_socket_acceptor.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ip/v6_only.hpp>
#include <cstdint>
#include <functional>
#include <string>
#include <unordered_map>

#include "common/status.h"
#include "server/io/client_sockets.h"
#include "server/io/event_loop.h"

namespace zk::io {

class Acceptor {
 public:
  struct Options {
    std::string address;  // host name or number; empty = every address, IPv6 and IPv4
    int port = 0;         // 0 = any free one
    int backlog = -1;     // -1 = enough for a burst of reconnects
    bool keep_alive = false;
    size_t max_per_address = 60;  // 0 = no limit
    size_t max_total = 0;         // 0 = no limit
  };
  Acceptor(EventLoop& loop, Options options, std::function<void(AcceptedSocket)> hand_on);

  // Binds and listens. kInvalid: the address is not known; kIo: it cannot be bound.
  Status Listen();
  int port() const { return port_; }
  // "0.0.0.0/0.0.0.0:2181", as Java prints what it binds to.
  std::string Name() const;
  void OnClosed(const std::string& address);
  // Tries again after it ran out of descriptors.
  void OnTick();
  void Stop();
  int64_t rejected() const { return rejected_; }

 private:
  using Listener = boost::asio::basic_socket_acceptor<boost::asio::ip::tcp, EventLoop::Executor>;

  Status Bind(const boost::asio::ip::tcp::endpoint& endpoint);
  void Wait();
  void AcceptAll();
  void Admit(int fd, const sockaddr_storage& peer);
  bool HasRoom(const std::string& address);

  EventLoop& loop_;
  const Options options_;
  const std::function<void(AcceptedSocket)> hand_on_;
  Listener listener_;
  int port_ = 0;
  bool waiting_ = false;
  bool starved_ = false;  // of descriptors
  std::unordered_map<std::string, size_t> per_address_;
  size_t total_ = 0;
  int64_t rejected_ = 0;
  Instant last_complaint_;
};

}  // namespace zk::io
