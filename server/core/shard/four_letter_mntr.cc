// SPDX-License-Identifier: Apache-2.0
//
// mntr: one figure a line. Telegraf gives up on the whole answer if one line does not match
// `^zk_(\w+)\s+([\w\.\-]+)`: no braces, no empty value.
#include <set>
#include <string>

#include "server/core/shard/four_letter.h"

namespace zk {
namespace {

void Line(std::string& out, std::string_view key, std::string_view value) {
  out += "zk_";
  out += key;
  out += '\t';
  out += value;
  out += '\n';
}

void Line(std::string& out, std::string_view key, int64_t value) {
  Line(out, key, std::string_view(std::to_string(value)));
}

void Summary(std::string& out, const std::string& key, const LatencyStats& stats) {
  Line(out, "avg_" + key, AverageText(stats));
  Line(out, "min_" + key, stats.min_ms);
  Line(out, "max_" + key, stats.max_ms);
  Line(out, "cnt_" + key, stats.count);
  Line(out, "sum_" + key, stats.sum_ms);
}

}  // namespace

std::string MonitorText(const FourLetterInput& in) {
  const ShardReport total = Total(in.shards);
  const ReplicaStats& replica = in.replica;
  std::string out;
  Line(out, "version", in.env.version);
  Line(out, "server_state", replica.mode);
  Line(out, "avg_latency", AverageText(total.latency));
  Line(out, "min_latency", total.latency.min_ms);
  Line(out, "max_latency", total.latency.max_ms);
  Line(out, "packets_received", total.packets_received);
  Line(out, "packets_sent", total.packets_sent);
  Line(out, "num_alive_connections", static_cast<int64_t>(total.connection_count));
  Line(out, "outstanding_requests", total.outstanding);
  Line(out, "uptime", in.env.uptime_ms);
  Line(out, "znode_count", static_cast<int64_t>(replica.node_count));
  Line(out, "watch_count", static_cast<int64_t>(total.watch_count));
  Line(out, "ephemerals_count", static_cast<int64_t>(replica.ephemerals_count));
  Line(out, "approximate_data_size", replica.approximate_data_size);
  Line(out, "global_sessions", static_cast<int64_t>(replica.global_sessions));
  Line(out, "local_sessions", 0);
  Line(out, "open_file_descriptor_count", in.env.open_files);
  Line(out, "max_file_descriptor_count", in.env.max_files);
  Line(out, "last_client_response_size", total.last_response_bytes);
  Line(out, "min_client_response_size", total.min_response_bytes);
  Line(out, "max_client_response_size", total.max_response_bytes);
  Line(out, "bytes_received_count", total.bytes_received);
  Line(out, "connection_rejected", total.connections_rejected);
  Line(out, "auth_failed_count", total.auth_failed);
  Line(out, "connection_drop_probability", "0.0");
  Line(out, "outstanding_tls_handshake", 0);
  Line(out, "digest_mismatches_count", replica.digest_mismatches);
  Line(out, "commit_count", replica.commits);
  Line(out, "proposal_count", replica.proposals);
  Summary(out, "readlatency", total.read_latency);
  Summary(out, "updatelatency", total.update_latency);

  // What dashboards and alerts name must be there, also before anything of its kind happened.
  std::set<std::string, std::less<>> missing_summaries = {"fsynctime", "snapshottime",
                                                          "election_time"};
  for (const auto& [key, stats] : in.env.summaries) {
    Summary(out, key, stats);
    missing_summaries.erase(key);
  }
  for (const std::string& key : missing_summaries) Summary(out, key, {});
  std::set<std::string, std::less<>> missing_counters = {"snap_count",
                                                         "diff_count",
                                                         "looking_count",
                                                         "connection_drop_count",
                                                         "connection_request_count",
                                                         "connection_revalidate_count",
                                                         "revalidate_count",
                                                         "unrecoverable_error_count",
                                                         "stale_sessions_expired",
                                                         "fsync_threshold_exceed_count"};
  for (const auto& [key, value] : in.env.counters) {
    Line(out, key, value);
    missing_counters.erase(key);
  }
  for (const std::string& key : missing_counters) Line(out, key, 0);
  return out;
}

}  // namespace zk
