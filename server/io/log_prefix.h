// SPDX-License-Identifier: Apache-2.0
//
// The form of our log lines: `2026-11-22 07:13:27,845 [myid:1] - INFO  [core:Runtime@120] - text`.
//
// Place: main and tests of the rim; people's alerts parse this form (operations, "Log line").
// Threads: StartLogging once, before other threads; SetThreadName by each thread for itself.
#pragma once

#include <string>
#include <string_view>

namespace zk::io {

// Lines go to stderr. Call once.
void StartLogging(const char* program);
// What stands behind "myid:" from now on; empty on a standalone server without a myid.
void SetLoggedId(std::string_view my_id);
// Shown in the calling thread's lines and in ps, top and gdb (there its first 15 characters).
void SetThreadName(std::string_view name);

// The part of a line before its message, without the final blank (for tests).
std::string LogPrefix(std::string_view severity, std::string_view file, int line,
                      const struct tm& when, int millis);

}  // namespace zk::io
