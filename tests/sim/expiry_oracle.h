// SPDX-License-Identifier: Apache-2.0
//
// ExpiryOracle: judges that a session is expired only when nothing was heard of it for its timeout.
//
// Place: the simulator's world tells it what reaches the server's sockets (invariant I17).
// Threads: single-threaded. Times are virtual microseconds.
#pragma once

#include <algorithm>
#include <cstdint>
#include <map>
#include <string>

#include "common/types.h"

namespace zk::sim {

class ExpiryOracle {
 public:
  // A new server gives every session its whole timeout.
  void ServerStarted(int64_t now_us) { started_us_ = now_us; }
  void Heard(SessionId session, int64_t now_us) { heard_us_[session] = now_us; }
  // What was heard last was lost before the server could read it: when is uncertain now.
  void Lost(SessionId session) { heard_us_.erase(session); }
  void Negotiated(SessionId session, int32_t timeout_ms) { timeout_ms_[session] = timeout_ms; }

  // The server decides to expire it. Empty when that is right, else what is wrong.
  std::string Expired(SessionId session, int64_t now_us) const {
    const auto timeout = timeout_ms_.find(session);
    if (timeout == timeout_ms_.end()) return "";  // its client never heard of it
    const auto heard = heard_us_.find(session);
    const int64_t last_us =
        std::max(started_us_, heard == heard_us_.end() ? int64_t{0} : heard->second);
    const int64_t silent_us = now_us - last_us;
    if (silent_us >= int64_t{timeout->second} * 1000) return "";
    return "session " + Hex(session) + " expired " + std::to_string(silent_us / 1000) +
           " ms after it was heard, its timeout is " + std::to_string(timeout->second);
  }

 private:
  int64_t started_us_ = 0;
  std::map<SessionId, int64_t> heard_us_;  // last bytes at the server's socket
  std::map<SessionId, int32_t> timeout_ms_;
};

}  // namespace zk::sim
