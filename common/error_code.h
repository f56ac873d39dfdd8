// SPDX-License-Identifier: Apache-2.0
//
// ZooKeeper's error codes with their wire values, from one list.
//
// Place: every reply header, ErrorTxn and multi result carries one. Threads: plain values.
// Source: client-server protocol, "Error codes".
#pragma once

#include <cstdint>
#include <string_view>

namespace zk {

// NOLINTNEXTLINE(cppcoreguidelines-macro-usage)
#define ZK_ERROR_CODES(X)                                                \
  X(kOk, 0, "OK")                                                        \
  X(kSystemError, -1, "SYSTEMERROR")                                     \
  X(kRuntimeInconsistency, -2, "RUNTIMEINCONSISTENCY")                   \
  X(kDataInconsistency, -3, "DATAINCONSISTENCY")                         \
  X(kConnectionLoss, -4, "CONNECTIONLOSS")                               \
  X(kMarshallingError, -5, "MARSHALLINGERROR")                           \
  X(kUnimplemented, -6, "UNIMPLEMENTED")                                 \
  X(kOperationTimeout, -7, "OPERATIONTIMEOUT")                           \
  X(kBadArguments, -8, "BADARGUMENTS")                                   \
  X(kUnknownSession, -12, "UNKNOWNSESSION")                              \
  X(kNewConfigNoQuorum, -13, "NEWCONFIGNOQUORUM")                        \
  X(kReconfigInProgress, -14, "RECONFIGINPROGRESS")                      \
  X(kApiError, -100, "APIERROR")                                         \
  X(kNoNode, -101, "NONODE")                                             \
  X(kNoAuth, -102, "NOAUTH")                                             \
  X(kBadVersion, -103, "BADVERSION")                                     \
  X(kNoChildrenForEphemerals, -108, "NOCHILDRENFOREPHEMERALS")           \
  X(kNodeExists, -110, "NODEEXISTS")                                     \
  X(kNotEmpty, -111, "NOTEMPTY")                                         \
  X(kSessionExpired, -112, "SESSIONEXPIRED")                             \
  X(kInvalidCallback, -113, "INVALIDCALLBACK")                           \
  X(kInvalidAcl, -114, "INVALIDACL")                                     \
  X(kAuthFailed, -115, "AUTHFAILED")                                     \
  X(kSessionMoved, -118, "SESSIONMOVED")                                 \
  X(kNotReadOnly, -119, "NOTREADONLY")                                   \
  X(kEphemeralOnLocalSession, -120, "EPHEMERALONLOCALSESSION")           \
  X(kNoWatcher, -121, "NOWATCHER")                                       \
  X(kRequestTimeout, -122, "REQUESTTIMEOUT")                             \
  X(kReconfigDisabled, -123, "RECONFIGDISABLED")                         \
  X(kSessionClosedRequireSaslAuth, -124, "SESSIONCLOSEDREQUIRESASLAUTH") \
  X(kQuotaExceeded, -125, "QUOTAEXCEEDED")                               \
  X(kThrottledOp, -127, "THROTTLEDOP")

enum class ErrorCode : int32_t {
#define X(name, value, text) name = value,
  ZK_ERROR_CODES(X)
#undef X
};

// "NONODE" for kNoNode; "UNKNOWN" for a value that is none of the list.
constexpr std::string_view ErrorCodeName(ErrorCode code) {
  switch (code) {
#define X(name, value, text) \
  case ErrorCode::name:      \
    return text;
    ZK_ERROR_CODES(X)
#undef X
  }
  return "UNKNOWN";
}

}  // namespace zk
