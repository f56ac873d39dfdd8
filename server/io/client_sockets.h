// SPDX-License-Identifier: Apache-2.0
//
// ClientSockets: the client connections of one shard: bytes from the kernel into Shard, and back.
//
// Place: one per shard, on its loop. Threads: the loop's (under the core loop's baton).
// Invariants:
//   1. A connection costs one recv and one send a pass, and no allocation.
//   2. Memory to read into is asked for only when there is something to read: idle is cheap.
//   3. Bytes leave in Flush() only, at the end of a pass, in the order in which Shard appended
//   them.
//   4. A socket waits for "writable" only after the kernel took less than was offered.
//   5. Shard hears OnClosed exactly once for every OnAccepted.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "server/core/shard/shard.h"
#include "server/io/event_loop.h"
#include "server/io/unique_fd.h"

namespace zk::io {

// A socket that the acceptor hands to a shard.
struct AcceptedSocket {
  UniqueFd fd;
  std::string address;  // textual, IPv4 unmapped
  uint16_t port = 0;
  bool ipv6 = false;  // the family of the socket, not of the address
};

class ClientSockets {
 public:
  // `deliver` is called after every call of the shard that may have filled effects.to_core.
  ClientSockets(EventLoop& loop, Shard& shard, ShardEffects& effects,
                std::function<void()> deliver);
  ~ClientSockets();  // closes all, without telling Shard
  ClientSockets(const ClientSockets&) = delete;
  ClientSockets& operator=(const ClientSockets&) = delete;

  void Add(AcceptedSocket accepted);
  // End of a pass: sends, closes what is to be closed, waits for what comes next.
  void Flush();
  // Addresses of connections that closed since the last call; the acceptor counts them.
  std::vector<std::string> TakeClosed() { return std::exchange(closed_, {}); }
  size_t open() const { return open_; }

 private:
  struct Connection;
  struct OnReadable;
  struct OnWritable;

  Connection* Find(ConnIndex index);
  void Receive(Connection& connection);
  void WaitReadable(Connection& connection);
  void WaitWritable(Connection& connection);
  // Remembers the connection for Flush().
  void Touch(Connection& connection);
  void FlushOne(Connection& connection);
  // False: the connection is lost.
  bool Send(Connection& connection);
  void Close(Connection& connection);
  // The connection has no index any more; it goes when its last handler came.
  void Bury(ConnIndex index);
  void DropIfUnused(Connection& connection);

  EventLoop& loop_;
  Shard& shard_;
  ShardEffects& effects_;
  const std::function<void()> deliver_;
  std::vector<std::unique_ptr<Connection>> connections_;  // by ConnIndex
  std::vector<std::unique_ptr<Connection>> dying_;        // closed, a handler is still to come
  std::vector<ConnIndex> touched_;
  std::vector<ConnIndex> flushing_;
  std::vector<std::string> closed_;
  size_t open_ = 0;
};

}  // namespace zk::io
