// SPDX-License-Identifier: Apache-2.0
// Any text as zoo.cfg, as flags of the environment and as a -D: it is read or refused in one line.
#include <string>
#include <vector>

#include "common/config.h"
#include "common/log.h"
#include "tests/fuzz/fuzz_input.h"

namespace zk {
namespace {

void CheckLine(const std::string& line) {
  CHECK(!line.empty());
  for (char c : line) CHECK(static_cast<unsigned char>(c) >= ' ') << line;
}

void CheckConfig(const ServerConfig& config) {
  const Limits& limits = config.limits;
  CHECK(!config.data_dir.empty() && !config.data_log_dir.empty());
  CHECK(config.client_port >= -1 && config.client_port <= 65535);
  CHECK_GT(config.tick_time_ms, 0);
  CHECK_LE(config.min_session_timeout_ms, config.max_session_timeout_ms);
  CHECK_LE(config.max_session_timeout_ms, INT32_MAX);
  CHECK_GE(config.autopurge_snap_retain_count, 3);
  CHECK_GE(config.autopurge_interval_ms, 0);
  CHECK_GE(limits.snap_count, 2);
  CHECK_GT(limits.snap_size_bytes, 0);
  CHECK_LE(limits.output_soft, limits.output_hard);
  CHECK_GT(limits.output_hard, 2 * limits.jute_max_buffer);
  CHECK_GT(limits.sync_bytes, limits.jute_max_buffer);
  CHECK_GT(limits.outstanding_bytes, limits.jute_max_buffer);
  CHECK(config.four_letter_whitelist.contains("srvr"));
  CHECK_LE(config.servers.size(), 1u);
  CHECK(!config.auth.sasl_provider && !config.auth.x509_provider);
}

void TryOne(FuzzInput input) {
  ConfigInputs inputs;
  const uint8_t parts = input.Byte();
  if (parts & 1) inputs.server_jvm_flags = input.Text();
  if (parts & 2) inputs.jvm_flags = input.Text();
  if (parts & 4) inputs.defines.emplace_back(input.Text());
  std::string text(input.Rest());
  if (parts & 8) text = "dataDir=/d\nclientPort=1\n" + text;
  std::vector<std::string> warnings;
  const Result<ServerConfig> result = ParseConfigText(text, "zoo.cfg", inputs, &warnings);
  for (const std::string& warning : warnings) CheckLine(warning);
  if (result.ok()) {
    CheckConfig(*result);
    (void)DumpConfig(*result);
  } else {
    CheckLine(result.status().message());
  }
}

}  // namespace
}  // namespace zk

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  zk::TryOne(zk::FuzzInput(data, size));
  return 0;
}
