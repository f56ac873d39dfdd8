// SPDX-License-Identifier: Apache-2.0
//
// Every record, by module: what the schema shows and what tests and tools go through.
//
// Place: beside the records; a new record is added to its module here. Threads: types only.
// Source: client-server protocol, "Record catalogue".
#pragma once

#include <string_view>
#include <tuple>

#include "common/proto/data.h"
#include "common/proto/quorum.h"
#include "common/proto/requests.h"
#include "common/proto/txn.h"
#include "jute/schema.h"

namespace zk::proto {

struct DataModule {
  static constexpr std::string_view kName = "org.apache.zookeeper.data";
  using Records = std::tuple<Id, Acl, Stat, StatPersisted, StatPersistedV1, ClientInfo>;
};

struct ProtoModule {
  static constexpr std::string_view kName = "org.apache.zookeeper.proto";
  using Records =
      std::tuple<ConnectRequest, ConnectResponse, RequestHeader, ReplyHeader, MultiHeader,
                 AuthPacket, SetWatches, SetWatches2, GetDataRequest, GetDataResponse,
                 SetDataRequest, SetDataResponse, ReconfigRequest, GetSASLRequest, SetSASLRequest,
                 SetSASLResponse, CreateRequest, Create2Request, CreateTTLRequest, CreateResponse,
                 Create2Response, DeleteRequest, GetChildrenRequest, GetChildrenResponse,
                 GetChildren2Request, GetChildren2Response, GetAllChildrenNumberRequest,
                 GetAllChildrenNumberResponse, GetEphemeralsRequest, GetEphemeralsResponse,
                 CheckVersionRequest, GetMaxChildrenRequest, GetMaxChildrenResponse,
                 SetMaxChildrenRequest, SyncRequest, SyncResponse, GetACLRequest, GetACLResponse,
                 SetACLRequest, SetACLResponse, AddWatchRequest, WatcherEvent, ErrorResponse,
                 ExistsRequest, ExistsResponse, CheckWatchesRequest, RemoveWatchesRequest,
                 DeleteContainerRequest, WhoAmIResponse>;
};

struct QuorumModule {
  static constexpr std::string_view kName = "org.apache.zookeeper.server.quorum";
  using Records = std::tuple<LearnerInfo, QuorumPacket, QuorumAuthPacket>;
};

struct PersistenceModule {
  static constexpr std::string_view kName = "org.apache.zookeeper.server.persistence";
  using Records = std::tuple<FileHeader>;
};

struct TxnModule {
  static constexpr std::string_view kName = "org.apache.zookeeper.txn";
  using Records =
      std::tuple<TxnHeader, TxnDigest, CreateTxnV0, CreateTxn, CreateTTLTxn, CreateContainerTxn,
                 DeleteTxn, SetDataTxn, CheckVersionTxn, SetACLTxn, SetMaxChildrenTxn,
                 CreateSessionTxn, CloseSessionTxn, ErrorTxn, Txn, MultiTxn>;
};

// Calls visit(T()) for every record.
template <typename Visit>
void ForEachRecord(Visit&& visit) {
  jute::ForEachRecord<DataModule, ProtoModule, QuorumModule, PersistenceModule, TxnModule>(visit);
}

inline std::string SchemaText() {
  return jute::SchemaText<DataModule, ProtoModule, QuorumModule, PersistenceModule, TxnModule>();
}

}  // namespace zk::proto
