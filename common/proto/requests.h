// SPDX-License-Identifier: Apache-2.0
//
// Records of module `proto`: what clients ask and servers answer.
//
// Place: decoded by the shard and by prep, encoded by reads and apply. Threads: plain values;
// views. Source: client-server protocol, "module proto". Field names are the protocol's own.
#pragma once

#include "common/proto/data.h"
#include "jute/record.h"

namespace zk::proto {

// Clients up to 3.3 leave readOnly out; the shard handles that.
struct ConnectRequest {
  int32_t protocolVersion = 0;
  int64_t lastZxidSeen = 0;
  int32_t timeOut = 0;
  int64_t sessionId = 0;
  jute::Buffer passwd;
  bool readOnly = false;
  JUTE_FIELDS(ConnectRequest, protocolVersion, lastZxidSeen, timeOut, sessionId, passwd, readOnly)
};

struct ConnectResponse {
  int32_t protocolVersion = 0;
  int32_t timeOut = 0;
  int64_t sessionId = 0;
  jute::Buffer passwd;
  bool readOnly = false;
  JUTE_FIELDS(ConnectResponse, protocolVersion, timeOut, sessionId, passwd, readOnly)
};

struct RequestHeader {
  int32_t xid = 0;
  int32_t type = 0;
  JUTE_FIELDS(RequestHeader, xid, type)
};

struct ReplyHeader {
  int32_t xid = 0;
  int64_t zxid = 0;
  int32_t err = 0;
  JUTE_FIELDS(ReplyHeader, xid, zxid, err)
};

struct MultiHeader {
  int32_t type = 0;
  bool done = false;
  int32_t err = 0;
  JUTE_FIELDS(MultiHeader, type, done, err)
};

struct AuthPacket {
  int32_t type = 0;
  jute::String scheme;
  jute::Buffer auth;
  JUTE_FIELDS(AuthPacket, type, scheme, auth)
};

struct SetWatches {
  int64_t relativeZxid = 0;
  jute::Vector<jute::String> dataWatches;
  jute::Vector<jute::String> existWatches;
  jute::Vector<jute::String> childWatches;
  JUTE_FIELDS(SetWatches, relativeZxid, dataWatches, existWatches, childWatches)
};

struct SetWatches2 {
  int64_t relativeZxid = 0;
  jute::Vector<jute::String> dataWatches;
  jute::Vector<jute::String> existWatches;
  jute::Vector<jute::String> childWatches;
  jute::Vector<jute::String> persistentWatches;
  jute::Vector<jute::String> persistentRecursiveWatches;
  JUTE_FIELDS(SetWatches2, relativeZxid, dataWatches, existWatches, childWatches, persistentWatches,
              persistentRecursiveWatches)
};

struct GetDataRequest {
  jute::String path;
  bool watch = false;
  JUTE_FIELDS(GetDataRequest, path, watch)
};

struct GetDataResponse {
  jute::Buffer data;
  Stat stat;
  JUTE_FIELDS(GetDataResponse, data, stat)
};

struct SetDataRequest {
  jute::String path;
  jute::Buffer data;
  int32_t version = 0;
  JUTE_FIELDS(SetDataRequest, path, data, version)
};

struct SetDataResponse {
  Stat stat;
  JUTE_FIELDS(SetDataResponse, stat)
};

struct ReconfigRequest {
  jute::String joiningServers;
  jute::String leavingServers;
  jute::String newMembers;
  int64_t curConfigId = 0;
  JUTE_FIELDS(ReconfigRequest, joiningServers, leavingServers, newMembers, curConfigId)
};

struct GetSASLRequest {
  jute::Buffer token;
  JUTE_FIELDS(GetSASLRequest, token)
};

struct SetSASLRequest {
  jute::Buffer token;
  JUTE_FIELDS(SetSASLRequest, token)
};

struct SetSASLResponse {
  jute::Buffer token;
  JUTE_FIELDS(SetSASLResponse, token)
};

struct CreateRequest {
  jute::String path;
  jute::Buffer data;
  jute::Vector<Acl> acl;
  int32_t flags = 0;
  JUTE_FIELDS(CreateRequest, path, data, acl, flags)
};

// Releases 3.5.0 to 3.5.2 named it so; the layout is CreateRequest's.
struct Create2Request {
  jute::String path;
  jute::Buffer data;
  jute::Vector<Acl> acl;
  int32_t flags = 0;
  JUTE_FIELDS(Create2Request, path, data, acl, flags)
};

struct CreateTTLRequest {
  jute::String path;
  jute::Buffer data;
  jute::Vector<Acl> acl;
  int32_t flags = 0;
  int64_t ttl = 0;
  JUTE_FIELDS(CreateTTLRequest, path, data, acl, flags, ttl)
};

struct CreateResponse {
  jute::String path;
  JUTE_FIELDS(CreateResponse, path)
};

struct Create2Response {
  jute::String path;
  Stat stat;
  JUTE_FIELDS(Create2Response, path, stat)
};

struct DeleteRequest {
  jute::String path;
  int32_t version = 0;
  JUTE_FIELDS(DeleteRequest, path, version)
};

struct GetChildrenRequest {
  jute::String path;
  bool watch = false;
  JUTE_FIELDS(GetChildrenRequest, path, watch)
};

struct GetChildrenResponse {
  jute::Vector<jute::String> children;
  JUTE_FIELDS(GetChildrenResponse, children)
};

struct GetChildren2Request {
  jute::String path;
  bool watch = false;
  JUTE_FIELDS(GetChildren2Request, path, watch)
};

struct GetChildren2Response {
  jute::Vector<jute::String> children;
  Stat stat;
  JUTE_FIELDS(GetChildren2Response, children, stat)
};

struct GetAllChildrenNumberRequest {
  jute::String path;
  JUTE_FIELDS(GetAllChildrenNumberRequest, path)
};

struct GetAllChildrenNumberResponse {
  int32_t totalNumber = 0;
  JUTE_FIELDS(GetAllChildrenNumberResponse, totalNumber)
};

struct GetEphemeralsRequest {
  jute::String prefixPath;
  JUTE_FIELDS(GetEphemeralsRequest, prefixPath)
};

struct GetEphemeralsResponse {
  jute::Vector<jute::String> ephemerals;
  JUTE_FIELDS(GetEphemeralsResponse, ephemerals)
};

struct CheckVersionRequest {
  jute::String path;
  int32_t version = 0;
  JUTE_FIELDS(CheckVersionRequest, path, version)
};

// Never sent by anybody.
struct GetMaxChildrenRequest {
  jute::String path;
  JUTE_FIELDS(GetMaxChildrenRequest, path)
};

struct GetMaxChildrenResponse {
  int32_t max = 0;
  JUTE_FIELDS(GetMaxChildrenResponse, max)
};

struct SetMaxChildrenRequest {
  jute::String path;
  int32_t max = 0;
  JUTE_FIELDS(SetMaxChildrenRequest, path, max)
};

struct SyncRequest {
  jute::String path;
  JUTE_FIELDS(SyncRequest, path)
};

struct SyncResponse {
  jute::String path;
  JUTE_FIELDS(SyncResponse, path)
};

struct GetACLRequest {
  jute::String path;
  JUTE_FIELDS(GetACLRequest, path)
};

struct GetACLResponse {
  jute::Vector<Acl> acl;
  Stat stat;
  JUTE_FIELDS(GetACLResponse, acl, stat)
};

struct SetACLRequest {
  jute::String path;
  jute::Vector<Acl> acl;
  int32_t version = 0;
  JUTE_FIELDS(SetACLRequest, path, acl, version)
};

struct SetACLResponse {
  Stat stat;
  JUTE_FIELDS(SetACLResponse, stat)
};

struct AddWatchRequest {
  jute::String path;
  int32_t mode = 0;
  JUTE_FIELDS(AddWatchRequest, path, mode)
};

struct WatcherEvent {
  int32_t type = 0;
  int32_t state = 0;
  jute::String path;
  JUTE_FIELDS(WatcherEvent, type, state, path)
};

struct ErrorResponse {
  int32_t err = 0;
  JUTE_FIELDS(ErrorResponse, err)
};

struct ExistsRequest {
  jute::String path;
  bool watch = false;
  JUTE_FIELDS(ExistsRequest, path, watch)
};

struct ExistsResponse {
  Stat stat;
  JUTE_FIELDS(ExistsResponse, stat)
};

struct CheckWatchesRequest {
  jute::String path;
  int32_t type = 0;
  JUTE_FIELDS(CheckWatchesRequest, path, type)
};

struct RemoveWatchesRequest {
  jute::String path;
  int32_t type = 0;
  JUTE_FIELDS(RemoveWatchesRequest, path, type)
};

// From 3.9.0 on, where it is no record of the jute file either; before, the body is the bare path.
struct DeleteContainerRequest {
  jute::Buffer path;
  JUTE_FIELDS(DeleteContainerRequest, path)
};

struct WhoAmIResponse {
  jute::Vector<ClientInfo> clientInfo;
  JUTE_FIELDS(WhoAmIResponse, clientInfo)
};

}  // namespace zk::proto
