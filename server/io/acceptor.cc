// SPDX-License-Identifier: Apache-2.0
#include "server/io/acceptor.h"

#include <arpa/inet.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>

#include <cerrno>
#include <cstring>

#include "common/log.h"

namespace zk::io {
namespace {
namespace asio = boost::asio;
using asio::ip::tcp;

// Java says 50, and a burst of reconnecting clients then waits for retransmitted SYNs.
constexpr int kDefaultBacklog = 4096;
constexpr int kAcceptsPerWait = 64;
constexpr Duration kComplainEvery{1000};

// Textual address and port of a peer; an IPv4 client of a dual-stack socket shows as IPv4.
void Describe(const sockaddr_storage& peer, AcceptedSocket& out) {
  char text[INET6_ADDRSTRLEN] = "";
  if (peer.ss_family == AF_INET) {
    const auto& v4 = reinterpret_cast<const sockaddr_in&>(peer);
    inet_ntop(AF_INET, &v4.sin_addr, text, sizeof(text));
    out.port = ntohs(v4.sin_port);
  } else {
    const auto& v6 = reinterpret_cast<const sockaddr_in6&>(peer);
    if (IN6_IS_ADDR_V4MAPPED(&v6.sin6_addr)) {
      inet_ntop(AF_INET, v6.sin6_addr.s6_addr + 12, text, sizeof(text));
    } else {
      inet_ntop(AF_INET6, &v6.sin6_addr, text, sizeof(text));
    }
    out.port = ntohs(v6.sin6_port);
    out.ipv6 = true;
  }
  out.address = text;
}

// The address that a name stands for; the first answer of the system.
Result<asio::ip::address> Resolve(const std::string& name) {
  addrinfo hints = {};
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_PASSIVE;
  addrinfo* found = nullptr;
  if (const int error = getaddrinfo(name.c_str(), nullptr, &hints, &found); error != 0) {
    return Status::Invalid("clientPortAddress " + name + ": " + gai_strerror(error));
  }
  AcceptedSocket described;
  sockaddr_storage storage = {};
  std::memcpy(&storage, found->ai_addr, found->ai_addrlen);
  freeaddrinfo(found);
  Describe(storage, described);
  return asio::ip::make_address(described.address);
}

}  // namespace

Acceptor::Acceptor(EventLoop& loop, Options options, std::function<void(AcceptedSocket)> hand_on)
    : loop_(loop),
      options_(std::move(options)),
      hand_on_(std::move(hand_on)),
      listener_(loop.executor()) {}

Status Acceptor::Listen() {
  const auto port = static_cast<uint16_t>(options_.port);
  Status status;
  if (options_.address.empty()) {
    status = Bind({tcp::v6(), port});
    if (!status.ok()) {  // a kernel without IPv6
      const Status second = Bind({tcp::v4(), port});
      if (second.ok()) status = second;
    }
  } else {
    Result<asio::ip::address> address = Resolve(options_.address);
    if (!address.ok()) return address.status();
    status = Bind({*address, port});
  }
  if (status.ok()) Wait();
  return status;
}

Status Acceptor::Bind(const tcp::endpoint& endpoint) {
  boost::system::error_code error;
  if (listener_.is_open()) listener_.close(error);
  listener_.open(endpoint.protocol(), error);
  if (!error && endpoint.address().is_unspecified() && endpoint.address().is_v6()) {
    listener_.set_option(asio::ip::v6_only(false), error);
  }
  if (!error) listener_.set_option(Listener::reuse_address(true), error);
  if (!error) listener_.bind(endpoint, error);
  if (!error) {
    listener_.listen(options_.backlog > 0 ? options_.backlog : kDefaultBacklog, error);
  }
  if (!error) listener_.native_non_blocking(true, error);
  if (!error) port_ = listener_.local_endpoint(error).port();
  if (error) {
    return Status::Io("cannot listen on port " + std::to_string(endpoint.port()) + ": " +
                      error.message());
  }
  return Status::Ok();
}

std::string Acceptor::Name() const {
  const std::string host = options_.address.empty() ? "0.0.0.0" : options_.address;
  return host + "/" + host + ":" + std::to_string(port_);
}

void Acceptor::Wait() {
  if (waiting_ || starved_ || !listener_.is_open()) return;
  waiting_ = true;
  listener_.async_wait(Listener::wait_read, [this](const boost::system::error_code& error) {
    waiting_ = false;
    if (error || !listener_.is_open()) return;
    AcceptAll();
    Wait();
  });
}

void Acceptor::AcceptAll() {
  for (int i = 0; i < kAcceptsPerWait; ++i) {
    sockaddr_storage peer = {};
    socklen_t size = sizeof(peer);
    const int fd = ::accept4(listener_.native_handle(), reinterpret_cast<sockaddr*>(&peer), &size,
                             SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (fd >= 0) {
      Admit(fd, peer);
      continue;
    }
    if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM) {
      LOG(ERROR) << "Cannot accept a connection: " << std::strerror(errno)
                 << "; trying again shortly";
      starved_ = true;
      return;
    }
    if (errno == EAGAIN || errno == EWOULDBLOCK) return;
    // The client gave up before we came: look at the next one.
  }
}

bool Acceptor::HasRoom(const std::string& address) {
  std::string reason;
  if (options_.max_total > 0 && total_ >= options_.max_total) {
    reason = "Too many connections max allowed is " + std::to_string(options_.max_total);
  } else if (const auto at = per_address_.find(address); options_.max_per_address > 0 &&
                                                         at != per_address_.end() &&
                                                         at->second >= options_.max_per_address) {
    reason = "Too many connections from /" + address + " - max is " +
             std::to_string(options_.max_per_address);
  }
  if (reason.empty()) return true;
  ++rejected_;
  const Instant now = loop_.clock().now().mono;
  if (now >= last_complaint_ + kComplainEvery) {  // a flood must not fill the log
    last_complaint_ = now;
    LOG(WARNING) << reason;
  }
  return false;
}

void Acceptor::Admit(int fd, const sockaddr_storage& peer) {
  AcceptedSocket accepted;
  accepted.fd = UniqueFd(fd);
  Describe(peer, accepted);
  if (!HasRoom(accepted.address)) return;
  const int on = 1;
  ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
  if (options_.keep_alive) ::setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof(on));
  ++per_address_[accepted.address];
  ++total_;
  hand_on_(std::move(accepted));
}

void Acceptor::OnClosed(const std::string& address) {
  const auto at = per_address_.find(address);
  if (at == per_address_.end()) return;
  --total_;
  if (--at->second == 0) per_address_.erase(at);
}

void Acceptor::OnTick() {
  starved_ = false;
  Wait();
}

void Acceptor::Stop() {
  boost::system::error_code ignored;
  listener_.close(ignored);
}

}  // namespace zk::io
