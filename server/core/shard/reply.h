// SPDX-License-Identifier: Apache-2.0
//
// Reply frames, written straight into a connection's output.
//
// Place: used by Shard and by the reads. Threads: the shard's loop.
// Invariant: between construction and Finish() only the body is appended to the output.
// Source: client-server protocol, "Framing" and "Reply header zxid".
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "common/error_code.h"
#include "common/proto/opcode.h"
#include "common/types.h"
#include "jute/encoder.h"

namespace zk {

inline constexpr size_t kReplyHeaderSize = 16;

// Starts a reply at the end of `out`; the length and the error come last.
class ReplyFrame {
 public:
  ReplyFrame(int32_t xid, Zxid zxid, std::string& out) : out_(out), start_(out.size()) {
    char head[4 + kReplyHeaderSize] = {};
    jute::StoreInt(head + 4, xid);
    jute::StoreLong(head + 8, zxid.value);
    out.append(head, sizeof head);
  }
  // Drops a half-written body.
  void DropBody() { out_.resize(start_ + 4 + kReplyHeaderSize); }
  // Returns the size of the frame without its length.
  size_t Finish(ErrorCode error) {
    const size_t size = out_.size() - start_ - 4;
    jute::StoreInt(out_.data() + start_, static_cast<int32_t>(size));
    jute::StoreInt(out_.data() + start_ + 4 + 12, static_cast<int32_t>(error));
    return size;
  }

 private:
  std::string& out_;
  size_t start_;
};

// A reply without a body.
inline size_t AppendReply(int32_t xid, Zxid zxid, ErrorCode error, std::string& out) {
  return ReplyFrame(xid, zxid, out).Finish(error);
}

// Notification zxids are -1, as in ZooKeeper up to 3.8.
inline void AppendNotification(EventType type, std::string_view path, std::string& out) {
  ReplyFrame frame(kNotificationXid, Zxid(-1), out);
  jute::Encoder encoder(out);
  encoder.Int(static_cast<int32_t>(type));
  encoder.Int(static_cast<int32_t>(KeeperState::kSyncConnected));
  encoder.String(path);
  frame.Finish(ErrorCode::kOk);
}

}  // namespace zk
