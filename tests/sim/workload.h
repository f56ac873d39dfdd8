// SPDX-License-Identifier: Apache-2.0
//
// Workload: draws the next operation of a simulated client.
//
// Place: each client has one; the world's seed decides which kinds are on (swarm testing).
// Threads: single-threaded.
#pragma once

#include <string>

#include "common/random.h"
#include "tests/sim/request.h"

namespace zk::sim {

struct WorkloadMix {
  int reads = 30;
  int writes = 40;
  int multis = 10;
  int watches = 15;
  int ephemerals = 15;
  int acls = 5;
  int containers = 5;
  int syncs = 5;
  int invalid = 5;  // wrong versions and missing parents come on purpose
  int names = 6;    // children per folder: small, so that clients collide
  size_t data_max = 40;

  static WorkloadMix Draw(Random& random);
};

class Workload {
 public:
  // `owner_acl`: the entry that only this client's digest identity matches.
  Workload(WorkloadMix mix, Random random, ModelAcl owner_acl)
      : mix_(mix), random_(random), owner_acl_(std::move(owner_acl)) {}

  SimRequest Next();

 private:
  SimRequest Read();
  SimRequest Write(bool in_multi);
  SimRequest Create(bool in_multi);
  SimRequest Watch();
  SimRequest Multi();
  std::string Path();
  std::vector<ModelAcl> Acl();
  bool Percent(int p) { return static_cast<int>(random_.Uniform(100)) < p; }

  WorkloadMix mix_;
  Random random_;
  ModelAcl owner_acl_;
};

}  // namespace zk::sim
