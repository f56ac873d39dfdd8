// SPDX-License-Identifier: Apache-2.0
#include "common/types.h"

#include <cstdio>

namespace zk {

std::string Hex(int64_t value) {
  char text[2 + 16 + 1];
  const int n = std::snprintf(text, sizeof text, "0x%llx", static_cast<unsigned long long>(value));
  return std::string(text, static_cast<size_t>(n));
}

}  // namespace zk
