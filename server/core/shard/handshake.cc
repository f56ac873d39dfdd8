// SPDX-License-Identifier: Apache-2.0
#include "server/core/shard/handshake.h"

#include <algorithm>
#include <cassert>

#include "jute/decoder.h"
#include "jute/encoder.h"

namespace zk {
namespace {

constexpr size_t kPasswordSize = 16;

constexpr std::string_view kWords[] = {
    "conf", "cons", "crst", "dirs", "dump", "envi", "gtmk", "hash", "isro",
    "mntr", "ruok", "srst", "srvr", "stat", "stmk", "wchc", "wchp", "wchs",
};

}  // namespace

bool ParseConnectRequest(std::string_view frame, ConnectFields& out) {
  jute::Decoder in(frame);
  in.Int();  // protocolVersion: nobody looks at it
  out.last_zxid_seen = in.Long();
  out.timeout_ms = in.Int();
  out.session = in.Long();
  out.password = in.NullableBuffer();
  if (!in.ok()) return false;
  out.has_read_only = in.remaining() > 0;
  out.read_only = out.has_read_only && in.Bool();
  return true;
}

int32_t NegotiateTimeout(int32_t requested_ms, const ServerConfig& config) {
  const int64_t low =
      config.min_session_timeout_ms >= 0 ? config.min_session_timeout_ms : 2 * config.tick_time_ms;
  const int64_t high =
      config.max_session_timeout_ms >= 0 ? config.max_session_timeout_ms : 20 * config.tick_time_ms;
  const int64_t timeout = std::min(std::max<int64_t>(requested_ms, low), high);
  return static_cast<int32_t>(std::min<int64_t>(timeout, INT32_MAX));
}

void AppendConnectResponse(int32_t timeout_ms, SessionId session, std::string_view password,
                           bool with_read_only, std::string& out) {
  assert(password.empty() || password.size() == kPasswordSize);
  jute::Encoder encoder(out);
  encoder.Int(with_read_only ? 37 : 36);
  encoder.Int(0);
  encoder.Int(timeout_ms);
  encoder.Long(session);
  encoder.Int(kPasswordSize);
  out.append(password);
  out.append(kPasswordSize - password.size(), '\0');
  if (with_read_only) encoder.Bool(false);
}

size_t FourLetterLength(std::string_view input) {
  assert(input.size() >= 4);
  const std::string_view word = input.substr(0, 4);
  const bool known = std::find(std::begin(kWords), std::end(kWords), word) != std::end(kWords);
  if (!known) return 0;
  return word == "stmk" ? 12 : 4;
}

bool IsTelnetClose(std::string_view input) { return input.substr(0, 4) == "\xff\xf4\xff\xfd"; }

bool FourLetterAllowed(std::string_view word, const ServerConfig& config) {
  const auto& list = config.four_letter_whitelist;
  return word == "srvr" || list.contains("*") || list.contains(std::string(word)) ||
         (word == "isro" && config.read_only_mode);
}

std::string FourLetterRefusal(std::string_view word) {
  return std::string(word) + " is not executed because it is not in the whitelist.\n";
}

}  // namespace zk
