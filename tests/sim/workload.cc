// SPDX-License-Identifier: Apache-2.0
#include "tests/sim/workload.h"

namespace zk::sim {

WorkloadMix WorkloadMix::Draw(Random& random) {
  const auto some = [&](int n) {
    return random.OneIn(4) ? 0 : static_cast<int>(random.Between(1, n));
  };
  WorkloadMix mix;
  mix.reads = static_cast<int>(random.Between(5, 60));
  mix.writes = static_cast<int>(random.Between(10, 60));
  mix.multis = some(25);
  mix.watches = some(40);
  mix.ephemerals = some(40);
  mix.acls = some(15);
  mix.containers = some(15);
  mix.syncs = some(10);
  mix.invalid = some(20);
  mix.names = static_cast<int>(random.Between(2, 8));
  mix.data_max = random.OneIn(8) ? 5000 : 40;
  return mix;
}

std::string Workload::Path() {
  std::string path = "/" + std::string(1, static_cast<char>('a' + random_.Uniform(mix_.names)));
  if (random_.OneIn(2)) path += "/" + std::string(1, static_cast<char>('p' + random_.Uniform(4)));
  return path;
}

std::vector<ModelAcl> Workload::Acl() {
  if (!Percent(mix_.acls)) return {{kPermAll, "world", "anyone"}};
  if (random_.OneIn(2)) return {owner_acl_};
  return {{kPermRead | kPermCreate, "world", "anyone"}, owner_acl_};
}

SimRequest Workload::Read() {
  static constexpr OpCode kReads[] = {
      OpCode::kExists,   OpCode::kGetData,       OpCode::kGetData,
      OpCode::kGetAcl,   OpCode::kGetChildren,   OpCode::kGetChildren2,
      OpCode::kWhoAmI,   OpCode::kGetEphemerals, OpCode::kGetAllChildrenNumber,
      OpCode::kMultiRead};
  SimRequest r;
  r.op = kReads[random_.Uniform(std::size(kReads))];
  r.path = random_.OneIn(8) ? "/" : Path();
  if (r.op == OpCode::kGetEphemerals) r.path = "/";
  const bool watchable = r.op == OpCode::kExists || r.op == OpCode::kGetData ||
                         r.op == OpCode::kGetChildren || r.op == OpCode::kGetChildren2;
  r.watch = watchable && Percent(mix_.watches);
  if (r.op == OpCode::kMultiRead) {
    for (uint64_t n = random_.Uniform(4); n > 0; n--) {
      SimRequest sub;
      sub.op = random_.OneIn(2) ? OpCode::kGetData : OpCode::kGetChildren;
      sub.path = Path();
      r.subs.push_back(sub);
    }
  }
  return r;
}

SimRequest Workload::Create(bool in_multi) {
  SimRequest r;
  r.op = random_.OneIn(3) ? OpCode::kCreate2 : OpCode::kCreate;
  r.path = Path();
  r.acl = Acl();
  if (!random_.OneIn(10)) r.data = std::string(random_.Uniform(mix_.data_max), 'd');
  if (Percent(mix_.ephemerals)) {
    r.mode = random_.OneIn(2) ? CreateMode::kEphemeralSequential : CreateMode::kEphemeral;
  } else if (Percent(mix_.containers) && !in_multi) {
    r.op = OpCode::kCreateContainer;
    r.mode = CreateMode::kContainer;
    if (random_.OneIn(2)) {
      r.op = OpCode::kCreateTtl;
      r.mode = CreateMode::kPersistentTtl;
      r.ttl = random_.Between(1, 5000);
    }
  } else if (random_.OneIn(5)) {
    r.mode = CreateMode::kPersistentSequential;
  }
  return r;
}

SimRequest Workload::Write(bool in_multi) {
  SimRequest r;
  switch (random_.Uniform(in_multi ? 8 : 10)) {
    case 0:
    case 1:
    case 2:
      return Create(in_multi);
    case 3:
    case 4:
    case 5:
      r.op = OpCode::kSetData;
      if (!random_.OneIn(12)) r.data = std::string(random_.Uniform(mix_.data_max), 's');
      break;
    case 6:
      r.op = in_multi ? OpCode::kCheck : OpCode::kDelete;
      break;
    case 7:
    case 8:
      r.op = OpCode::kDelete;
      break;
    default:
      r.op = OpCode::kSetAcl;
      r.acl = Acl();
      break;
  }
  r.path = Path();
  r.version = Percent(mix_.invalid) ? static_cast<int32_t>(random_.Uniform(4)) : -1;
  return r;
}

SimRequest Workload::Multi() {
  SimRequest r;
  r.op = OpCode::kMulti;
  for (uint64_t n = random_.Uniform(5); n > 0; n--) r.subs.push_back(Write(true));
  return r;
}

SimRequest Workload::Watch() {
  SimRequest r;
  r.path = Path();
  if (random_.OneIn(3)) {
    r.op = OpCode::kRemoveWatches;
    r.watch_mode = static_cast<int32_t>(random_.Between(1, 5));
  } else {
    r.op = OpCode::kAddWatch;
    r.watch_mode = static_cast<int32_t>(random_.Uniform(2));
  }
  return r;
}

SimRequest Workload::Next() {
  SimRequest r;
  const int total = mix_.reads + mix_.writes + mix_.multis + mix_.watches + mix_.syncs;
  int draw = static_cast<int>(random_.Uniform(static_cast<uint64_t>(total)));
  if ((draw -= mix_.reads) < 0) {
    r = Read();
  } else if ((draw -= mix_.writes) < 0) {
    r = Write(false);
  } else if ((draw -= mix_.multis) < 0) {
    r = Multi();
  } else if ((draw -= mix_.watches) < 0) {
    r = Watch();
  } else {
    r.op = OpCode::kSync;
    r.path = Path();
  }
  return r;
}

}  // namespace zk::sim
