// SPDX-License-Identifier: Apache-2.0
#include "server/core/shard/connection.h"

#include <algorithm>
#include <cassert>

#include "jute/decoder.h"
#include "server/core/shard/requests.h"

namespace zk {
namespace {

// Output below it is never moved or given back: a handful of small replies.
constexpr size_t kOutputKept = 4096;
// What one large reply took is given back as soon as it is sent.
constexpr size_t kOutputLarge = 256 << 10;

}  // namespace

void AddLatency(LatencyStats& stats, int64_t ms) {
  stats.min_ms = stats.count == 0 ? ms : std::min(stats.min_ms, ms);
  stats.max_ms = std::max(stats.max_ms, ms);
  stats.count++;
  stats.sum_ms += ms;
}

void ArrivalMarks::Add(size_t size, Instant now) {
  received_ += size;
  if (count_ == marks_.size()) {
    // More reads than marks wait: the newest bytes count as come with those before them.
    marks_[(first_ + count_ - 1) % marks_.size()].end = received_;
    return;
  }
  marks_[(first_ + count_) % marks_.size()] = {received_, now};
  count_++;
}

Instant ArrivalMarks::Consume(size_t size) {
  assert(count_ > 0 && size > 0);
  consumed_ += size;
  assert(consumed_ <= received_);
  while (marks_[first_].end < consumed_) {
    first_ = (first_ + 1) % marks_.size();
    count_--;
  }
  const Instant at = marks_[first_].at;
  if (marks_[first_].end == consumed_) {
    first_ = (first_ + 1) % marks_.size();
    count_--;
  }
  return at;
}

void OutputBuffer::Sent(size_t size) {
  assert(size <= unsent());
  sent_ += size;
  if (sent_ == bytes_.size()) {
    if (bytes_.capacity() > kOutputLarge) std::string().swap(bytes_);
    bytes_.clear();
    sent_ = 0;
  } else if (sent_ > kOutputKept && sent_ > bytes_.size() / 2) {
    bytes_.erase(0, sent_);  // moves less than was sent: constant per byte
    sent_ = 0;
  }
}

void OutputBuffer::Trim() {
  if (unsent() == 0 && bytes_.capacity() > kOutputKept) {
    std::string().swap(bytes_);
    sent_ = 0;
  }
}

Connection::Front Connection::PeekFrame(size_t max_frame) const {
  const std::string_view pending = input.Pending();
  Front front;
  if (pending.size() < 4) return front;
  const int32_t length = jute::Decoder(pending).Int();
  if (length < 0 || static_cast<size_t>(length) > max_frame) {
    front.kind = Front::Kind::kBad;
    return front;
  }
  front.need = 4 + static_cast<size_t>(length);
  if (pending.size() < front.need) return front;
  front.kind = Front::Kind::kFrame;
  front.payload = pending.substr(4, static_cast<size_t>(length));
  return front;
}

Instant Connection::ConsumeFrame(const Front& front) {
  assert(front.kind == Front::Kind::kFrame);
  input.Consume(front.need);
  received++;
  return arrivals.Consume(front.need);
}

void Connection::MarkAnswered(OpCode op, int32_t xid, Zxid zxid, Instant arrived, Now now) {
  const int64_t latency_ms = std::max<int64_t>(0, (now.mono - arrived).ms);
  if (xid >= 0) last_cxid = xid;
  last_op = op;
  has_last_op = true;
  last_zxid = zxid.value;
  last_response_ms = now.mono.ms;
  last_latency_ms = latency_ms;
  AddLatency(latency, latency_ms);
}

void Connection::ResetFigures() {
  received = sent = 0;
  has_last_op = false;
  last_cxid = -1;
  last_zxid = -1;
  last_response_ms = last_latency_ms = 0;
  latency = {};
}

ConnectionReport Connection::Report(Duration idle_limit) const {
  ConnectionReport report;
  report.address = address;
  report.port = port;
  report.reading = !paused && state != State::kQuery && state != State::kClosing;
  report.queued = static_cast<int64_t>(pending_writes.size());
  report.received = received;
  report.sent = sent;
  report.session = state == State::kOpen ? session : 0;
  if (has_last_op) report.last_op = LastOpName(last_op);
  report.established_ms = accepted.wall.ms;
  report.timeout_ms = timeout_ms;
  report.last_cxid = last_cxid;
  report.last_zxid = last_zxid;
  report.last_response_ms = last_response_ms;
  report.last_latency_ms = last_latency_ms;
  report.latency = latency;
  report.expires =
      state == State::kOpen ? heard + Duration{timeout_ms} : accepted.mono + idle_limit;
  return report;
}

}  // namespace zk
