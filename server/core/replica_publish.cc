// SPDX-License-Identifier: Apache-2.0
//
// From durable to visible: pending transactions are applied, and become items of a batch.
#include <bit>
#include <string>

#include "common/log.h"
#include "jute/decoder.h"
#include "server/core/replica_impl.h"
#include "server/core/session/session_id.h"

namespace zk {
namespace {

constexpr int64_t kHistorySpacing = 128;  // a power of two
constexpr size_t kHistoryLength = 1024;

// Of a body that the batch's arena has from `offset` on.
void SetBody(BatchItem& item, size_t offset, size_t size) {
  item.body_offset = static_cast<uint32_t>(offset);
  item.body_size = static_cast<uint32_t>(size);
}

}  // namespace

bool Replica::Impl::HasPublishable() const {
  return !immediate_.empty() || (!pending_.empty() && pending_.front().seq <= durable_seq_);
}

void Replica::Impl::Publish(size_t max_txns, Effects& effects, Batch& out) {
  PublishImmediate(out);
  for (size_t txns = 0; !pending_.empty() && pending_.front().seq <= durable_seq_;) {
    if (pending_.front().kind != Pending::Kind::kTxn) {
      PublishAnswer(pending_.front(), out);
      pending_.pop_front();
      continue;
    }
    if (txns == max_txns) break;
    txns++;
    const Pending entry = std::move(pending_.front());
    pending_.pop_front();
    PublishTxn(entry, effects, out);
    if (entry.snapshot_after) {
      // Nothing more in this section: the tree stands right behind the roll.
      effects.start_snapshot = true;
      break;
    }
  }
  overlay_.Applied(db_->last_processed);
  out.last_processed = db_->last_processed;
}

void Replica::Impl::PublishImmediate(Batch& out) {
  const size_t base = out.arena.size();
  out.arena += immediate_.arena;
  for (BatchItem& item : immediate_.items) {
    item.body_offset += static_cast<uint32_t>(base);
    item.changes_begin = item.changes_end = static_cast<uint32_t>(out.changes.size());
    out.items.push_back(item);
  }
  immediate_.Clear();
}

void Replica::Impl::PublishAnswer(const Pending& entry, Batch& out) {
  if (entry.kind == Pending::Kind::kRefusal) {
    SessionRequest request;
    request.origin = entry.origin;
    SessionReply(request, /*accepted=*/false);
    PublishImmediate(out);
    return;
  }
  BatchItem item;
  item.kind = BatchItem::Kind::kReply;
  item.origin = entry.origin;
  item.xid = entry.xid;
  item.op = entry.op;
  item.error = entry.error;
  item.zxid = entry.fixed_zxid ? entry.zxid : db_->last_processed;
  item.session = entry.session;
  item.close_after = entry.close_after;
  item.changes_begin = item.changes_end = static_cast<uint32_t>(out.changes.size());
  SetBody(item, out.arena.size(), entry.bytes.size());
  out.arena += entry.bytes.view();
  out.items.push_back(item);
}

void Replica::Impl::PublishTxn(const Pending& entry, Effects& effects, Batch& out) {
  DecodedTxn txn;
  const TxnDecode decoded = DecodeTxn(entry.bytes.view(), txn);
  CHECK(decoded == TxnDecode::kOk && txn.zxid() == entry.zxid) << Hex(entry.zxid);
  BatchItem item;
  item.changes_begin = static_cast<uint32_t>(out.changes.size());
  sink_.batch = &out;
  sink_.build_changes = build_changes_;
  sink_.build_reply = entry.origin.valid();
  sink_.request_op = entry.op;
  const ApplyResult result = ApplyTxn(*db_, txn, &sink_);
  item.changes_end = static_cast<uint32_t>(out.changes.size());
  item.origin = entry.origin;
  item.xid = entry.xid;
  item.op = entry.op;
  item.error = result.error;
  item.zxid = db_->last_processed;
  item.session = entry.session;
  item.close_after = entry.close_after;
  SetBody(item, result.body_offset, result.body_size);
  pending_txns_--;
  commits_++;
  Judge(entry, result, effects);
  if (txn.type() == OpCode::kCreateSession) FinishOpen(entry, txn, item, out);
  if (item.origin.valid() || item.changes_end > item.changes_begin) out.items.push_back(item);
  if (txn.type() == OpCode::kCloseSession) FinishClose(entry, out);
}

void Replica::Impl::FinishOpen(const Pending& entry, const DecodedTxn& txn, BatchItem& item,
                               Batch& out) {
  item.kind = BatchItem::Kind::kSessionReply;
  item.timeout_ms = jute::Decoder(txn.body).Int();
  const SessionPassword password = PasswordOf(entry.session);
  SetBody(item, out.arena.size(), password.size());
  out.arena.append(password.data(), password.size());
}

// Who asked for it has its reply with close_after; a connection whose session the server ended is
// closed without a word.
void Replica::Impl::FinishClose(const Pending& entry, Batch& out) {
  const Session* session = sessions_.Find(entry.session);
  if (session == nullptr) return;  // closed twice, by its client and by the clock
  if (session->origin.valid() && session->origin != entry.origin) {
    BatchItem item;
    item.kind = BatchItem::Kind::kClose;
    item.origin = session->origin;
    item.zxid = db_->last_processed;
    item.session = entry.session;
    item.changes_begin = item.changes_end = static_cast<uint32_t>(out.changes.size());
    out.items.push_back(item);
  }
  sessions_.Remove(entry.session);
}

void Replica::Impl::Judge(const Pending& entry, const ApplyResult& result, Effects& effects) {
  if (entry.zxid.value % kHistorySpacing == 0) {
    if (digest_history_.size() == kHistoryLength) digest_history_.pop_front();
    digest_history_.push_back({entry.zxid, db_->tree.digest()});
  }
  if (result.digest == DigestCheck::kMismatch) {
    digest_mismatches_++;
    // At 1, 2, 4, 8 ...: one wrong node makes every later digest wrong.
    if (std::has_single_bit(static_cast<uint64_t>(digest_mismatches_))) {
      LOG(ERROR) << "digest mismatch at " << Hex(entry.zxid) << ": the transaction says "
                 << result.expected_digest << ", the tree has " << result.actual_digest << " ("
                 << digest_mismatches_ << " so far)";
    }
  }
  if (!options_.strict) return;
  if (result.digest == DigestCheck::kMismatch || result.tolerated) {
    effects.halt = "transaction " + Hex(entry.zxid) +
                   (result.tolerated ? " met a tree that it was not made for"
                                     : " leaves another tree than was foreseen");
  }
}

}  // namespace zk
