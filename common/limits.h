// SPDX-License-Identifier: Apache-2.0
//
// Every limit of the server, in one place, with the story of a request from socket to socket:
//
//   A connection's input buffer holds at most one frame (jute_max_buffer) plus read_chunk; when it
//   is full the rim stops reading and TCP holds the client back. A shard parses a write only with a
//   credit (global_outstanding, request_bytes; a connection may always have one request), so what
//   waits in Replica, in the log queue and in the inboxes is bounded by the credits given out.
//   Replies gather in the connection's output buffer: at output_soft nothing more is run for it, at
//   output_hard or after output_stall it is closed.
//
// Place: handed to every core; a struct, not constants, so that the simulator can shrink it.
// Threads: set once before the loops start, read-only after.
#pragma once

#include <cstddef>
#include <cstdint>

#include "common/types.h"

namespace zk {

struct Limits {
  // Wire. A frame, and a single string or buffer inside it (slack for what a log record adds).
  size_t jute_max_buffer = 0xfffff;
  size_t jute_extra_size = 0xfffff;

  // Connections.
  size_t read_chunk = 64 << 10;
  size_t output_soft = 1 << 20;
  size_t output_hard = 64 << 20;
  Duration output_stall{30'000};
  Duration handshake_timeout{10'000};  // connection without a session
  size_t max_connections_per_address = 60;
  size_t max_connections = 0;  // 0 = no limit

  // Requests in flight, over all shards.
  size_t global_outstanding = 1000;
  size_t outstanding_bytes = 100 << 20;

  // One section of a shard under its guard slot, and one publish of the core.
  size_t section_reads = 64;
  size_t section_bytes = 256 << 10;
  size_t publish_txns = 64;

  // Group commit: the most that one fdatasync covers.
  size_t sync_txns = 1000;
  size_t sync_bytes = 4 << 20;

  // Snapshots: after snap_count/2 + random(snap_count/2) transactions or the same of bytes.
  int64_t snap_count = 100'000;
  int64_t snap_size_bytes = int64_t{4} << 30;
  size_t snapshot_nodes_per_section = 256;
  size_t view_bytes_max = size_t{4} << 30;  // pre-images kept for one snapshot

  // Files.
  size_t preallocate_bytes = 64 << 20;
  int64_t log_size_limit_bytes = -1;  // roll above it; <= 0: never by size

  int64_t max_ttl_ms = 0xFF'FFFF'FFFF;
};

inline constexpr Limits kDefaultLimits{};
static_assert(kDefaultLimits.output_soft <= kDefaultLimits.output_hard);
static_assert(kDefaultLimits.output_hard > 2 * kDefaultLimits.jute_max_buffer,
              "the largest data a client may store must fit into a reply");
static_assert(kDefaultLimits.sync_bytes > kDefaultLimits.jute_max_buffer + (64 << 10));
static_assert(kDefaultLimits.section_reads >= 1 && kDefaultLimits.publish_txns >= 1);
static_assert(kDefaultLimits.outstanding_bytes > kDefaultLimits.jute_max_buffer);

}  // namespace zk
