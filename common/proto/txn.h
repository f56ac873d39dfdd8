// SPDX-License-Identifier: Apache-2.0
//
// Records of modules `persistence` and `txn`: what the transaction log and the quorum carry.
//
// Place: written by prep, read by apply and recovery. Threads: plain values; views.
// Source: storage format, "Payload"; versions in SetDataTxn, SetACLTxn and CheckVersionTxn are the
// NEW values (old + 1).
#pragma once

#include "common/proto/data.h"
#include "jute/record.h"

namespace zk::proto {

struct FileHeader {
  int32_t magic = 0;
  int32_t version = 0;
  int64_t dbid = 0;
  JUTE_FIELDS(FileHeader, magic, version, dbid)
};

// `time` is the leader's wall clock in milliseconds.
struct TxnHeader {
  int64_t clientId = 0;
  int32_t cxid = 0;
  int64_t zxid = 0;
  int64_t time = 0;
  int32_t type = 0;
  JUTE_FIELDS(TxnHeader, clientId, cxid, zxid, time, type)
};

// Behind the transaction, found by the bytes that are left (3.6+).
struct TxnDigest {
  int32_t version = 0;
  int64_t treeDigest = 0;
  JUTE_FIELDS(TxnDigest, version, treeDigest)
};

// Releases up to 3.3.
struct CreateTxnV0 {
  jute::String path;
  jute::Buffer data;
  jute::Vector<Acl> acl;
  bool ephemeral = false;
  JUTE_FIELDS(CreateTxnV0, path, data, acl, ephemeral)
};

struct CreateTxn {
  jute::String path;
  jute::Buffer data;
  jute::Vector<Acl> acl;
  bool ephemeral = false;
  int32_t parentCVersion = 0;
  JUTE_FIELDS(CreateTxn, path, data, acl, ephemeral, parentCVersion)
};

struct CreateTTLTxn {
  jute::String path;
  jute::Buffer data;
  jute::Vector<Acl> acl;
  int32_t parentCVersion = 0;
  int64_t ttl = 0;
  JUTE_FIELDS(CreateTTLTxn, path, data, acl, parentCVersion, ttl)
};

struct CreateContainerTxn {
  jute::String path;
  jute::Buffer data;
  jute::Vector<Acl> acl;
  int32_t parentCVersion = 0;
  JUTE_FIELDS(CreateContainerTxn, path, data, acl, parentCVersion)
};

struct DeleteTxn {
  jute::String path;
  JUTE_FIELDS(DeleteTxn, path)
};

struct SetDataTxn {
  jute::String path;
  jute::Buffer data;
  int32_t version = 0;
  JUTE_FIELDS(SetDataTxn, path, data, version)
};

struct CheckVersionTxn {
  jute::String path;
  int32_t version = 0;
  JUTE_FIELDS(CheckVersionTxn, path, version)
};

struct SetACLTxn {
  jute::String path;
  jute::Vector<Acl> acl;
  int32_t version = 0;
  JUTE_FIELDS(SetACLTxn, path, acl, version)
};

// Never written by anybody.
struct SetMaxChildrenTxn {
  jute::String path;
  int32_t max = 0;
  JUTE_FIELDS(SetMaxChildrenTxn, path, max)
};

struct CreateSessionTxn {
  int32_t timeOut = 0;
  JUTE_FIELDS(CreateSessionTxn, timeOut)
};

struct CloseSessionTxn {
  jute::Vector<jute::String> paths2Delete;
  JUTE_FIELDS(CloseSessionTxn, paths2Delete)
};

struct ErrorTxn {
  int32_t err = 0;
  JUTE_FIELDS(ErrorTxn, err)
};

// A sub-transaction of a multi: the bare body in a buffer.
struct Txn {
  int32_t type = 0;
  jute::Buffer data;
  JUTE_FIELDS(Txn, type, data)
};

struct MultiTxn {
  jute::Vector<Txn> txns;
  JUTE_FIELDS(MultiTxn, txns)
};

}  // namespace zk::proto
