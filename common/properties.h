// SPDX-License-Identifier: Apache-2.0
//
// The syntax of Java's .properties files, in which zoo.cfg is written.
//
// Place: under config.h. Threads: pure functions.
// Source: operations reference, "File syntax and lookup"; the documentation of
// java.util.Properties.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "common/status.h"

namespace zk {

struct Property {
  std::string key;
  std::string value;
  int line = 0;  // where it starts, from 1
  friend bool operator==(const Property&, const Property&) = default;
};

// All pairs in the order of the file, duplicates among them. The bytes are ISO-8859-1, the result
// is UTF-8. Nothing is trimmed behind a value. kInvalid ("line 3: ...") on a malformed \u escape,
// the only thing that can be wrong.
Result<std::vector<Property>> ParseProperties(std::string_view text);

}  // namespace zk
