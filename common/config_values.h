// SPDX-License-Identifier: Apache-2.0
//
// Setting: one key and value with where it was given; and readers of values that say what is
// allowed.
//
// Place: under config.h. Threads: plain values, pure functions.
// Invariant: every error is one line `where: key=value: expected ...`, without the value of a
// secret.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>

#include "common/status.h"

namespace zk {

struct Setting {
  std::string key;    // canonical: without `zookeeper.`, aliases resolved
  std::string value;  // trimmed
  std::string where;  // "zoo.cfg:3", "-D", "SERVER_JVMFLAGS"

  // Passwords and their hashes: never printed.
  bool is_secret() const;
  // "zoo.cfg:3: tickTime=2000", of bounded length.
  std::string Name() const;
  // "zoo.cfg:3: tickTime", for keys of which nobody knows what they hold: a misspelt name may stand
  // before a password.
  std::string NameOnly() const;
};

// Control characters become '?', so that nobody writes log lines by a value.
std::string OneLine(std::string text);

Status BadValue(const Setting& setting, std::string_view expected);

// A number with an optional sign, decimal or 0x and hexadecimal, in [low, high]; `unit` is for the
// message ("ms", "").
Status ReadInt(const Setting& setting, int64_t low, int64_t high, std::string_view unit,
               int64_t& out);
// true or yes, false or no, in any case.
Status ReadBool(const Setting& setting, bool& out);

// For ASCII.
constexpr char LowerCase(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}
bool EqualsIgnoringCase(std::string_view a, std::string_view b);
std::string_view TrimBlanks(std::string_view text);

}  // namespace zk
