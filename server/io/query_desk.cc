// SPDX-License-Identifier: Apache-2.0
#include "server/io/query_desk.h"

#include <algorithm>
#include <utility>

#include "server/io/process_info.h"

namespace zk::io {

QueryDesk::QueryDesk(Options options) : options_(std::move(options)) { FillEnvOnce(env_); }

void QueryDesk::Ask(FourLetterQuery query) {
  const uint64_t ticket = next_ticket_++;
  const ReportParts parts = FourLetterParts(query.word);
  open_.push_back({ticket, std::move(query), {}});
  for (size_t shard = 0; shard < options_.shards; ++shard) options_.ask(shard, ticket, parts);
}

void QueryDesk::OnReport(uint64_t ticket, ShardReport report) {
  const auto at = std::find_if(open_.begin(), open_.end(),
                               [&](const Open& open) { return open.ticket == ticket; });
  if (at == open_.end()) return;
  at->reports.push_back(std::move(report));
  if (at->reports.size() < options_.shards) return;
  Open done = std::move(*at);
  open_.erase(at);
  Finish(done);
}

void QueryDesk::Finish(Open& open) {
  const std::string_view word = std::string_view(open.query.word).substr(0, 4);
  if (word == "srst" || word == "crst") {
    for (size_t shard = 0; shard < options_.shards; ++shard) {
      options_.reset(shard, word == "crst");
    }
  }
  if (word == "stmk") env_.trace_mask = TraceMaskOf(open.query.word);
  options_.fill(env_);
  FillEnvFor(word, *options_.config, env_);
  const ReplicaStats replica = options_.replica();
  options_.answer(open.query.origin, FourLetterAnswer(open.query.word, {*options_.config, replica,
                                                                        open.reports, env_}));
}

}  // namespace zk::io
