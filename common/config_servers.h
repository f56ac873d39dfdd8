// SPDX-License-Identifier: Apache-2.0
//
// The `server.N=` lines of zoo.cfg.
//
// Place: under config.h. Threads: pure functions.
// Source: operations reference, "server.N lines".
#pragma once

#include <string>
#include <vector>

#include "common/config_values.h"
#include "common/status.h"
#include "common/types.h"

namespace zk {

struct ServerLine {
  Sid sid = 0;
  bool observer = false;
  std::string text;            // as given
  std::string client_address;  // behind ';', empty = wildcard
  int client_port = -1;        // -1 = the line names none
};

// kInvalid with the form that is allowed.
Result<ServerLine> ParseServerLine(const Setting& setting);

}  // namespace zk
