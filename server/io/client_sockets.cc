// SPDX-License-Identifier: Apache-2.0
#include "server/io/client_sockets.h"

#include <sys/socket.h>

#include <algorithm>
#include <boost/asio/basic_stream_socket.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <cassert>
#include <cerrno>
#include <utility>

#include "server/io/handler_memory.h"

namespace zk::io {
namespace {
namespace asio = boost::asio;

// Read and thrown away before a close, so that the kernel ends the connection with FIN, not with
// RST, and the client gets our last bytes ("nc" sends a newline behind a four-letter word).
constexpr size_t kDrainBytes = 16 << 10;

void DrainBeforeClose(int fd) {
  ::shutdown(fd, SHUT_WR);
  char scratch[kDrainBytes];
  [[maybe_unused]] const ssize_t n = ::recv(fd, scratch, sizeof(scratch), MSG_DONTWAIT);
}

}  // namespace

using Socket = asio::basic_stream_socket<asio::ip::tcp, EventLoop::Executor>;

struct ClientSockets::Connection {
  explicit Connection(EventLoop& loop) : socket(loop.executor()) {}

  Socket socket;
  ConnIndex index = 0;
  std::string address;
  bool closed = false;
  bool touched = false;         // is in touched_
  bool waits_readable = false;  // a handler is outstanding
  bool waits_writable = false;
  bool paused = false;  // Shard takes no more; until it says resume
  size_t dying_at = 0;  // in dying_, once closed
  HandlerMemory read_memory;
  HandlerMemory write_memory;
};

// Handlers carry two pointers and live in the connection's own memory.
struct ClientSockets::OnReadable {
  using allocator_type = HandlerAllocator<char>;
  allocator_type get_allocator() const noexcept { return allocator_type(connection->read_memory); }
  void operator()(const boost::system::error_code&) const {
    connection->waits_readable = false;
    if (connection->closed) return sockets->DropIfUnused(*connection);
    sockets->Receive(*connection);
  }
  ClientSockets* sockets;
  Connection* connection;
};

struct ClientSockets::OnWritable {
  using allocator_type = HandlerAllocator<char>;
  allocator_type get_allocator() const noexcept { return allocator_type(connection->write_memory); }
  void operator()(const boost::system::error_code&) const {
    connection->waits_writable = false;
    if (connection->closed) return sockets->DropIfUnused(*connection);
    sockets->Touch(*connection);
  }
  ClientSockets* sockets;
  Connection* connection;
};

ClientSockets::ClientSockets(EventLoop& loop, Shard& shard, ShardEffects& effects,
                             std::function<void()> deliver)
    : loop_(loop), shard_(shard), effects_(effects), deliver_(std::move(deliver)) {}

ClientSockets::~ClientSockets() {
  for (auto& connection : connections_) {
    if (connection == nullptr) continue;
    boost::system::error_code ignored;
    connection->socket.close(ignored);
    Bury(connection->index);
  }
  // Cancelled waits come back as handlers, which live in the connections' memory.
  while (!dying_.empty() && loop_.context().poll_one() > 0) {
  }
}

void ClientSockets::Add(AcceptedSocket accepted) {
  auto connection = std::make_unique<Connection>(loop_);
  boost::system::error_code error;
  connection->socket.assign(accepted.ipv6 ? asio::ip::tcp::v6() : asio::ip::tcp::v4(),
                            accepted.fd.get(), error);
  if (error) {  // no room in the kernel: as if the client had gone
    closed_.push_back(std::move(accepted.address));
    return;
  }
  accepted.fd.Release();
  const ConnIndex index = shard_.OnAccepted(accepted.address, accepted.port, loop_.clock().now());
  connection->index = index;
  connection->address = std::move(accepted.address);
  if (connections_.size() <= index) connections_.resize(index + 1);
  assert(connections_[index] == nullptr);
  connections_[index] = std::move(connection);
  ++open_;
  WaitReadable(*connections_[index]);
}

ClientSockets::Connection* ClientSockets::Find(ConnIndex index) {
  return index < connections_.size() ? connections_[index].get() : nullptr;
}

void ClientSockets::WaitReadable(Connection& connection) {
  if (connection.waits_readable || connection.paused) return;
  connection.waits_readable = true;
  connection.socket.async_wait(Socket::wait_read, OnReadable{this, &connection});
}

void ClientSockets::WaitWritable(Connection& connection) {
  if (connection.waits_writable) return;
  connection.waits_writable = true;
  connection.socket.async_wait(Socket::wait_write, OnWritable{this, &connection});
}

void ClientSockets::Touch(Connection& connection) {
  if (connection.touched) return;
  connection.touched = true;
  touched_.push_back(connection.index);
}

void ClientSockets::Receive(Connection& connection) {
  const std::span<char> space = shard_.InputSpace(connection.index);
  if (space.empty()) {
    connection.paused = true;
    return;
  }
  const ssize_t n =
      ::recv(connection.socket.native_handle(), space.data(), space.size(), MSG_DONTWAIT);
  const bool again = n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR);
  shard_.OnBytes(connection.index, n > 0 ? static_cast<size_t>(n) : 0, loop_.clock().now(),
                 effects_);
  deliver_();
  if (n > 0 || again) return Touch(connection);
  if (n == 0 && shard_.AwaitsAnswer(connection.index)) {
    connection.paused = true;  // it closes when the answer is sent
    return;
  }
  Close(connection);
}

