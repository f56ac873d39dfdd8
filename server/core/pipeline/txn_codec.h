// SPDX-License-Identifier: Apache-2.0
//
// The bytes of one transaction: TxnHeader, body, and the digest that may follow it.
//
// Place: what prep makes, the log stores, proposals carry and apply reads; nobody else knows where
// a body ends. Threads: plain functions; a DecodedTxn holds views of the bytes it came from.
// Invariants:
//   1. Encode(Decode(x)) == x for everything ZooKeeper 3.4 to 3.9 writes.
//   2. Nothing is allocated to find the end of a body, whatever counts it claims.
// Source: storage format, "Payload".
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "common/proto/opcode.h"
#include "common/proto/txn.h"
#include "common/types.h"
#include "jute/bytes.h"
#include "jute/record.h"

namespace zk {

inline constexpr size_t kTxnHeaderSize = 32;
inline constexpr size_t kTxnDigestSize = 12;
inline constexpr int32_t kDigestVersion = 2;

struct DecodedTxn {
  proto::TxnHeader header;
  jute::Bytes body;
  std::optional<proto::TxnDigest> digest;
  // What stands behind the digest (or instead of one, when shorter): tolerated, and kept so that
  // the bytes can be written again as they came.
  jute::Bytes trailing;

  Zxid zxid() const { return Zxid(header.zxid); }
  OpCode type() const { return static_cast<OpCode>(header.type); }
};

enum class TxnDecode {
  kOk,
  kTooShort,     // ends inside the header or the body: Java takes it for the end of the file
  kUnsupported,  // a type that no transaction has: Java refuses to start
};

// `out` is only meaningful after kOk and lives as long as `payload`.
TxnDecode DecodeTxn(jute::Bytes payload, DecodedTxn& out);

// Appends header, body and digest to `out`.
void EncodeTxn(const proto::TxnHeader& header, jute::Bytes body,
               const std::optional<proto::TxnDigest>& digest, std::string& out);
// The same with the body as a record. A type without a body (an old closeSession) takes the bytes.
template <jute::Record Body>
void EncodeTxn(const proto::TxnHeader& header, const Body& body,
               const std::optional<proto::TxnDigest>& digest, std::string& out) {
  jute::Encode(header, out);
  jute::Encode(body, out);
  if (digest) jute::Encode(*digest, out);
}

// Body of types 1 and 15. A body of release 3.3 has no parentCVersion: it reads as -1.
bool DecodeCreateTxn(jute::Bytes body, proto::CreateTxn& out);
// Body of type -11. False if there is none (3.5 and older, or closeSessionTxn.enabled=false).
bool DecodeCloseSessionTxn(jute::Bytes body, proto::CloseSessionTxn& out);

}  // namespace zk
