// SPDX-License-Identifier: Apache-2.0
//
// RawClient: one blocking connection to a server in this process, request by request.
//
// Place: tests of the rim. Threads: one. A read that brings nothing for 10 s fails the test.
#pragma once

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstdint>
#include <string>
#include <string_view>

#include "common/proto/opcode.h"
#include "common/proto/requests.h"
#include "jute/decoder.h"
#include "jute/encoder.h"
#include "jute/record.h"

namespace zk::io {

struct RawReply {
  bool ok = false;  // a whole frame came
  int32_t xid = 0;
  int64_t zxid = 0;
  int32_t error = 0;
  std::string body;
};

class RawClient {
 public:
  explicit RawClient(int port, const char* address = "127.0.0.1") {
    fd_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in to = {};
    to.sin_family = AF_INET;
    to.sin_port = htons(static_cast<uint16_t>(port));
    inet_pton(AF_INET, address, &to.sin_addr);
    connected_ = ::connect(fd_, reinterpret_cast<sockaddr*>(&to), sizeof(to)) == 0;
  }
  ~RawClient() { ::close(fd_); }
  RawClient(const RawClient&) = delete;
  RawClient& operator=(const RawClient&) = delete;

  bool connected() const { return connected_; }
  int64_t session() const { return session_; }
  const std::string& password() const { return password_; }

  void Send(std::string_view bytes) {
    while (!bytes.empty()) {
      const ssize_t n = ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (n <= 0) return;
      bytes.remove_prefix(static_cast<size_t>(n));
    }
  }
  void SendFrame(std::string_view payload) {
    std::string frame;
    jute::Encoder(frame).Int(static_cast<int32_t>(payload.size()));
    frame += payload;
    Send(frame);
  }
  // Empty at the end of the stream or after 10 s.
  std::string ReceiveFrame() {
    while (in_.size() < 4 || in_.size() - 4 < FrontSize()) {
      if (!ReceiveMore()) return {};
    }
    std::string frame = in_.substr(4, FrontSize());
    in_.erase(0, 4 + frame.size());
    return frame;
  }
  // Everything until the server closes.
  std::string ReceiveAll() {
    while (ReceiveMore()) {
    }
    return in_;
  }
  void ShutdownSending() { ::shutdown(fd_, SHUT_WR); }

  // A new session, or `session` again. False if it was refused.
  bool Connect(int32_t timeout_ms, int64_t session = 0, std::string_view password = {}) {
    std::string payload;
    jute::Encoder out(payload);
    out.Int(0);
    out.Long(0);
    out.Int(timeout_ms);
    out.Long(session);
    out.String(password.empty() ? std::string_view("\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0", 16)
                                : password);
    out.Bool(false);
    SendFrame(payload);
    const std::string frame = ReceiveFrame();
    jute::Decoder in(frame);
    in.Int();
    const int32_t negotiated = in.Int();
    session_ = in.Long();
    password_ = std::string(in.NullableBuffer().bytes());
    return in.ok() && negotiated > 0;
  }

  template <typename Request>
  int32_t Ask(OpCode op, const Request& request) {
    std::string payload;
    jute::Encoder out(payload);
    out.Int(++xid_);
    out.Int(static_cast<int32_t>(op));
    jute::Encode(request, payload);
    SendFrame(payload);
    return xid_;
  }
  RawReply Receive() {
    const std::string frame = ReceiveFrame();
    jute::Decoder in(frame);
    RawReply reply;
    reply.xid = in.Int();
    reply.zxid = in.Long();
    reply.error = in.Int();
    reply.ok = in.ok();
    if (reply.ok) reply.body = frame.substr(16);
    return reply;
  }
  template <typename Request>
  RawReply Call(OpCode op, const Request& request) {
    Ask(op, request);
    return Receive();
  }

  RawReply Create(std::string_view path, std::string_view data, int32_t flags = 0) {
    std::string payload;
    jute::Encoder out(payload);
    out.Int(++xid_);
    out.Int(static_cast<int32_t>(OpCode::kCreate));
    out.String(path);
    out.String(data);
    out.Int(1);
    out.Int(31);
    out.String("world");
    out.String("anyone");
    out.Int(flags);
    SendFrame(payload);
    return Receive();
  }

 private:
  size_t FrontSize() const { return static_cast<size_t>(jute::Decoder(in_).Int()); }
  bool ReceiveMore() {
    pollfd waiting = {fd_, POLLIN, 0};
    if (::poll(&waiting, 1, 10'000) != 1) return false;
    char buffer[64 << 10];
    const ssize_t n = ::recv(fd_, buffer, sizeof(buffer), 0);
    if (n <= 0) return false;
    in_.append(buffer, static_cast<size_t>(n));
    return true;
  }

  int fd_ = -1;
  bool connected_ = false;
  int64_t session_ = 0;
  std::string password_;
  int32_t xid_ = 0;
  std::string in_;
};

}  // namespace zk::io
