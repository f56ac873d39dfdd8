// SPDX-License-Identifier: Apache-2.0
//
// Access control lists in transactions and requests, with a short cut for the open list, which
// nearly all of them carry.
//
// Place: prep writes them, apply reads them. Threads: pure functions.
// Invariant: the short cut changes no byte and no result, only time.
#pragma once

#include <string_view>

#include "common/acl.h"
#include "jute/decoder.h"
#include "jute/encoder.h"

namespace zk {

// {31, world:anyone} as a vector<ACL>.
inline constexpr std::string_view kOpenAclWire(
    "\0\0\0\x01\0\0\0\x1f\0\0\0\x05world\0\0\0\x06"
    "anyone",
    27);

// Takes the open list's bytes off `in` if they come next.
bool SkipOpenAcl(jute::Decoder& in);
// Reads a list as it is; a null one reads as empty. Never null.
AclRef ReadAcl(jute::Decoder& in);
void WriteAcl(const AclRef& acl, jute::Encoder& out);

}  // namespace zk
