// SPDX-License-Identifier: Apache-2.0
#include "server/io/log_prefix.h"

#include <gtest/gtest.h>

#include <ctime>
#include <thread>

namespace zk::io {
namespace {

struct tm When() {
  struct tm when = {};
  when.tm_year = 126;
  when.tm_mon = 10;
  when.tm_mday = 2;
  when.tm_hour = 7;
  when.tm_min = 3;
  when.tm_sec = 27;
  return when;
}

TEST(LogPrefix, HasTheFormThatAlertsParse) {
  SetLoggedId("");
  EXPECT_EQ(LogPrefix("INFO", "core_loop.cc", 120, When(), 45),
            "2026-11-02 07:03:27,045 [myid:] - INFO  [main:CoreLoop@120] -");
  SetLoggedId("3");
  EXPECT_EQ(LogPrefix("WARNING", "runtime.cc", 7, When(), 845),
            "2026-11-02 07:03:27,845 [myid:3] - WARN  [main:Runtime@7] -");
  EXPECT_EQ(LogPrefix("ERROR", "x", 1, When(), 0),
            "2026-11-02 07:03:27,000 [myid:3] - ERROR [main:X@1] -");
  SetLoggedId("");
}

TEST(LogPrefix, NamesTheThread) {
  std::string prefix;
  std::thread([&] {
    SetThreadName("a-thread-with-a-long-name");
    prefix = LogPrefix("INFO", "a.cc", 1, When(), 0);
  }).join();
  EXPECT_NE(prefix.find("[a-thread-with-a-long-name:A@1]"), std::string::npos) << prefix;
}

}  // namespace
}  // namespace zk::io
