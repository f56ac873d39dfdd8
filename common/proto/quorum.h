// SPDX-License-Identifier: Apache-2.0
//
// Records and packet types of module `quorum`: what servers say to each other.
//
// Place: used from the ensemble on; the standalone server only prints and tests them.
// Threads: plain values; views. Source: quorum protocol, "Encodings used everywhere".
#pragma once

#include "common/proto/data.h"
#include "jute/record.h"

namespace zk::proto {

enum class PacketType : int32_t {
  kRequest = 1,
  kProposal = 2,
  kAck = 3,
  kCommit = 4,
  kPing = 5,
  kRevalidate = 6,
  kSync = 7,
  kInform = 8,
  kCommitAndActivate = 9,
  kNewLeader = 10,
  kFollowerInfo = 11,
  kUpToDate = 12,
  kDiff = 13,
  kTrunc = 14,
  kSnap = 15,
  kObserverInfo = 16,
  kLeaderInfo = 17,
  kAckEpoch = 18,
  kInformAndActivate = 19,
};

struct LearnerInfo {
  int64_t serverid = 0;
  int32_t protocolVersion = 0;
  int64_t configVersion = 0;
  JUTE_FIELDS(LearnerInfo, serverid, protocolVersion, configVersion)
};

struct QuorumPacket {
  int32_t type = 0;
  int64_t zxid = 0;
  jute::Buffer data;
  jute::Vector<Id> authinfo;
  JUTE_FIELDS(QuorumPacket, type, zxid, data, authinfo)
};

struct QuorumAuthPacket {
  int64_t magic = 0;
  int32_t status = 0;
  jute::Buffer token;
  JUTE_FIELDS(QuorumAuthPacket, magic, status, token)
};

}  // namespace zk::proto
