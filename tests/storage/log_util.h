// SPDX-License-Identifier: Apache-2.0
//
// Transactions and log files for the tests of storage.
//
// Place: tests only. Threads: plain functions. A test's log holds creates of /n<zxid> unless it
// says otherwise; the bytes of a record depend on its zxid alone.
#pragma once

#include <string>
#include <vector>

#include "server/core/pipeline/txn_codec.h"
#include "server/storage/file_names.h"
#include "server/storage/log_reader.h"
#include "server/storage/txn_log.h"
#include "tests/storage/mem_disk.h"

namespace zk::storage {

inline const std::string kDir = "/data/version-2";

inline std::string CreatePayload(Zxid zxid, std::string_view path, std::string_view data) {
  proto::TxnHeader header{.clientId = 1, .cxid = 1, .zxid = zxid.value, .time = 1000, .type = 1};
  proto::CreateTxn body;
  body.path = jute::String(path);
  body.data = jute::Buffer(data);
  body.acl = {{31, {{"world"}, {"anyone"}}}};
  body.parentCVersion = -1;
  std::string bytes;
  EncodeTxn(header, body, std::nullopt, bytes);
  return bytes;
}

// A create of /n<zxid> with `size` bytes of data, none of them zero.
inline std::string Payload(Zxid zxid, size_t size = 10) {
  std::string data(size, ' ');
  for (size_t i = 0; i < size; i++) data[i] = static_cast<char>('a' + i % 26);
  return CreatePayload(zxid, "/n" + std::to_string(zxid.value), data);
}

inline TxnLog::Options LogOptions() {
  TxnLog::Options options;
  options.dir = kDir;
  options.preallocate_bytes = 8192;
  return options;
}

// Appends [first, last] in one group, without a sync.
inline Status AppendRange(TxnLog& log, Zxid first, Zxid last, size_t size = 10) {
  std::vector<std::string> payloads;
  for (Zxid z = first; z <= last; z = z.Next()) payloads.push_back(Payload(z, size));
  std::vector<LogEntry> entries;
  for (size_t i = 0; i < payloads.size(); i++) {
    entries.push_back({Zxid(first.value + static_cast<int64_t>(i)), payloads[i]});
  }
  return log.Append(entries);
}

// A log file with [first, last], each transaction synced on its own.
inline void WriteLog(MemDisk& disk, Zxid first, Zxid last, size_t size = 10) {
  (void)disk.MakeDirs(kDir);
  TxnLog log(disk, LogOptions(), Zxid(first.value - 1));
  for (Zxid z = first; z <= last; z = z.Next()) {
    if (!AppendRange(log, z, z, size).ok() || !log.Sync().ok()) std::abort();
  }
}

inline std::string LogPath(Zxid first) { return kDir + "/" + LogName(first); }

struct ReadResult {
  std::vector<LogRecord> records;  // payloads are in `payloads`
  std::vector<std::string> payloads;
  LogEnd end = LogEnd::kNone;
  uint64_t offset = 0;
  LogVerdict verdict = LogVerdict::kClean;
};

inline ReadResult ReadLog(Disk& disk, const std::string& path, LogReader::Options options = {}) {
  ReadResult result;
  auto reader = LogReader::Open(disk, path, options);
  if (!reader.ok()) std::abort();
  for (LogRecord record; reader->Next(record);) {
    result.payloads.emplace_back(record.payload);
    result.records.push_back(record);
  }
  result.end = reader->end();
  result.offset = reader->offset();
  const auto verdict = reader->Judge();
  if (!verdict.ok()) std::abort();
  result.verdict = *verdict;
  return result;
}

}  // namespace zk::storage
