// SPDX-License-Identifier: Apache-2.0
//
// Overlay: the nodes that transactions in flight will change, as they will be then.
//
// Place: prep looks through it at the tree and adds to it; Replica drops what was applied. Java
// calls it outstandingChanges. Threads: as Replica. Invariants:
//   1. A record holds the whole state of its node after the newest transaction in flight that
//   touches
//      it, so prep never needs older ones.
//   2. What it predicts is what DataTree's mutators will do, their "only if greater" rules
//   included:
//      digest() is the tree's digest after everything in flight.
//   3. A record goes when the newest transaction that touched it is applied. Memory is kept.
//   4. The root has one record, "", whether "" or "/" was asked for.
#pragma once

#include <boost/unordered/unordered_flat_map.hpp>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "common/acl.h"
#include "common/types.h"
#include "jute/bytes.h"
#include "server/core/pipeline/ring.h"
#include "server/core/tree/data_tree.h"
#include "server/core/tree/node.h"

namespace zk {

class Overlay {
 private:
  struct State {
    NodeStat stat;
    AclRef acl;
    uint64_t digest = 0;  // of the node, 0 if it does not count
    int64_t zxid = 0;     // of the newest transaction that touched it
    uint32_t child_count = 0;
    uint32_t data_size = 0;
    uint32_t crc_prefix = 0;
    bool exists = false;
  };
  struct Record {
    std::string path;
    State state;
  };

 public:
  // `seed` keeps clients from choosing paths that collide.
  Overlay(const DataTree& tree, uint64_t seed);
  ~Overlay();
  Overlay(const Overlay&) = delete;
  Overlay& operator=(const Overlay&) = delete;

  // A node as it will be. Valid until the overlay or the tree changes.
  class Ref {
   public:
    bool exists() const { return record_ != nullptr ? record_->state.exists : node_ != nullptr; }
    // The rest: only if it exists.
    const NodeStat& stat() const { return record_ ? record_->state.stat : node_->stat(); }
    const AclRef& acl() const { return record_ ? record_->state.acl : tree_->AclOf(*node_); }
    uint32_t child_count() const {
      return record_ ? record_->state.child_count : node_->child_count();
    }
    size_t data_size() const { return record_ ? record_->state.data_size : node_->data().size(); }

   private:
    friend class Overlay;
    const DataTree* tree_ = nullptr;
    Record* record_ = nullptr;
    const Node* node_ = nullptr;
  };
  Ref Find(std::string_view path) const;

  // Starts the transaction `zxid`, above all before. Only an undoable one can be rolled back.
  void Begin(Zxid zxid, bool undoable);
  // Takes back everything since Begin().
  void Rollback();

  struct NewNode {
    std::string_view path;
    jute::Buffer data;
    AclRef acl;
    int64_t ephemeral_owner = 0;
    int32_t parent_cversion = 0;
    int64_t time_ms = 0;
  };
  // `parent` exists, `node` does not; both are what Find() just said of their paths.
  void Create(std::string_view parent_path, Ref parent, Ref node, const NewNode& args);
  // `node` exists.
  void Delete(std::string_view path, Ref node);
  void SetData(std::string_view path, Ref node, const jute::Buffer& data, int32_t version,
               int64_t time_ms);
  void SetAcl(std::string_view path, Ref node, const AclRef& acl, int32_t version);

  // Appends the ephemerals that the session will have: those of the tree in its order, then those
  // in flight in theirs.
  void EphemeralsOf(SessionId session, std::vector<std::string>& out) const;

  // Every transaction up to `zxid` is in the tree.
  void Applied(Zxid zxid);

  uint64_t digest() const;
  // Records held, not transactions.
  size_t size() const { return records_.size(); }
  // Aborts when a record stands for a transaction that is not in flight.
  void CheckInvariants(Zxid last_applied) const;

 private:
  struct Hash {
    using is_avalanching = void;
    uint64_t seed = 0;
    size_t operator()(std::string_view path) const;
  };
  struct Touch {
    int64_t zxid = 0;
    Record* record = nullptr;
  };
  struct Undo {
    Record* record = nullptr;
    bool inserted = false;
    State before;
  };

  State& Own(std::string_view path, const Ref& ref);
  void Drop(Record* record);
  // Recomputes the digest of a node whose stat changed, and with it the sum.
  void Restat(std::string_view path, State& state);
  bool Counts(std::string_view path) const;

  const DataTree& tree_;
  boost::unordered_flat_map<std::string_view, Record*, Hash> records_;  // keys: Record::path
  Ring<Touch> touches_;                        // one for each record and transaction, in zxid order
  std::vector<std::unique_ptr<Record>> pool_;  // all records, used or not
  std::vector<Record*> free_;
  std::vector<Undo> undo_;

  Zxid zxid_;
  bool undoable_ = false;
  size_t touches_at_begin_ = 0;
  uint64_t digest_at_begin_ = 0;
  uint64_t digest_ = 0;  // meaningful while something is in flight
};

}  // namespace zk
