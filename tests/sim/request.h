// SPDX-License-Identifier: Apache-2.0
//
// SimRequest: one operation of a simulated client, with what is needed to judge its reply.
//
// Place: made by workload.h, sent by sim_client.h, judged by oracle.h. Threads: single-threaded.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "common/proto/opcode.h"
#include "tests/sim/model_tree.h"

namespace zk::sim {

struct SimRequest {
  OpCode op = OpCode::kPing;
  int32_t xid = 0;
  std::string path;
  std::optional<std::string> data;
  std::vector<ModelAcl> acl;
  CreateMode mode = CreateMode::kPersistent;
  int64_t ttl = 0;
  int32_t version = -1;
  bool watch = false;
  int32_t watch_mode = 0;               // addWatch mode, or the type of removeWatches
  std::vector<SimRequest> subs;         // multi, multiRead
  std::vector<std::string> watches[5];  // setWatches2: data, exist, child, persistent, recursive
  Zxid relative;                        // setWatches2
  int64_t invoked_us = 0;
  Zxid floor;  // the greatest zxid any write had been answered with when this one was sent

  bool IsWrite() const;
  // Header and body, without the frame length.
  std::string Encode() const;
  std::string Describe() const;
};

}  // namespace zk::sim
