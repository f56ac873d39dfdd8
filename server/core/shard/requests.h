// SPDX-License-Identifier: Apache-2.0
//
// What each request type is to a shard: who runs it, what it must wait for, how reports name it.
//
// Place: asked by Shard for every frame. Threads: pure functions.
// Source: client-server protocol, "Opcodes", "xid rules" and quirks Q3 to Q5; operations, `cons`.
#pragma once

#include <cstdint>
#include <string_view>

#include "common/proto/opcode.h"

namespace zk {

enum class RequestKind : uint8_t {
  kWrite,    // to the core: needs a credit, may follow other writes; sync and closeSession too
  kRead,     // against the tree or the watch table
  kPing,     // answered in order
  kAuth,     // changes the identities of the connection
  kSasl,     // answered as by a server without SASL
  kRefused,  // unknown, or not for clients: error -6 and the end
};

RequestKind KindOf(OpCode op);

// The reserved xids go with their operations only; every other pair is fine.
bool XidFits(int32_t xid, OpCode op);

// "GETD" for kGetData; "NA" for what reports do not name.
std::string_view LastOpName(OpCode op);

}  // namespace zk
