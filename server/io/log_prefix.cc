// SPDX-License-Identifier: Apache-2.0
#include "server/io/log_prefix.h"

#include <pthread.h>

#include <cctype>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <ostream>

#include "common/log.h"

namespace zk::io {
namespace {

constexpr size_t kKernelNameMax = 15;

std::string& LoggedId() {
  static std::string id;
  return id;
}

thread_local std::string thread_name = "main";

// "core_loop.cc" -> "CoreLoop": where Java prints a class.
std::string ClassOf(std::string_view file) {
  std::string out;
  bool upper = true;
  for (const char c : file.substr(0, file.rfind('.'))) {
    if (c == '_') {
      upper = true;
      continue;
    }
    out.push_back(upper ? static_cast<char>(std::toupper(static_cast<unsigned char>(c))) : c);
    upper = false;
  }
  return out;
}

// Java's names of levels, five wide.
std::string_view LevelOf(std::string_view severity) {
  if (severity == "INFO") return "INFO ";
  if (severity == "WARNING") return "WARN ";
  if (severity == "FATAL") return "FATAL";
  return "ERROR";
}

void WritePrefix(std::ostream& out, const google::LogMessageInfo& info, void*) {
  struct tm when = {};
  when.tm_year = info.time.year();
  when.tm_mon = info.time.month();
  when.tm_mday = info.time.day();
  when.tm_hour = info.time.hour();
  when.tm_min = info.time.min();
  when.tm_sec = info.time.sec();
  out << LogPrefix(info.severity, info.filename, info.line_number, when, info.time.usec() / 1000);
}

}  // namespace

std::string LogPrefix(std::string_view severity, std::string_view file, int line,
                      const struct tm& when, int millis) {
  char time[40];
  const size_t size = std::strftime(time, sizeof(time), "%Y-%m-%d %H:%M:%S", &when);
  char fraction[16];
  std::snprintf(fraction, sizeof(fraction), ",%03d", millis);
  std::string out(time, size);
  out.append(fraction).append(" [myid:").append(LoggedId()).append("] - ");
  out.append(LevelOf(severity)).append(" [").append(thread_name).append(":");
  out.append(ClassOf(file)).append("@").append(std::to_string(line)).append("] -");
  return out;
}

void StartLogging(const char* program) {
  // Else the C library looks at /etc/localtime again for every line, and ThreadSanitizer, which
  // does not see its lock, reports a race.
  setenv("TZ", ":/etc/localtime", /*overwrite=*/0);
  FLAGS_logtostderr = true;
  google::InitGoogleLogging(program, &WritePrefix);
}

void SetLoggedId(std::string_view my_id) { LoggedId() = my_id; }

void SetThreadName(std::string_view name) {
  thread_name = name;
  pthread_setname_np(pthread_self(), std::string(name.substr(0, kKernelNameMax)).c_str());
}

}  // namespace zk::io
