// SPDX-License-Identifier: Apache-2.0
//
// Shard: the client connections of one loop: handshake, order of requests, reads, watches.
//
// Place: one or more per server; fed by its rim with bytes, by the core with batches.
// Threads: one loop. It reads the tree only inside RunSection() and OnBatch().
// Invariants:
//   1. Requests of a connection run in order: a read waits for every earlier write of its
//   connection
//      to be answered; a write leaves only when every earlier non-write has run.
//   2. No read runs while a batch waits: the rim drains first.
//   3. A connection's output is in the order in which sections and batches appended to it.
//   4. Nothing here blocks; what cannot run now stays in the connection's input buffer.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "common/acl.h"
#include "common/server_config.h"
#include "common/types.h"
#include "server/core/batch.h"
#include "server/core/replica.h"
#include "server/core/shard/shard_report.h"
#include "server/core/tree/database.h"

namespace zk {

using ConnIndex = uint32_t;  // slot in the shard; reused after OnClosed

struct FourLetterQuery {
  Origin origin;
  std::string word;  // four letters, whitelisted; with the 8 bytes of stmk behind it
};

// What a shard asks of its rim. The rim clears it after use.
struct ShardEffects {
  // To the core, in this order. Views point into connection buffers: valid until the shard is
  // called again, so a rim that queues them copies.
  struct ToCore {
    enum class Kind : uint8_t { kRequest, kSession, kOriginClosed } kind = Kind::kRequest;
    ClientRequest request;   // kRequest
    SessionRequest session;  // kSession
    Origin origin;           // kOriginClosed
  };
  std::vector<ToCore> to_core;
  std::vector<Touch> touches;            // send with the time of the pass
  bool flush_touches = false;            // send `touches` now, even when empty
  std::vector<ConnIndex> writable;       // have bytes in Output() or want to be closed; may repeat
  std::vector<ConnIndex> resume;         // read from them again
  std::vector<FourLetterQuery> queries;  // answered by OnQueryAnswer

  void Clear() {
    to_core.clear();
    touches.clear();
    flush_touches = false;
    writable.clear();
    resume.clear();
    queries.clear();
  }
};

class Shard {
 public:
  struct Options {
    const ServerConfig* config = nullptr;
    uint16_t id = 0;
    uint16_t shards = 1;
  };
  explicit Shard(Options options);
  ~Shard();

  // --- the rim's side
  // ----------------------------------------------------------------------------- A socket was
  // accepted; `address` is textual ("127.0.0.1"), `port` the client's.
  ConnIndex OnAccepted(std::string_view address, uint16_t port, Now now);
  // Space of at least 1 byte for the rim to read into, then OnBytes with what it wrote there (0
  // gives it back); nothing moves it in between but another InputSpace of the connection. Empty:
  // the connection takes no more for now; the rim reads again when `resume` names it.
  std::span<char> InputSpace(ConnIndex conn);
  void OnBytes(ConnIndex conn, size_t size, Now now, ShardEffects& out);
  // The socket is gone (both sides' doing).
  void OnClosed(ConnIndex conn, ShardEffects& out);
  // What is to be sent, and how much of it was. The view is valid until the shard is called again.
  std::string_view Output(ConnIndex conn) const;
  void OnSent(ConnIndex conn, size_t size, Now now, ShardEffects& out);
  // True: when Output() is empty the rim closes the socket and calls OnClosed.
  bool WantsClose(ConnIndex conn) const;
  // True: the client may have shut its sending side down (as `echo ruok | nc` does) and still waits
  // for an answer, so the end of its stream is no reason to close.
  bool AwaitsAnswer(ConnIndex conn) const;
  void OnTick(Now now, ShardEffects& out);
  void OnQueryAnswer(Origin origin, std::string_view text, ShardEffects& out);

  // --- the core's side
  // ---------------------------------------------------------------------------- Events and
  // replies, in order. Inside the guard.
  void OnBatch(const Batch& batch, Now now, ShardEffects& out);
  // Runs what can run: reads against `db`, writes into out.to_core; at most `budget` reads. True if
  // more is ready. Inside the guard.
  bool RunSection(const Database& db, size_t budget, Now now, ShardEffects& out);
  bool HasRunnable() const;

  bool HasWatches() const;
  ShardReport Report(ReportParts parts = {}) const;
  // Zero the counters that srst and crst reset.
  void ResetStatistics();
  void ResetConnectionStatistics();
  // The rim refused a socket (too many connections); only counted.
  void CountRejected();
  size_t connections() const;
  void CheckInvariants() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace zk
