// SPDX-License-Identifier: Apache-2.0
#include "server/core/shard/watch_ops.h"

#include <cassert>

#include "common/proto/requests.h"
#include "jute/decoder.h"
#include "jute/encoder.h"
#include "server/core/shard/reply.h"

namespace zk {
namespace {

enum List : uint8_t { kData, kExist, kChild, kPersistent, kRecursive };

size_t ListsOf(OpCode op) { return op == OpCode::kSetWatches2 ? 5 : 3; }

// checkWatches and removeWatches have the same request. False: not decodable, or no such type.
bool DecodeTyped(std::string_view body, std::string_view& path, WatcherType& type) {
  jute::Decoder in(body);
  const jute::Buffer wire = in.NullableBuffer();
  const int32_t number = in.Int();
  if (!in.ok() || wire.is_null()) return false;
  if (number < static_cast<int32_t>(WatcherType::kChildren) ||
      number > static_cast<int32_t>(WatcherType::kPersistentRecursive)) {
    return false;
  }
  path = wire.bytes();
  type = static_cast<WatcherType>(number);
  return true;
}

// What became of one path while the client was away: an event to send, or kNone after the watch was
// set again.
EventType Restore(List list, std::string_view path, int64_t seen_zxid, const ReadContext& context) {
  WatchTable& watches = *context.watches;
  if (list == kPersistent) {
    watches.AddData(path, context.connection, WatchTable::kPersistent);
    watches.AddChild(path, context.connection, WatchTable::kPersistent);
    return EventType::kNone;
  }
  if (list == kRecursive) {
    watches.AddData(path, context.connection, WatchTable::kRecursive);
    return EventType::kNone;
  }
  const Node* node = context.db->tree.Find(path);
  if (list == kExist) {
    if (node != nullptr) return EventType::kNodeCreated;
    watches.AddData(path, context.connection, WatchTable::kStandard);
    return EventType::kNone;
  }
  if (node == nullptr) return EventType::kNodeDeleted;
  if (list == kChild) {
    if (node->stat().pzxid > seen_zxid) return EventType::kNodeChildrenChanged;
    watches.AddChild(path, context.connection, WatchTable::kStandard);
    return EventType::kNone;
  }
  if (node->stat().mzxid > seen_zxid) return EventType::kNodeDataChanged;
  watches.AddData(path, context.connection, WatchTable::kStandard);
  return EventType::kNone;
}

}  // namespace

ErrorCode AddWatch(std::string_view body, const ReadContext& context, std::string& out) {
  jute::Decoder in(body);
  const jute::Buffer path = in.NullableBuffer();
  const int32_t mode = in.Int();
  if (!in.ok() || path.is_null()) return ErrorCode::kMarshallingError;
  if (mode == static_cast<int32_t>(AddWatchMode::kPersistent)) {
    context.watches->AddData(path.bytes(), context.connection, WatchTable::kPersistent);
    context.watches->AddChild(path.bytes(), context.connection, WatchTable::kPersistent);
  } else if (mode == static_cast<int32_t>(AddWatchMode::kPersistentRecursive)) {
    context.watches->AddData(path.bytes(), context.connection, WatchTable::kRecursive);
  } else {
    return ErrorCode::kMarshallingError;
  }
  jute::Encoder(out).Int(static_cast<int32_t>(ErrorCode::kOk));
  return ErrorCode::kOk;
}

ErrorCode CheckWatches(std::string_view body, const ReadContext& context) {
  std::string_view path;
  WatcherType type{};
  if (!DecodeTyped(body, path, type)) return ErrorCode::kMarshallingError;
  return context.watches->Contains(path, context.connection, type) ? ErrorCode::kOk
                                                                   : ErrorCode::kNoWatcher;
}

ErrorCode RemoveWatches(std::string_view body, const ReadContext& context) {
  std::string_view path;
  WatcherType type{};
  if (!DecodeTyped(body, path, type)) return ErrorCode::kMarshallingError;
  return context.watches->Remove(path, context.connection, type) ? ErrorCode::kOk
                                                                 : ErrorCode::kNoWatcher;
}

bool IsSetWatchesBody(OpCode op, std::string_view body) {
  jute::Decoder in(body);
  in.Long();
  for (size_t list = 0; list < ListsOf(op) && in.ok(); list++) {
    const int32_t count = in.BoundedCount(4);
    if (count < 0) return false;
    for (int32_t i = 0; i < count && in.ok(); i++) {
      if (in.NullableBuffer().is_null()) return false;
    }
  }
  return in.ok();
}

bool RunSetWatches(OpCode op, std::string_view body, size_t max_paths, const ReadContext& context,
                   SetWatchesCursor& cursor, std::string& out, size_t& notifications,
                   size_t& paths_run) {
  assert(max_paths >= 1);
  jute::Decoder in(body);
  const int64_t seen_zxid = in.Long();
  if (cursor.offset == 0) {
    cursor.list = kData;
    cursor.left = static_cast<uint32_t>(in.BoundedCount(4));
  } else {
    in.Skip(cursor.offset - (body.size() - in.remaining()));
  }
  for (;;) {
    while (cursor.left == 0 && size_t{cursor.list} + 1 < ListsOf(op)) {
      cursor.list++;
      cursor.left = static_cast<uint32_t>(in.BoundedCount(4));
    }
    if (cursor.left == 0) {
      cursor = {};
      return true;
    }
    if (paths_run >= max_paths) break;
    const std::string_view path = in.NullableBuffer().bytes();
    assert(in.ok());
    cursor.left--;
    paths_run++;
    const EventType event = Restore(static_cast<List>(cursor.list), path, seen_zxid, context);
    if (event == EventType::kNone) continue;
    AppendNotification(event, path, out);
    notifications++;
  }
  cursor.offset = static_cast<uint32_t>(body.size() - in.remaining());
  return false;
}

}  // namespace zk
