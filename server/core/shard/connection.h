// SPDX-License-Identifier: Apache-2.0
//
// Connection: one client's bytes in and out, its order of requests, its figures.
//
// Place: owned by Shard, which decides; a Connection only keeps. Threads: the shard's loop.
// Invariants:
//   1. Frames are run where they lie: a cursor (InputBuffer::Consume) walks them, none is copied.
//   2. A frame's length is checked as soon as its four bytes are there, before anything else of it.
//   3. Output is appended at the end and sent from the front; `output_stalled_since` is the time of
//      the last progress while there is any.
//   4. pending_writes counts what the core will still answer; a request that is no write runs only
//      when it is empty.
#pragma once

#include <array>
#include <boost/intrusive/list_hook.hpp>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "common/acl.h"
#include "common/proto/opcode.h"
#include "common/types.h"
#include "server/core/shard/input_buffer.h"
#include "server/core/shard/pending_writes.h"
#include "server/core/shard/shard_report.h"
#include "server/core/shard/watch_ops.h"

namespace zk {

void AddLatency(LatencyStats& stats, int64_t ms);

// When the bytes of the input arrived, a few marks deep: a request's latency counts from its own.
class ArrivalMarks {
 public:
  // `size` bytes arrived at `now`.
  void Add(size_t size, Instant now);
  // `size` bytes were consumed; returns the arrival of the last of them.
  Instant Consume(size_t size);

 private:
  struct Mark {
    uint64_t end = 0;  // in the stream
    Instant at;
  };
  std::array<Mark, 4> marks_;
  size_t first_ = 0;
  size_t count_ = 0;
  uint64_t received_ = 0;
  uint64_t consumed_ = 0;
};

// The output of a connection: append at the end, send from the front.
class OutputBuffer {
 public:
  std::string& Append() { return bytes_; }
  std::string_view Unsent() const { return std::string_view(bytes_).substr(sent_); }
  size_t unsent() const { return bytes_.size() - sent_; }
  void Sent(size_t size);
  void Drop() {
    bytes_.clear();
    sent_ = 0;
  }
  // Gives memory back when nothing is unsent.
  void Trim();

 private:
  std::string bytes_;
  size_t sent_ = 0;
};

struct Connection : public boost::intrusive::list_base_hook<
                        boost::intrusive::link_mode<boost::intrusive::auto_unlink>> {
  enum class State : uint8_t {
    kHandshake,   // waits for a ConnectRequest or a four-letter word
    kQuery,       // waits for the answer to a four-letter word
    kConnecting,  // the core decides about the session
    kOpen,
    kClosing,  // nothing is read or appended any more; closed when the output is sent
  };
  enum class Queue : uint8_t { kNone, kRunnable, kCredit };

  // The unit at the front of the input.
  struct Front {
    enum class Kind : uint8_t { kPartial, kBad, kFrame } kind = Kind::kPartial;
    std::string_view payload;  // kFrame: without its length
    size_t need = 4;           // bytes that the unit takes, as far as is known
  };
  // `max_frame`: largest legal payload in bytes.
  Front PeekFrame(size_t max_frame) const;
  // Takes the front frame away; returns when its last byte arrived.
  Instant ConsumeFrame(const Front& front);

  void MarkAnswered(OpCode op, int32_t xid, Zxid zxid, Instant arrived, Now now);
  ConnectionReport Report(Duration idle_limit) const;
  void ResetFigures();

  // Identity.
  uint32_t index = 0;
  uint32_t generation = 0;
  std::string address;
  uint16_t port = 0;
  AuthRef auth;

  // State.
  State state = State::kHandshake;
  Queue queue = Queue::kNone;
  bool wants_read_only_byte = false;  // ConnectResponse: not for clients up to 3.3
  bool opens_session = false;         // the ConnectRequest asked for a new one
  bool known_to_core = false;         // its origin was named there
  bool close_sent = false;            // closeSession is with the core: nothing behind it runs
  bool paused = false;                // the rim was refused input space
  bool heard_queued = false;          // in the shard's list of touches
  SessionId session = 0;
  int32_t timeout_ms = 0;
  std::string query;  // kHandshake, kQuery: the four-letter word

  InputBuffer input;
  ArrivalMarks arrivals;
  OutputBuffer output;
  PendingWrites pending_writes;
  SetWatchesCursor set_watches;

  // Time.
  Now accepted;
  Instant heard;            // last byte from the client
  Instant connect_arrived;  // the ConnectRequest
  Instant output_stalled_since;
  uint64_t told_writable = 0;  // number of the shard call that last named it in `writable`

  // Figures.
  int64_t received = 0;
  int64_t sent = 0;
  OpCode last_op = OpCode::kError;
  bool has_last_op = false;
  int32_t last_cxid = -1;
  int64_t last_zxid = -1;
  int64_t last_response_ms = 0;
  int64_t last_latency_ms = 0;
  LatencyStats latency;
};

}  // namespace zk
