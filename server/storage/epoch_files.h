// SPDX-License-Identifier: Apache-2.0
//
// The small files beside the database: acceptedEpoch, currentEpoch, myid, the initialize marker.
//
// Place: recovery and start-up; the epochs are an ensemble's, a standalone server leaves them
// alone. Threads: plain functions, one caller for a folder at a time. Invariant: an epoch file
// always holds the old or the new number, whole, whatever interrupts. Source: storage format,
// "Epoch files" and "Directory layout".
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "common/status.h"
#include "common/types.h"
#include "server/storage/disk.h"

namespace zk::storage {

enum class EpochFile { kAccepted, kCurrent };

// `dir` is the snapshot's version-2 folder. Nothing if there is no such file; kCorruption if it
// holds no number >= 0.
Result<std::optional<int64_t>> ReadEpoch(Disk& disk, const std::string& dir, EpochFile which);
// Durable when it returns ok.
Status WriteEpoch(Disk& disk, const std::string& dir, EpochFile which, int64_t epoch);

// The first line of `<data_dir>/myid`. kNotFound, or kInvalid if it is no decimal number.
Result<Sid> ReadMyId(Disk& disk, const std::string& data_dir);

// Replaces `path` by `content`, atomically and durably.
Status ReplaceFile(Disk& disk, const std::string& dir, const std::string& name,
                   const std::string& content);
// The whole file, at most `limit` bytes of it.
Result<std::string> ReadSmallFile(Disk& disk, const std::string& path, size_t limit);

}  // namespace zk::storage
