// SPDX-License-Identifier: Apache-2.0
//
// Names of the files in a data directory, and lists of them.
//
// Place: the only reader and writer of such names. Threads: plain functions.
// Invariant: a list holds only names that parse, ascending by zxid; temporary files are in none.
// Source: storage format, "Directory layout".
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/server_config.h"
#include "common/status.h"
#include "common/types.h"
#include "server/storage/disk.h"

namespace zk::storage {

// `<dir>/version-2`, where everything but myid and the initialize marker lies.
std::string VersionDir(const std::string& dir);

// "log.1f", "snapshot.1f", "snapshot.1f.gz": lowercase hex without padding.
std::string LogName(Zxid first);
std::string SnapshotName(Zxid zxid, Compression compression);

struct LogFile {
  Zxid first;  // as the name says
  std::string name;
};
struct SnapshotFile {
  Zxid zxid;
  std::string name;
  Compression compression = Compression::kNone;
};

std::optional<LogFile> ParseLogName(std::string_view name);
// Other suffixes (".bak", ".tmp") make it no file of ours: somebody put it aside. (Java reads
// snapshot.1f.bak as a plain snapshot.)
std::optional<SnapshotFile> ParseSnapshotName(std::string_view name);
// What a writer that died leaves: "snapshot.1f.gz.tmp", "currentEpoch.tmp".
bool IsTemporaryName(std::string_view name);

// `dir` is a version-2 folder. kNotFound if there is none.
Result<std::vector<LogFile>> ListLogs(Disk& disk, const std::string& dir);
Result<std::vector<SnapshotFile>> ListSnapshots(Disk& disk, const std::string& dir);

// The files that hold what follows `zxid`: the one with the greatest first zxid <= zxid + 1 and all
// later ones.
std::vector<LogFile> LogsAfter(const std::vector<LogFile>& logs, Zxid zxid);

}  // namespace zk::storage
