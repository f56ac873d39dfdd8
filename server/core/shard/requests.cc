// SPDX-License-Identifier: Apache-2.0
#include "server/core/shard/requests.h"

#include <array>
#include <cstddef>

namespace zk {
namespace {

struct Row {
  OpCode op;
  RequestKind kind;
  std::string_view name;
};

// check, deleteContainer and createSession are refused although Java takes them: the first two harm
// whoever sends them or others, the third only confuses (quirks Q3 to Q5).
constexpr Row kRows[] = {
    {OpCode::kCreate, RequestKind::kWrite, "CREA"},
    {OpCode::kDelete, RequestKind::kWrite, "DELE"},
    {OpCode::kExists, RequestKind::kRead, "EXIS"},
    {OpCode::kGetData, RequestKind::kRead, "GETD"},
    {OpCode::kSetData, RequestKind::kWrite, "SETD"},
    {OpCode::kGetAcl, RequestKind::kRead, "GETA"},
    {OpCode::kSetAcl, RequestKind::kWrite, "SETA"},
    {OpCode::kGetChildren, RequestKind::kRead, "GETC"},
    {OpCode::kSync, RequestKind::kWrite, "SYNC"},
    {OpCode::kPing, RequestKind::kPing, "PING"},
    {OpCode::kGetChildren2, RequestKind::kRead, "GETC"},
    {OpCode::kCheck, RequestKind::kRefused, "CHEC"},
    {OpCode::kMulti, RequestKind::kWrite, "MULT"},
    {OpCode::kCreate2, RequestKind::kWrite, "CREA"},
    {OpCode::kReconfig, RequestKind::kWrite, "RECO"},
    {OpCode::kCheckWatches, RequestKind::kRead, "CHKW"},
    {OpCode::kRemoveWatches, RequestKind::kRead, "REMW"},
    {OpCode::kCreateContainer, RequestKind::kWrite, "CREA"},
    {OpCode::kDeleteContainer, RequestKind::kRefused, "DELE"},
    {OpCode::kCreateTtl, RequestKind::kWrite, "CREA"},
    {OpCode::kMultiRead, RequestKind::kRead, "MLTR"},
    {OpCode::kAuth, RequestKind::kAuth, "NA"},
    {OpCode::kSetWatches, RequestKind::kRead, "SETW"},
    {OpCode::kSasl, RequestKind::kSasl, "NA"},
    {OpCode::kGetEphemerals, RequestKind::kRead, "GETE"},
    {OpCode::kGetAllChildrenNumber, RequestKind::kRead, "GETACN"},
    {OpCode::kSetWatches2, RequestKind::kRead, "STW2"},
    {OpCode::kAddWatch, RequestKind::kRead, "ADDW"},
    {OpCode::kWhoAmI, RequestKind::kRead, "HOMI"},
    {OpCode::kCreateSession, RequestKind::kRefused, "SESS"},
    {OpCode::kCloseSession, RequestKind::kWrite, "CLOS"},
};

constexpr int32_t kFirst = static_cast<int32_t>(OpCode::kCloseSession);
constexpr int32_t kLast = static_cast<int32_t>(OpCode::kWhoAmI);
using Index = std::array<uint8_t, kLast - kFirst + 1>;

// Row number + 1 by operation, 0 for none: asked for every frame.
constexpr Index MakeIndex() {
  Index index = {};
  uint8_t number = 0;
  for (const Row& row : kRows) {
    index[static_cast<size_t>(static_cast<int32_t>(row.op) - kFirst)] = ++number;
  }
  return index;
}
constexpr Index kIndex = MakeIndex();

const Row* Find(OpCode op) {
  const auto value = static_cast<int32_t>(op);
  if (value < kFirst || value > kLast) return nullptr;
  const uint8_t number = kIndex[static_cast<size_t>(value - kFirst)];
  return number == 0 ? nullptr : &kRows[number - 1];
}

}  // namespace

RequestKind KindOf(OpCode op) {
  const Row* row = Find(op);
  return row == nullptr ? RequestKind::kRefused : row->kind;
}

bool XidFits(int32_t xid, OpCode op) {
  switch (xid) {
    case kNotificationXid:
      return false;
    case kPingXid:
      return op == OpCode::kPing;
    case kAuthXid:
      return op == OpCode::kAuth;
    case kSetWatchesXid:
      return op == OpCode::kSetWatches || op == OpCode::kSetWatches2;
    default:
      return true;
  }
}

std::string_view LastOpName(OpCode op) {
  const Row* row = Find(op);
  return row == nullptr ? "NA" : row->name;
}

}  // namespace zk
