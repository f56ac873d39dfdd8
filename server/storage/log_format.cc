// SPDX-License-Identifier: Apache-2.0
#include "server/storage/log_format.h"

#include <zlib.h>

namespace zk::storage {

uint32_t Adler32(std::string_view bytes, uint32_t from) {
  return static_cast<uint32_t>(
      adler32_z(from, reinterpret_cast<const Bytef*>(bytes.data()), bytes.size()));
}

}  // namespace zk::storage
