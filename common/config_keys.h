// SPDX-License-Identifier: Apache-2.0
//
// Every configuration key that ZooKeeper's servers know, and what this server makes of it.
//
// Place: under config.h; how working keys are read is in config_settings.h. Threads: constants.
// Source: operations reference, keys of §1.3 to 1.5, 3.1 and 7 with their grades.
#pragma once

#include <span>
#include <string>
#include <string_view>

namespace zk {

enum class KeyUse {
  kWorks,      // config_settings.cc reads it
  kLater,      // not yet: one line says so, unless the value is the default
  kIgnored,    // rare: one line says that it is ignored, unless the value is the default
  kNoMeaning,  // means something to a Java program only: nothing is said
  kFatal,      // asks for protection or membership that is not there: refused, unless the default
};

// Where Java reads a key: decides which -D is it.
enum class KeyHome {
  kFile,      // only the file
  kProperty,  // the file, or -Dzookeeper.KEY
  kBare,      // in Java only -DKEY; here the file too
};

struct KeyInfo {
  std::string_view name;  // a family ends in '.' and stands for every key that starts so
  KeyUse use;
  KeyHome home;
  // Values, by '|', that ask for nothing: mostly the default. "" stands for "false|no"; an empty
  // value never asks for anything.
  std::string_view harmless;
  std::string_view about;  // what it asks for, for the message
};

std::span<const KeyInfo> AllKeys();

// The key's info, by its own name before the family's; null when nobody knows it.
const KeyInfo* FindKey(std::string_view key);

// Names that ZooKeeper's documentation gives and its code does not read, to those that work.
// `key` itself when it is none of them.
std::string_view ResolveAlias(std::string_view key);

// True if a value of a key asks for nothing that this server lacks.
bool IsHarmless(const KeyInfo& info, std::string_view value);

// The known key most like `key`, or "" when none is near.
std::string NearestKey(std::string_view key);

}  // namespace zk
