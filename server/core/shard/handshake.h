// SPDX-License-Identifier: Apache-2.0
//
// The first bytes of a connection: a four-letter word, or the ConnectRequest and its answer.
//
// Place: used by Shard until a session is established. Threads: pure functions.
// Source: client-server protocol, "Connection handshake"; operations, "Four-letter words".
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "common/server_config.h"
#include "common/types.h"
#include "jute/bytes.h"

namespace zk {

// A session's ConnectRequest, as far as the server looks at it. Views into the frame.
struct ConnectFields {
  int64_t last_zxid_seen = 0;
  int32_t timeout_ms = 0;
  SessionId session = 0;
  jute::Buffer password;
  bool read_only = false;
  bool has_read_only =
      false;  // clients up to 3.3 end before it and want an answer that does so too
};

// False: the bytes are no ConnectRequest. What is behind the record is ignored.
bool ParseConnectRequest(std::string_view frame, ConnectFields& out);

// The requested time-out within what this server allows.
int32_t NegotiateTimeout(int32_t requested_ms, const ServerConfig& config);

// Appends the framed ConnectResponse. A refused session has timeout, id and password zero.
void AppendConnectResponse(int32_t timeout_ms, SessionId session, std::string_view password,
                           bool with_read_only, std::string& out);

// Bytes of the four-letter word that `input` begins with: 4, or 12 for stmk with its mask behind it
// (maybe not there yet); 0 if it begins with none. Needs 4 bytes of input.
size_t FourLetterLength(std::string_view input);

// The end of a telnet session: closed without an answer.
bool IsTelnetClose(std::string_view input);

// True if the operator allows the word: 4lw.commands.whitelist.
bool FourLetterAllowed(std::string_view word, const ServerConfig& config);

// "mntr is not executed because it is not in the whitelist.\n"
std::string FourLetterRefusal(std::string_view word);

}  // namespace zk