void ClientSockets::Flush() {
  do {
    for (const ConnIndex index : effects_.writable) {
      if (Connection* connection = Find(index)) Touch(*connection);
    }
    effects_.writable.clear();
    for (const ConnIndex index : effects_.resume) {
      Connection* connection = Find(index);
      if (connection == nullptr) continue;
      connection->paused = false;
      Touch(*connection);
    }
    effects_.resume.clear();
    flushing_.swap(touched_);
    for (const ConnIndex index : flushing_) {
      Connection* connection = Find(index);
      if (connection == nullptr || !connection->touched) continue;
      connection->touched = false;
      FlushOne(*connection);
    }
    flushing_.clear();
    // Sending frees space, which may let paused connections go on.
  } while (!effects_.resume.empty());
}

void ClientSockets::FlushOne(Connection& connection) {
  if (!connection.waits_writable && !Send(connection)) return Close(connection);
  if (shard_.WantsClose(connection.index) && shard_.Output(connection.index).empty()) {
    return Close(connection);
  }
  WaitReadable(connection);
}

bool ClientSockets::Send(Connection& connection) {
  const std::string_view output = shard_.Output(connection.index);
  if (output.empty()) return true;
  const ssize_t n = ::send(connection.socket.native_handle(), output.data(), output.size(),
                           MSG_DONTWAIT | MSG_NOSIGNAL);
  if (n < 0 && errno != EAGAIN && errno != EWOULDBLOCK && errno != EINTR) return false;
  const size_t sent = n > 0 ? static_cast<size_t>(n) : 0;
  if (sent < output.size()) WaitWritable(connection);
  if (sent > 0) {
    shard_.OnSent(connection.index, sent, loop_.clock().now(), effects_);
    deliver_();
  }
  return true;
}

void ClientSockets::Close(Connection& connection) {
  assert(!connection.closed);
  const ConnIndex index = connection.index;
  DrainBeforeClose(connection.socket.native_handle());
  boost::system::error_code ignored;
  connection.socket.close(ignored);
  --open_;
  closed_.push_back(std::move(connection.address));
  Bury(index);
  shard_.OnClosed(index, effects_);
  deliver_();
}

void ClientSockets::Bury(ConnIndex index) {
  Connection& connection = *connections_[index];
  connection.closed = true;
  connection.dying_at = dying_.size();
  dying_.push_back(std::move(connections_[index]));
  DropIfUnused(connection);
}

void ClientSockets::DropIfUnused(Connection& connection) {
  if (connection.waits_readable || connection.waits_writable) return;
  const size_t at = connection.dying_at;
  assert(dying_[at].get() == &connection);
  dying_[at].swap(dying_.back());
  dying_[at]->dying_at = at;
  dying_.pop_back();
}

}  // namespace zk::io
