// SPDX-License-Identifier: Apache-2.0
#include "common/config_servers.h"

#include <charconv>
#include <optional>
#include <string_view>

namespace zk {
namespace {

constexpr std::string_view kForm =
    "host:port:electionPort[:participant|observer][;[address:]clientPort], and N a number in "
    "server.N";

std::vector<std::string_view> Split(std::string_view text, char separator) {
  std::vector<std::string_view> parts;
  for (;;) {
    const size_t at = text.find(separator);
    parts.push_back(text.substr(0, at));
    if (at == std::string_view::npos) return parts;
    text.remove_prefix(at + 1);
  }
}

// "host:1:2" or "[v6]:1:2" at its colons, the brackets removed; nothing when a bracket is not
// closed.
std::vector<std::string_view> SplitHostAndPorts(std::string_view text) {
  if (!text.starts_with('[')) return Split(text, ':');
  const size_t close = text.find(']');
  if (close == std::string_view::npos) return {};
  const std::string_view host = text.substr(1, close - 1);
  std::string_view rest = text.substr(close + 1);
  if (rest.empty()) return {host};
  if (!rest.starts_with(':')) return {};
  std::vector<std::string_view> parts = Split(rest.substr(1), ':');
  parts.insert(parts.begin(), host);
  return parts;
}

std::optional<int64_t> ParseNumber(std::string_view text, int64_t high) {
  int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size() || value < 0 || value > high) {
    return std::nullopt;
  }
  return value;
}

constexpr int64_t kPortMax = 65535;

// host:port:electionPort[:role]
bool ParsePeerAddress(std::string_view text, ServerLine& line) {
  const std::vector<std::string_view> parts = SplitHostAndPorts(text);
  if (parts.size() < 3 || parts.size() > 4 || parts[0].empty()) return false;
  if (!ParseNumber(parts[1], kPortMax) || !ParseNumber(parts[2], kPortMax)) return false;
  if (parts.size() == 4) {
    line.observer = EqualsIgnoringCase(parts[3], "observer");
    return line.observer || EqualsIgnoringCase(parts[3], "participant");
  }
  return true;
}

// [address:]port
bool ParseClientAddress(std::string_view text, ServerLine& line) {
  if (text.empty()) return true;
  const std::vector<std::string_view> parts = SplitHostAndPorts(text);
  if (parts.empty() || parts.size() > 2) return false;
  const std::optional<int64_t> port = ParseNumber(parts.back(), kPortMax);
  if (!port) return false;
  line.client_port = static_cast<int>(*port);
  if (parts.size() == 2) line.client_address = parts[0];
  return true;
}

}  // namespace

Result<ServerLine> ParseServerLine(const Setting& setting) {
  ServerLine line;
  line.text = setting.value;
  const std::string_view number = std::string_view(setting.key).substr(setting.key.find('.') + 1);
  const std::optional<int64_t> sid = ParseNumber(number, INT64_MAX);
  const std::vector<std::string_view> parts = Split(setting.value, ';');
  if (!sid || parts.size() > 3) return BadValue(setting, kForm);
  line.sid = *sid;
  for (std::string_view address : Split(TrimBlanks(parts[0]), '|')) {
    if (!ParsePeerAddress(address, line)) return BadValue(setting, kForm);
  }
  if (parts.size() > 1 && !ParseClientAddress(TrimBlanks(parts[1]), line)) {
    return BadValue(setting, kForm);
  }
  if (parts.size() > 2 && !TrimBlanks(parts[2]).empty()) {
    return BadValue(setting, "no TLS client port: TLS is not supported yet by this version");
  }
  return line;
}

}  // namespace zk
