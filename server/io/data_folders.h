// SPDX-License-Identifier: Apache-2.0
//
// DataFolders: the folders of snapshots and logs are ours, and ours alone, as long as this lives.
//
// Place: main, around Runtime. Threads: one. Invariant: recovery cuts torn ends and removes what
// holds nothing, so it must never run in the folders of a server that lives: a second start with
// the same zoo.cfg would find the port taken only after that. The lock is the kernel's (flock) and
// ends with the process, however that ends; no file is left behind.
#pragma once

#include <string>
#include <vector>

#include "common/server_config.h"
#include "common/status.h"
#include "server/io/unique_fd.h"

namespace zk::io {

class DataFolders {
 public:
  explicit DataFolders(const ServerConfig& config);

  // Claims those folders that are there and not claimed yet: call it before recovery and, for the
  // folders that recovery makes, behind it. kInvalid (exit code 3) if one cannot be read and
  // written or another server has it. A file system without locks is taken as it is.
  Status Claim();

 private:
  Status ClaimOne(const std::string& dir);
  bool Has(int fd) const;

  const std::string snapshot_dir_;
  const std::string log_dir_;
  std::vector<UniqueFd> held_;
};

}  // namespace zk::io
