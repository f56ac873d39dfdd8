// SPDX-License-Identifier: Apache-2.0
//
// Digests: a number of each node and their sum, by which servers find out that their trees differ.
//
// Place: the tree keeps its sum; prep computes what the sum will be after a transaction.
// Threads: pure functions.
// Invariant: bit-exact with Java's version 2, since the sum travels in transactions and snapshots.
// Source: quorum protocol, "Digest".
#pragma once

#include <cstdint>
#include <string_view>

#include "server/core/tree/node.h"

namespace zk {

// False for what is below /zookeeper/, which each server may keep its own way (quota statistics).
inline bool PathInDigest(std::string_view path) { return !path.starts_with("/zookeeper/"); }

// CRC-32 of path ("" for the root) and data: what stays the same when only the stat changes.
uint32_t DigestPrefix(std::string_view path, std::string_view data);

// The digest of a node whose path is in the digest.
uint64_t DigestOfStat(uint32_t prefix, const NodeStat& stat);

// As both together; 0 for a path outside.
uint64_t NodeDigest(std::string_view path, std::string_view data, const NodeStat& stat);

}  // namespace zk
