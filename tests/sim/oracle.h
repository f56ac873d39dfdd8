// SPDX-License-Identifier: Apache-2.0
//
// Oracle: judges what clients see against the committed history (invariants I16 to I26).
//
// Place: shared by all simulated clients of a world; fed with every reply and event in the order in
// which a client reads them. Threads: single-threaded.
// Method: the zxid in every reply header is a witness, so each check is exact and near-linear:
// a read with zxid z must equal T(z), an error must be right on T(z - 1), an event must be the next
// one that the connection's watches and the history make due.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "common/error_code.h"
#include "common/proto/requests.h"
#include "tests/sim/model_tree.h"
#include "tests/sim/request.h"

namespace zk::sim {

using Fail = std::function<void(const std::string& invariant, const std::string& text)>;

// Identities of a simulated caller, as ACL entries name them.
using Identities = std::set<std::pair<std::string, std::string>>;

bool Allowed(const std::vector<ModelAcl>& acl, const Identities& ids, int32_t perm);

// The watches of one connection, kept the naive way, and the position in the history up to which
// their events have been read.
class WatchOracle {
 public:
  struct Seen {
    EventType type = EventType::kNone;
    std::string path;
    friend bool operator==(const Seen&, const Seen&) = default;
  };
  WatchOracle(const ModelTree* model, Fail fail) : model_(model), fail_(std::move(fail)) {}

  void Start(Zxid seen) { cursor_ = model_->FirstTriggerAfter(seen); }
  void OnEvent(const Seen& event, const Identities& ids);
  // Every event due at or before `z` must have been read. Called before a reply takes effect.
  void OnReplyZxid(Zxid z, const Identities& ids);

  // `missing`: registered by exists on a path that was not there.
  void AddData(const std::string& path, bool missing) { data_[path] = missing; }
  void AddChild(const std::string& path) { child_.insert(path); }
  void AddPersistent(const std::string& path, bool recursive) {
    (recursive ? recursive_ : persistent_).insert(path);
  }
  // What removeWatches of a WatcherType takes away; false if there was nothing.
  bool Remove(const std::string& path, int32_t type);
  // The synthetic events of setWatches2 come before its reply; they are judged here.
  void OnSetWatches(const SimRequest& request, Zxid z, const std::vector<Seen>& seen,
                    const Identities& ids);
  // Events of a setWatches2 whose reply never came: their one-shot watches are gone.
  void Consume(const std::vector<Seen>& seen);

  uint64_t events_checked() const { return events_checked_; }
  const std::map<std::string, bool>& data() const { return data_; }
  const std::set<std::string>& child() const { return child_; }
  const std::set<std::string>& persistent() const { return persistent_; }
  const std::set<std::string>& recursive() const { return recursive_; }

 private:
  // Appends to due_ what the trigger at cursor_ makes for this connection; consumes one-shot
  // watches.
  void FireNext(const Identities& ids);
  bool MatchesDataTable(const std::string& path) const;
  void Expect(EventType type, const std::string& path, const std::vector<ModelAcl>& acl,
              const Identities& ids);

  const ModelTree* model_;
  Fail fail_;
  size_t cursor_ = 0;
  std::deque<Seen> due_;  // made by triggers before cursor_, not yet read
  std::map<std::string, bool> data_;
  std::set<std::string> child_, persistent_, recursive_;
  uint64_t events_checked_ = 0;
};

class Oracle {
 public:
  Oracle(const ModelTree* model, Fail fail) : model_(model), fail_(std::move(fail)) {}

  // The reply to a write: result or error on T(z - 1), and its place in real time.
  void CheckWrite(const SimRequest& request, int64_t session, const Identities& ids,
                  const proto::ReplyHeader& header, std::string_view body);
  void CheckRead(const SimRequest& request, int64_t session, const Identities& ids,
                 const proto::ReplyHeader& header, std::string_view body);

  Zxid greatest_answered() const { return greatest_answered_; }
  uint64_t writes_checked() const { return writes_; }
  uint64_t reads_checked() const { return reads_; }

 private:
  class Scratch;  // T(z - 1) with the changes of earlier operations of one multi
  ErrorCode Expected(const SimRequest& r, const Identities& ids, Scratch& state) const;
  void CheckResult(const SimRequest& r, Zxid z, jute::Decoder& in, bool in_multi);
  void CheckMulti(const SimRequest& r, const Identities& ids, Zxid z, std::string_view body);
  void CheckReadBody(const SimRequest& r, int64_t session, const Identities& ids, Zxid z,
                     jute::Decoder& in);
  ErrorCode ExpectedRead(const SimRequest& r, const Identities& ids, Zxid z) const;
  void ExpectStat(const SimRequest& r, const std::string& path, Zxid z, const proto::Stat& stat);

  const ModelTree* model_;
  Fail fail_;
  Zxid greatest_answered_;
  uint64_t writes_ = 0;
  uint64_t reads_ = 0;
};

}  // namespace zk::sim
