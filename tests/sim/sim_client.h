// SPDX-License-Identifier: Apache-2.0
//
// SimClient: a raw protocol client with a session, pipelined requests, watches and reconnects.
//
// Place: bytes to and from a simulated server; every reply and event goes to the Oracle.
// Threads: single-threaded. A raw client on purpose: it shares no code with the client library.
#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <string>
#include <string_view>

#include "common/random.h"
#include "tests/sim/oracle.h"
#include "tests/sim/request.h"
#include "tests/sim/workload.h"

namespace zk::sim {

// What a client needs of the world around it.
class ClientHost {
 public:
  virtual ~ClientHost() = default;
  virtual int64_t now_us() const = 0;
  // Opens a connection; its number is used in all later calls. 0: refused.
  virtual uint64_t Dial(int client) = 0;
  virtual void Send(uint64_t conn, std::string bytes) = 0;
  virtual void Hangup(uint64_t conn) = 0;
  virtual void TraceClient(int client, const std::string& what) = 0;
  // A server refused to know the session any more.
  virtual void OnSessionLost(int client, int64_t session) = 0;
};

struct ClientOptions {
  int32_t timeout_ms = 6000;
  size_t pipeline = 8;
  bool authenticate = false;
  double hangup = 0.002;  // chance per step
  double close_session = 0.001;
  double reattach_fresh = 0.02;  // a reconnect forgets its session (and lets it expire)
};

class SimClient {
 public:
  SimClient(int id, ClientOptions options, WorkloadMix mix, Random random, ClientHost* host,
            const ModelTree* model, Oracle* oracle, Fail fail);

  // Called now and then: connects, sends requests and pings, hangs up.
  void Step();
  void OnBytes(uint64_t conn, std::string_view bytes);
  void OnClosed(uint64_t conn);

  // Liveness phase: no new requests, no mischief.
  void Quiesce() { quiet_ = true; }
  bool Settled() const { return established_ && pending_.empty(); }

  int64_t session() const { return session_; }
  bool established() const { return established_; }
  int32_t timeout_ms() const { return negotiated_ms_; }
  uint64_t events_checked() const;
  uint64_t replies() const { return replies_; }
  uint64_t unknown_outcomes() const { return unknown_; }
  std::string Describe() const;

 private:
  void Connect();
  void Establish(std::string_view frame);
  void SendRequest(SimRequest request);
  void SendSetWatches();
  void OnFrame(std::string_view frame);
  void OnReply(const proto::ReplyHeader& header, std::string_view body);
  void Registered(const SimRequest& request, const proto::ReplyHeader& header);
  void LoseConnection();
  void ForgetSession();
  Identities Ids() const;

  int id_;
  ClientOptions options_;
  Random random_;
  Workload workload_;
  ClientHost* host_;
  const ModelTree* model_;
  Oracle* oracle_;
  Fail fail_;

  uint64_t conn_ = 0;
  bool established_ = false;
  bool restoring_ = false;  // setWatches sent, not answered
  bool closing_ = false;
  bool quiet_ = false;
  bool authenticated_ = false;
  std::string input_;
  int64_t session_ = 0;
  std::string password_;
  int32_t negotiated_ms_ = 0;
  Zxid last_zxid_;
  int32_t next_xid_ = 1;
  int64_t last_send_us_ = 0;
  std::deque<SimRequest> pending_;
  std::unique_ptr<WatchOracle> watches_;
  std::vector<WatchOracle::Seen> restored_;
  uint64_t replies_ = 0;
  uint64_t unknown_ = 0;
  uint64_t events_ = 0;
};

// The digest identity of the client `id`, as ACL entries carry it.
std::string DigestIdentity(int id);

}  // namespace zk::sim
