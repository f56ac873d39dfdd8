// SPDX-License-Identifier: Apache-2.0
//
// History: a small committed history for the tests of the oracles, told transaction by transaction.
//
// Place: oracle_test.cc, sim_client_test.cc. Threads: single-threaded.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "common/proto/requests.h"
#include "common/proto/txn.h"
#include "tests/sim/model_tree.h"
#include "tests/sim/oracle.h"

namespace zk::sim {

inline constexpr int64_t kMine = 0x10;    // session of the client that is judged
inline constexpr int64_t kOthers = 0x20;  // somebody else's

inline std::vector<ModelAcl> Open() { return {{kPermAll, "world", "anyone"}}; }
inline std::vector<ModelAcl> OnlyRoot() { return {{kPermAll, "digest", "root"}}; }

inline jute::Vector<proto::Acl> Wire(const std::vector<ModelAcl>& acl) {
  jute::Vector<proto::Acl> out;
  for (const ModelAcl& e : acl) out.items.push_back({e.perms, {e.scheme, e.id}});
  return out;
}

// The body of a transaction; its type beside it.
struct Change {
  OpCode type = OpCode::kError;
  std::string body;
};

inline Change Create(const std::string& path, int32_t nth, const std::string& data = "one",
                     bool ephemeral = false, const std::vector<ModelAcl>& acl = Open()) {
  return {OpCode::kCreate,
          jute::Encoded(proto::CreateTxn{path, jute::Buffer(data), Wire(acl), ephemeral, nth})};
}
inline Change Delete(const std::string& path) {
  return {OpCode::kDelete, jute::Encoded(proto::DeleteTxn{path})};
}
inline Change SetData(const std::string& path, const std::string& data, int32_t version) {
  return {OpCode::kSetData, jute::Encoded(proto::SetDataTxn{path, jute::Buffer(data), version})};
}
inline Change SetAcl(const std::string& path, const std::vector<ModelAcl>& acl, int32_t version) {
  return {OpCode::kSetAcl, jute::Encoded(proto::SetACLTxn{path, Wire(acl), version})};
}
inline Change Failed(ErrorCode error) {
  return {OpCode::kError, jute::Encoded(proto::ErrorTxn{static_cast<int32_t>(error)})};
}
inline Change OpenSession() {
  return {OpCode::kCreateSession, jute::Encoded(proto::CreateSessionTxn{6000})};
}
inline Change CloseSession(const std::vector<std::string>& paths) {
  proto::CloseSessionTxn txn;
  for (const std::string& path : paths) txn.paths2Delete.items.emplace_back(path);
  return {OpCode::kCloseSession, jute::Encoded(txn)};
}
inline Change Multi(const std::vector<Change>& parts) {
  proto::MultiTxn txn;
  for (const Change& part : parts) {
    txn.txns.items.push_back({static_cast<int32_t>(part.type), jute::Buffer(part.body)});
  }
  return {OpCode::kMulti, jute::Encoded(txn)};
}

class History {
 public:
  // Both sessions are open: transactions 1 and 2.
  History() {
    Add(OpenSession());
    Add(OpenSession(), kOthers);
  }
  // What the model says of it; empty: nothing is wrong.
  std::string Try(const Change& change, int64_t session, int32_t cxid, int64_t zxid) {
    std::string payload;
    jute::Encode(
        proto::TxnHeader{session, cxid, zxid, 1000 + zxid, static_cast<int32_t>(change.type)},
        payload);
    return tree_.Apply(payload + change.body);
  }
  // Adds what must be right; `cxid` 0: nobody's request. Returns its zxid.
  int64_t Add(const Change& change, int64_t session = kMine, int32_t cxid = 0) {
    const int64_t zxid = tree_.last().value + 1;
    const std::string wrong = Try(change, session, cxid, zxid);
    if (!wrong.empty()) wrong_.push_back(wrong);
    return zxid;
  }
  const ModelTree& tree() const { return tree_; }
  // Mistakes of the test itself.
  const std::vector<std::string>& wrong() const { return wrong_; }

 private:
  ModelTree tree_;
  std::vector<std::string> wrong_;
};

// Collects what an oracle says.
class Verdict {
 public:
  Fail fail() {
    return [this](const std::string& invariant, const std::string& text) {
      said_.push_back(invariant + ": " + text);
    };
  }
  bool clean() const { return said_.empty(); }
  bool Names(const std::string& invariant) const {
    for (const std::string& line : said_) {
      if (line.starts_with(invariant + ": ")) return true;
    }
    return false;
  }
  std::string text() const {
    std::string out;
    for (const std::string& line : said_) out += line + "\n";
    return out;
  }

 private:
  std::vector<std::string> said_;
};

}  // namespace zk::sim
