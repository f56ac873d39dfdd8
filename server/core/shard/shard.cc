// SPDX-License-Identifier: Apache-2.0
#include "server/core/shard/shard.h"

#include <algorithm>
#include <cassert>

#include "common/log.h"
#include "jute/decoder.h"
#include "server/core/shard/handshake.h"
#include "server/core/shard/reply.h"
#include "server/core/shard/shard_impl.h"

namespace zk {

Shard::Impl::Impl(const Options& options)
    : config(*options.config),
      limits(config.limits),
      id(options.id),
      max_in_flight(std::max<size_t>(1, limits.global_outstanding / options.shards)),
      max_in_flight_bytes(limits.outstanding_bytes / options.shards) {}

Shard::Shard(Options options) : impl_(std::make_unique<Impl>(options)) {
  CHECK(options.config != nullptr && options.shards >= 1 && options.id < options.shards);
}
Shard::~Shard() = default;

// --- connections
// ----------------------------------------------------------------------------------

Connection& Shard::Impl::Get(ConnIndex index) {
  CHECK(index < slots.size() && slots[index].connection != nullptr) << "no connection " << index;
  return *slots[index].connection;
}

const Connection& Shard::Impl::Get(ConnIndex index) const {
  CHECK(index < slots.size() && slots[index].connection != nullptr) << "no connection " << index;
  return *slots[index].connection;
}

Connection* Shard::Impl::Find(Origin origin) {
  if (!origin.valid() || origin.shard != id || origin.conn >= slots.size()) return nullptr;
  Slot& slot = slots[origin.conn];
  return slot.generation == origin.generation ? slot.connection.get() : nullptr;
}

ConnIndex Shard::OnAccepted(std::string_view address, uint16_t port, Now now) {
  impl_->call++;
  if (impl_->free_slots.empty()) {
    impl_->free_slots.push_back(static_cast<uint32_t>(impl_->slots.size()));
    impl_->slots.emplace_back();
  }
  const ConnIndex index = impl_->free_slots.back();
  impl_->free_slots.pop_back();
  Impl::Slot& slot = impl_->slots[index];
  if (++slot.generation == 0) slot.generation = 1;
  slot.connection = std::make_unique<Connection>();
  Connection& c = *slot.connection;
  c.index = index;
  c.generation = slot.generation;
  c.address = address;
  c.port = port;
  c.accepted = now;
  c.heard = now.mono;
  c.auth = std::make_shared<AuthIds>(AuthIds{{"ip", c.address}});
  impl_->connection_count++;
  return index;
}

bool Shard::Impl::TakesInput(const Connection& c) const {
  switch (c.state) {
    case Connection::State::kQuery:
    case Connection::State::kClosing:
      return false;
    default:
      return !c.close_sent && c.input.HasSpace(Need(c), limits.read_chunk);
  }
}

size_t Shard::Impl::Need(const Connection& c) const {
  if (c.state == Connection::State::kHandshake && !c.query.empty()) {
    return FourLetterLength(c.query);
  }
  return c.PeekFrame(limits.jute_max_buffer).need;
}

std::span<char> Shard::InputSpace(ConnIndex conn) {
  Connection& c = impl_->Get(conn);
  if (impl_->TakesInput(c)) return c.input.Space(impl_->Need(c), impl_->limits.read_chunk);
  c.paused = true;
  return {};
}

void Shard::OnBytes(ConnIndex conn, size_t size, Now now, ShardEffects& out) {
  impl_->call++;
  Connection& c = impl_->Get(conn);
  c.input.Filled(size);
  if (size == 0 || c.state == Connection::State::kQuery || c.state == Connection::State::kClosing) {
    return;
  }
  impl_->bytes_received += static_cast<int64_t>(size);
  c.arrivals.Add(size, now.mono);
  impl_->Heard(c, now.mono);
  if (c.state == Connection::State::kHandshake) impl_->OnHandshakeBytes(c, out);
  impl_->Schedule(c);
}

void Shard::Impl::OnHandshakeBytes(Connection& c, ShardEffects& out) {
  const std::string_view pending = c.input.Pending();
  if (pending.size() < 4) return;
  if (c.query.empty() && FourLetterLength(pending) > 0) c.query = pending.substr(0, 4);
  if (c.query.empty()) {
    const bool bad = c.PeekFrame(limits.jute_max_buffer).kind == Connection::Front::Kind::kBad;
    if (bad || IsTelnetClose(pending)) Close(c, out);
    return;
  }
  if (!FourLetterAllowed(c.query, config)) {
    c.received++;
    packets_received++;
    c.output.Append() += FourLetterRefusal(c.query);
    c.output_stalled_since = c.heard;
    return Close(c, out);
  }
  const size_t length = FourLetterLength(c.query);
  if (pending.size() < length) return;
  c.received++;
  packets_received++;
  c.query = pending.substr(0, length);
  c.state = Connection::State::kQuery;
  out.queries.push_back({OriginOf(c), c.query});
}

void Shard::OnClosed(ConnIndex conn, ShardEffects& out) {
  impl_->call++;
  Connection& c = impl_->Get(conn);
  if (c.known_to_core) {
    ShardEffects::ToCore& message = out.to_core.emplace_back();
    message.kind = ShardEffects::ToCore::Kind::kOriginClosed;
    message.origin = impl_->OriginOf(c);
  }
  if (c.heard_queued) impl_->departed.push_back({c.session, c.timeout_ms, c.heard});
  impl_->watches.Forget(conn);
  while (!c.pending_writes.empty()) impl_->ReturnCredits(c);
  impl_->Unqueue(c);
  impl_->slots[conn].connection.reset();
  impl_->free_slots.push_back(conn);
  impl_->connection_count--;
  impl_->WakeCreditWaiters();
}

std::string_view Shard::Output(ConnIndex conn) const { return impl_->Get(conn).output.Unsent(); }

void Shard::OnSent(ConnIndex conn, size_t size, Now now, ShardEffects& out) {
  impl_->call++;
  Connection& c = impl_->Get(conn);
  if (size == 0) return;
  c.output.Sent(size);
  c.output_stalled_since = now.mono;
  impl_->Schedule(c);
  impl_->ResumeInput(c, out);
}

bool Shard::WantsClose(ConnIndex conn) const {
  return impl_->Get(conn).state == Connection::State::kClosing;
}

bool Shard::AwaitsAnswer(ConnIndex conn) const {
  return impl_->Get(conn).state == Connection::State::kQuery;
}

void Shard::OnQueryAnswer(Origin origin, std::string_view text, ShardEffects& out) {
  impl_->call++;
  Connection* c = impl_->Find(origin);
  if (c == nullptr || c->state != Connection::State::kQuery) return;
  c->output.Append() += text;
  c->output_stalled_since = std::max(c->heard, impl_->last_tick);
  impl_->Close(*c, out);
}

void Shard::Impl::Heard(Connection& c, Instant now) {
  c.heard = now;
  if (c.state != Connection::State::kOpen || c.heard_queued) return;
  c.heard_queued = true;
  heard.push_back(c.index);
}

void Shard::Impl::MarkWritable(Connection& c, ShardEffects& out) {
  if (c.told_writable == call) return;
  c.told_writable = call;
  out.writable.push_back(c.index);
}

void Shard::Impl::ResumeInput(Connection& c, ShardEffects& out) {
  if (!c.paused || !TakesInput(c)) return;
  c.paused = false;
  out.resume.push_back(c.index);
}

void Shard::Impl::Appended(Connection& c, size_t unsent_before, size_t frames, Now now,
                           ShardEffects& out) {
  if (unsent_before == 0) c.output_stalled_since = now.mono;
  c.sent += static_cast<int64_t>(frames);
  packets_sent += static_cast<int64_t>(frames);
  if (c.output.unsent() > limits.output_soft) Unqueue(c);  // OnSent schedules it again
  if (c.output.unsent() > limits.output_hard) {
    LOG(WARNING) << c.address << ":" << c.port
                 << " does not read what it asked for: " << c.output.unsent()
                 << " bytes wait. Closing it.";
    return Abort(c, out);
  }
  MarkWritable(c, out);
}

void Shard::Impl::CountResponse(size_t frame_size) {
  const auto size = static_cast<int64_t>(frame_size);
  last_response_bytes = size;
  min_response_bytes = min_response_bytes < 0 ? size : std::min(min_response_bytes, size);
  max_response_bytes = std::max(max_response_bytes, size);
}

void Shard::Impl::Close(Connection& c, ShardEffects& out) {
  c.state = Connection::State::kClosing;
  watches.Forget(c.index);
  Unqueue(c);
  MarkWritable(c, out);
}

void Shard::Impl::Abort(Connection& c, ShardEffects& out) {
  c.output.Drop();
  Close(c, out);
}

// --- time
// -----------------------------------------------------------------------------------------

void Shard::OnTick(Now now, ShardEffects& out) {
  impl_->call++;
  const Duration quarter{std::max<int64_t>(1, impl_->config.tick_time_ms / 4)};
  // After a stall of this loop the clients' bytes still wait in their sockets: nobody is judged by
  // silence before they were read. Two late ticks in a row are no stall but the rim's habit.
  const bool late = impl_->last_tick != Instant{} &&
                    impl_->last_tick < now.mono - Duration{impl_->config.tick_time_ms};
  const bool stalled = late && !impl_->was_late;
  impl_->was_late = late;
  impl_->last_tick = now.mono;
  if (now.mono >= impl_->next_flush) {
    impl_->next_flush = now.mono + quarter;
    impl_->HearPaused(now.mono);
    impl_->FlushTouches(out);
  }
  if (now.mono >= impl_->next_sweep && !stalled) {
    impl_->next_sweep = now.mono + Duration{std::min<int64_t>(quarter.ms, 1000)};
    impl_->Sweep(now, out);
  }
}

// Whose bytes wait because nothing is read from it for now cannot be blamed for silence.
void Shard::Impl::HearPaused(Instant now) {
  for (Slot& slot : slots) {
    if (slot.connection != nullptr && slot.connection->paused) Heard(*slot.connection, now);
  }
}

void Shard::Impl::FlushTouches(ShardEffects& out) {
  out.flush_touches = true;
  out.touches.insert(out.touches.end(), departed.begin(), departed.end());
  departed.clear();
  for (const ConnIndex index : heard) {
    Connection* c = slots[index].connection.get();
    if (c == nullptr || !c->heard_queued) continue;  // gone since, or named twice
    c->heard_queued = false;
    out.touches.push_back({c->session, c->timeout_ms, c->heard});
  }
  heard.clear();
}

void Shard::Impl::Sweep(Now now, ShardEffects& out) {
  for (Slot& slot : slots) {
    if (slot.connection == nullptr) continue;
    Connection& c = *slot.connection;
    if (c.output.unsent() > 0 && now.mono - c.output_stalled_since > limits.output_stall) {
      LOG(WARNING) << c.address << ":" << c.port << " has read nothing for "
                   << limits.output_stall.ms << " ms. Closing it.";
      Abort(c, out);
      continue;
    }
    const bool overdue =
        (c.state == Connection::State::kHandshake &&
         now.mono - c.accepted.mono >= limits.handshake_timeout) ||
        ((c.state == Connection::State::kConnecting || c.state == Connection::State::kOpen) &&
         now.mono - c.heard >= Duration{c.timeout_ms});
    if (overdue) {
      VLOG(1) << c.address << ":" << c.port << ": closed, silent for too long";
      Close(c, out);
    } else if (now.mono - c.heard > Duration{1000}) {
      c.input.Trim();
      c.output.Trim();
    }
  }
}

// --- order and credits
// ----------------------------------------------------------------------------

bool Shard::Impl::HasCredit(const Connection& c, size_t bytes) const {
  return c.pending_writes.empty() ||
         (in_flight < max_in_flight && in_flight_bytes + bytes <= max_in_flight_bytes);
}

Shard::Impl::Next Shard::Impl::Examine(const Connection& c) const {
  using Readiness = Next::Readiness;
  using Kind = Connection::Front::Kind;
  Next next;
  const bool handshake = c.state == Connection::State::kHandshake && c.query.empty();
  const bool open = c.state == Connection::State::kOpen && !c.close_sent &&
                    c.output.unsent() <= limits.output_soft;
  if (!handshake && !open) return next;
  next.front = c.PeekFrame(limits.jute_max_buffer);
  if (next.front.kind == Kind::kPartial) return next;
  next.readiness = Readiness::kReady;
  if (handshake || next.front.kind == Kind::kBad) return next;
  jute::Decoder header(next.front.payload);
  next.xid = header.Int();
  next.op = static_cast<OpCode>(header.Int());
  if (!header.ok()) return next;
  next.legal = XidFits(next.xid, next.op);
  next.kind = KindOf(next.op);
  if (next.kind == RequestKind::kWrite) {
    if (!HasCredit(c, next.front.need)) next.readiness = Readiness::kNoCredit;
  } else if (!c.pending_writes.empty()) {
    next.readiness = Readiness::kNotNow;
  }
  return next;
}

void Shard::Impl::Unqueue(Connection& c) {
  if (c.is_linked()) c.unlink();
  c.queue = Connection::Queue::kNone;
}

void Shard::Impl::Schedule(Connection& c) {
  const Next::Readiness readiness = Examine(c).readiness;
  const Connection::Queue wanted =
      readiness == Next::Readiness::kReady      ? Connection::Queue::kRunnable
      : readiness == Next::Readiness::kNoCredit ? Connection::Queue::kCredit
                                                : Connection::Queue::kNone;
  if (c.queue == wanted) return;  // keeps its place
  Unqueue(c);
  c.queue = wanted;
  if (wanted == Connection::Queue::kRunnable) runnable.push_back(c);
  if (wanted == Connection::Queue::kCredit) credit_waiters.push_back(c);
}

void Shard::Impl::ReturnCredits(Connection& c) {
  assert(in_flight > 0 && in_flight_bytes >= c.pending_writes.front().bytes);
  in_flight--;
  in_flight_bytes -= c.pending_writes.front().bytes;
  c.pending_writes.Pop();
}

void Shard::Impl::WakeCreditWaiters() {
  // As many as there are free credits; who wakes takes at least one of them when it runs.
  size_t free = max_in_flight - std::min(in_flight, max_in_flight);
  for (; free > 0 && !credit_waiters.empty(); free--) {
    Connection& c = credit_waiters.front();
    Schedule(c);
    if (c.queue == Connection::Queue::kCredit) return;  // bytes are short: first come, first served
  }
}

// --- the core's side
// ------------------------------------------------------------------------------

void Shard::OnBatch(const Batch& batch, Now now, ShardEffects& out) {
  impl_->call++;
  for (const BatchItem& item : batch.items) {
    for (uint32_t i = item.changes_begin; i < item.changes_end && !impl_->watches.empty(); i++) {
      impl_->Deliver(batch, batch.changes[i], now, out);
    }
    impl_->Answer(batch, item, now, out);
  }
  impl_->WakeCreditWaiters();
}

void Shard::Impl::Deliver(const Batch& batch, const Change& change, Now now, ShardEffects& out) {
  std::string_view path = batch.PathOf(change);
  if (path.empty()) path = "/";
  fired.Clear();
  watches.Match(change.kind, path, fired);
  for (const FiredWatches::Event& event : fired.events) {
    const AclRef& acl = event.of_parent ? change.parent_acl : change.acl;
    const bool open = acl == OpenAcl();
    notification.clear();  // encoded once, whoever gets it
    AppendNotification(event.type, event.path, notification);
    for (uint32_t i = event.begin; i < event.end; i++) {
      Connection* c = slots[fired.connections[i]].connection.get();
      // An earlier event of this change may have overrun it.
      if (c == nullptr || c->state != Connection::State::kOpen) continue;
      if (!open && (acl == nullptr || !CheckAcl(*acl, *c->auth, kPermRead, config.auth))) continue;
      const size_t unsent = c->output.unsent();
      c->output.Append() += notification;
      Appended(*c, unsent, 1, now, out);
    }
  }
}

void Shard::Impl::Answer(const Batch& batch, const BatchItem& item, Now now, ShardEffects& out) {
  Connection* c = Find(item.origin);
  if (c == nullptr) return;
  if (item.kind == BatchItem::Kind::kClose) return Close(*c, out);
  if (item.kind == BatchItem::Kind::kSessionReply) {
    return AnswerSession(*c, batch.BodyOf(item), item, now, out);
  }
  if (c->pending_writes.empty() || c->pending_writes.front().xid != item.xid) {
    LOG(ERROR) << "an answer that nobody waits for, to " << c->address << ":" << c->port << ", xid "
               << item.xid;
    return Close(*c, out);
  }
  const Instant arrived = c->pending_writes.front().arrived;
  ReturnCredits(*c);
  if (c->state != Connection::State::kOpen) return;
  const size_t unsent = c->output.unsent();
  ReplyFrame reply(item.xid, item.zxid, c->output.Append());
  c->output.Append() += batch.BodyOf(item);
  CountResponse(reply.Finish(item.error));
  c->MarkAnswered(item.op, item.xid, item.zxid, arrived, now);
  AddLatency(latency, c->last_latency_ms);
  AddLatency(item.kind == BatchItem::Kind::kTxn ? update_latency : read_latency,
             c->last_latency_ms);
  Appended(*c, unsent, 1, now, out);
  if (item.close_after) return Close(*c, out);
  Schedule(*c);
  ResumeInput(*c, out);
}

void Shard::Impl::AnswerSession(Connection& c, std::string_view password, const BatchItem& item,
                                Now now, ShardEffects& out) {
  if (c.state != Connection::State::kConnecting) return;
  const size_t unsent = c.output.unsent();
  const bool refused = item.timeout_ms <= 0;
  if (refused) {
    // Who asked for a new session would take the zeroed answer for one: no answer then.
    if (!c.opens_session) {
      AppendConnectResponse(0, 0, {}, c.wants_read_only_byte, c.output.Append());
      Appended(c, unsent, 1, now, out);
    }
    return Close(c, out);
  }
  c.state = Connection::State::kOpen;
  c.session = item.session;
  c.timeout_ms = item.timeout_ms;
  AppendConnectResponse(item.timeout_ms, item.session, password, c.wants_read_only_byte,
                        c.output.Append());
  if (c.opens_session) {
    c.MarkAnswered(OpCode::kCreateSession, 0, item.zxid, c.connect_arrived, now);
    AddLatency(latency, c.last_latency_ms);
    AddLatency(update_latency, c.last_latency_ms);
  }
  Heard(c, now.mono);
  Appended(c, unsent, 1, now, out);
  Schedule(c);
  ResumeInput(c, out);
}

bool Shard::HasRunnable() const { return !impl_->runnable.empty(); }
bool Shard::HasWatches() const { return !impl_->watches.empty(); }
size_t Shard::connections() const { return impl_->connection_count; }
void Shard::CountRejected() { impl_->rejected++; }

}  // namespace zk
