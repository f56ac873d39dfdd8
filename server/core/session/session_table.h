// SPDX-License-Identifier: Apache-2.0
//
// SessionTable: the global sessions of a server, who speaks for each, and when it expires.
//
// Place: Replica; a leader's or a standalone server's. Threads: as Replica.
// Invariants:
//   1. A session stands in exactly one bucket; a bucket's time is a multiple of the tick, at least
//      1 ms after last_heard + timeout.
//   2. A closing session does not come back: it is never touched again, only removed.
//   3. What is iterated comes by (bucket, id), so that two runs of one history agree.
// Source: client-server protocol, "Tracking and expiry".
#pragma once

#include <boost/unordered/unordered_flat_map.hpp>
#include <cstdint>
#include <map>
#include <utility>
#include <vector>

#include "common/types.h"

namespace zk {

struct Session {
  Origin origin;           // the connection that may write for it; invalid: none since the start
  int32_t timeout_ms = 0;  // of its last touch
  bool closing = false;    // a closeSession transaction is under way
  Instant last_heard;
  Instant bucket;
  uint32_t slot = 0;  // in its bucket
};

class SessionTable {
 public:
  // `tick_ms` >= 1: the width of a bucket.
  explicit SessionTable(int64_t tick_ms) : tick_ms_(tick_ms) {}

  size_t size() const { return sessions_.size(); }
  // Null if there is none. Valid until the next Add() or Remove().
  const Session* Find(SessionId id) const;

  // An id that is there already starts anew.
  void Add(SessionId id, int32_t timeout_ms, Origin origin, Instant now);
  void Remove(SessionId id);
  // Moves the session by what was heard at `heard`; older news than the last is ignored. False if
  // there is no such session or it is closing.
  bool Touch(SessionId id, int32_t timeout_ms, Instant heard);
  // The session must be there.
  void SetOrigin(SessionId id, Origin origin);
  void SetClosing(SessionId id);

  // Appends the sessions, not yet closing, of all buckets that ended at or before `now` and before
  // `silence_until`: news that was on its way at a bucket's end has been taken in then.
  void Expired(Instant now, Instant silence_until, std::vector<SessionId>& out) const;
  // End of the bucket in which a session that is heard of at `heard` stands.
  Instant BucketOf(Instant heard, int32_t timeout_ms) const;

  // Every bucket in order, each with its sessions, ascending.
  std::vector<std::pair<Instant, std::vector<SessionId>>> Buckets() const;
  // Every id, ascending.
  std::vector<SessionId> Ids() const;
  // Aborts when invariant 1 does not hold.
  void CheckInvariants() const;

 private:
  void Enter(SessionId id, Session& session, Instant bucket);
  void Leave(const Session& session);

  int64_t tick_ms_;
  boost::unordered_flat_map<SessionId, Session> sessions_;
  std::map<Instant, std::vector<SessionId>> buckets_;
};

}  // namespace zk
