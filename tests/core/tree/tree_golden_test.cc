// SPDX-License-Identifier: Apache-2.0
// A log that Java 3.8.0 wrote, applied record by record: our digest after each is the one it holds.
#include <gtest/gtest.h>

#include <fstream>
#include <iterator>
#include <string>

#include "common/proto/opcode.h"
#include "common/proto/txn.h"
#include "jute/decoder.h"
#include "jute/record.h"
#include "server/core/tree/data_tree.h"
#include "server/core/tree/owner.h"
#include "tests/core/tree/tree_testing.h"

namespace zk {
namespace {

constexpr char kFolder[] = "tests/golden/standalone/";

std::string ReadFile(const std::string& name) {
  std::ifstream in(kFolder + name, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
}

// The tolerant apply of one transaction, without what has nothing to do with the tree.
class LogReplay {
 public:
  LogReplay() : tree_({.extended_types = true}) {}

  void File(const std::string& name) {
    const std::string bytes = ReadFile(name);
    jute::Decoder in(bytes);
    in.Skip(16);
    for (;;) {
      in.Long();
      const int32_t size = in.Int();
      if (!in.ok() || size == 0) return;
      Record(jute::Bytes(in.position(), static_cast<size_t>(size)));
      in.Skip(static_cast<size_t>(size) + 1);
    }
  }
  DataTree& tree() { return tree_; }
  int compared() const { return compared_; }
  // Between the ends of a fuzzy range the digests do not hold.
  void set_comparing(bool comparing) { comparing_ = comparing; }

 private:
  void Record(jute::Bytes payload) {
    jute::Decoder in(payload);
    jute::DecodeField(header_, in);
    Body(static_cast<OpCode>(header_.type), in);
    if (!comparing_ || in.remaining() < 12) return;  // an error transaction carries no digest
    proto::TxnDigest digest;
    jute::DecodeField(digest, in);
    EXPECT_EQ(static_cast<uint64_t>(digest.treeDigest), tree_.digest())
        << "after zxid " << header_.zxid << " of type " << header_.type;
    ++compared_;
  }
  void Body(OpCode type, jute::Decoder& in) {
    switch (type) {
      case OpCode::kCreate:
      case OpCode::kCreate2: {
        const auto txn = Read<proto::CreateTxn>(in);
        return Create(txn.path, txn.data, txn.acl, txn.parentCVersion,
                      txn.ephemeral ? header_.clientId : 0, type == OpCode::kCreate);
      }
      case OpCode::kCreateContainer: {
        const auto txn = Read<proto::CreateContainerTxn>(in);
        return Create(txn.path, txn.data, txn.acl, txn.parentCVersion, kContainerOwner, false);
      }
      case OpCode::kCreateTtl: {
        const auto txn = Read<proto::CreateTTLTxn>(in);
        return Create(txn.path, txn.data, txn.acl, txn.parentCVersion, TtlOwner(txn.ttl), false);
      }
      case OpCode::kDelete:
      case OpCode::kDeleteContainer:
        tree_.Delete(Read<proto::DeleteTxn>(in).path.bytes(), Zxid(header_.zxid));
        return;
      case OpCode::kSetData: {
        const auto txn = Read<proto::SetDataTxn>(in);
        tree_.SetData(txn.path.bytes(), txn.data, txn.version, Zxid(header_.zxid), header_.time);
        return;
      }
      case OpCode::kSetAcl: {
        const auto txn = Read<proto::SetACLTxn>(in);
        tree_.SetAcl(txn.path.bytes(), std::make_shared<const AclList>(ToAclList(txn.acl)),
                     txn.version);
        return;
      }
      case OpCode::kCheck:
        Read<proto::CheckVersionTxn>(in);
        return;
      case OpCode::kCreateSession:
        in.Int();
        return;
      case OpCode::kCloseSession:
        for (const jute::String& path : Read<proto::CloseSessionTxn>(in).paths2Delete) {
          tree_.Delete(path.bytes(), Zxid(header_.zxid));
        }
        return;
      case OpCode::kMulti:
        return Multi(Read<proto::MultiTxn>(in));
      case OpCode::kError:
        in.Int();
        return;
      default:
        ADD_FAILURE() << "type " << header_.type;
    }
  }
  void Multi(const proto::MultiTxn& multi) {
    for (const proto::Txn& txn : multi.txns) {
      if (txn.type == static_cast<int32_t>(OpCode::kError)) return;
    }
    for (const proto::Txn& txn : multi.txns) {
      jute::Decoder in(txn.data.bytes());
      Body(static_cast<OpCode>(txn.type), in);
    }
  }
  void Create(const jute::Buffer& path, const jute::Buffer& data,
              const jute::Vector<proto::Acl>& acl, int32_t parent_cversion, int64_t owner,
              bool fix) {
    CreateArgs args;
    args.path = path.bytes();
    args.data = data;
    args.acl = std::make_shared<const AclList>(ToAclList(acl));
    args.ephemeral_owner = owner;
    args.parent_cversion = parent_cversion;
    args.zxid = Zxid(header_.zxid);
    args.time_ms = header_.time;
    args.fix_parent_of_existing = fix;
    tree_.Create(args);
  }
  template <typename T>
  static T Read(jute::Decoder& in) {
    T record;
    jute::DecodeField(record, in);
    EXPECT_TRUE(in.ok());
    return record;
  }

  DataTree tree_;
  proto::TxnHeader header_;
  int compared_ = 0;
  bool comparing_ = true;
};

// The `data` (hex) that the capture lists for a path.
std::string DataInCapture(const std::string& json, const std::string& path) {
  const std::string start = "\"" + path + "\": {\"data\": \"";
  const size_t at = json.find(start);
  if (at == json.npos) return "(not there)";
  const size_t from = at + start.size();
  std::string data;
  for (size_t i = from; json[i] != '"'; i += 2) {
    data.push_back(static_cast<char>(std::stoi(json.substr(i, 2), nullptr, 16)));
  }
  return data;
}

TEST(TreeGoldenTest, DigestsAndQuotaStatisticsOfJava) {
  LogReplay replay;
  replay.File("log.1");
  EXPECT_GT(replay.compared(), 60);
  const std::string stats = "/zookeeper/quota/q/zookeeper_stats";
  EXPECT_EQ(DataOf(replay.tree(), stats), DataInCapture(ReadFile("first.json"), stats));
  CheckTree(replay.tree());
  const int after_first = replay.compared();
  replay.File("log.58");
  EXPECT_GT(replay.compared(), after_first + 5);
  EXPECT_EQ(DataOf(replay.tree(), stats), DataInCapture(ReadFile("second.json"), stats));
  CheckTree(replay.tree());
}

// The worst fuzzy snapshot: it has the name of the start and all that happened until the end.
TEST(TreeGoldenTest, ReplayOverItsOwnResultChangesNothing) {
  LogReplay once;
  once.File("log.1");
  once.File("log.58");
  for (const bool from_start : {false, true}) {
    LogReplay again;
    again.set_comparing(false);
    const Node* root = once.tree().root();
    for (const Node* node = root; node != nullptr; node = node->NextBelow(root)) {
      ASSERT_EQ(again.tree().Load(node->path(), node->data().buffer(), once.tree().AclOf(*node),
                                  node->stat()),
                ErrorCode::kOk);
    }
    again.tree().FinishLoad();
    if (from_start) again.File("log.1");
    again.File("log.58");
    EXPECT_EQ(again.tree().digest(), once.tree().digest());
    EXPECT_EQ(Difference(Lines(again.tree()), Lines(once.tree())), "");
    CheckTree(again.tree());
  }
}

}  // namespace
}  // namespace zk
