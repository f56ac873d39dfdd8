// SPDX-License-Identifier: Apache-2.0
// Every record of the registry: there and back, cut at every byte, and lied to about counts.
#include "jute/record.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <new>
#include <string>

#include "common/proto/registry.h"
#include "tests/jute/sample_records.h"

namespace {
size_t allocated_bytes = 0;
}  // namespace

// Counts what a decoder takes from the heap.
void* operator new(size_t size) {
  allocated_bytes += size;
  void* memory = std::malloc(size);
  if (memory == nullptr) std::abort();
  return memory;
}
void operator delete(void* memory) noexcept { std::free(memory); }
void operator delete(void* memory, size_t) noexcept { std::free(memory); }

namespace zk::jute {
namespace {

TEST(Record, EveryOneThereAndBack) {
  int records = 0;
  proto::ForEachRecord([&records]<typename T>(const T&) {
    for (uint64_t seed = 0; seed < 50; seed++) {
      Samples samples(seed);
      T record;
      samples.Fill(record);
      const std::string bytes = Encoded(record);
      T again;
      ASSERT_TRUE(Decode(bytes, again)) << T::kRecordName;
      EXPECT_EQ(again, record) << T::kRecordName;
      EXPECT_EQ(Encoded(again), bytes) << T::kRecordName;
    }
    records++;
  });
  EXPECT_EQ(records, 75);
}

TEST(Record, CutAnywhereItFails) {
  proto::ForEachRecord([]<typename T>(const T&) {
    for (uint64_t seed = 0; seed < 20; seed++) {
      Samples samples(seed);
      T record;
      samples.Fill(record);
      const std::string bytes = Encoded(record);
      for (size_t size = 0; size < bytes.size(); size++) {
        T again;
        EXPECT_FALSE(Decode(Bytes(bytes).substr(0, size), again)) << T::kRecordName << ' ' << size;
      }
    }
  });
}

TEST(Record, TrailingBytesAreLeftUnread) {
  proto::SyncRequest request;
  request.path = "/a";
  const std::string bytes = Encoded(request) + "more";
  Decoder in(bytes);
  DecodeField(request, in);
  EXPECT_TRUE(in.ok());
  EXPECT_EQ(in.Rest(), "more");
}

TEST(Record, MinSizeIsTheSizeOfAnEmptyOne) {
  proto::ForEachRecord(
      []<typename T>(const T&) { EXPECT_EQ(MinSize<T>(), Encoded(T()).size()) << T::kRecordName; });
  EXPECT_EQ(Encoded(proto::Stat()).size(), 68u);
  EXPECT_EQ(Encoded(proto::StatPersisted()).size(), 60u);
  EXPECT_EQ(Encoded(proto::ReplyHeader()).size(), 16u);
  EXPECT_EQ(Encoded(proto::MultiHeader()).size(), 9u);
}

// Overwrites every int in the encoding with a huge count: whatever field it hits, nothing may be
// reserved for it.
TEST(Record, HostileCountsReserveNothing) {
  proto::ForEachRecord([]<typename T>(const T&) {
    Samples samples(3);
    T record;
    samples.Fill(record);
    const std::string bytes = Encoded(record);
    for (int32_t count : {INT32_MAX, INT32_MAX / 12, 1 << 20, INT32_MIN, -2}) {
      for (size_t at = 0; at + 4 <= bytes.size(); at++) {
        std::string lie = bytes;
        StoreInt(lie.data() + at, count);
        T again;
        const size_t before = allocated_bytes;
        (void)Decode(lie, again);
        EXPECT_LE(allocated_bytes - before, 200 * bytes.size()) << T::kRecordName << ' ' << at;
      }
    }
  });
}

TEST(Record, ACountThatTheBytesCannotHoldAllocatesNothing) {
  std::string bytes;
  Encoder out(bytes);
  out.Int(1000);
  out.Raw(std::string(11'999, '\0'));  // 1000 entries of 12 bytes would need one more
  Vector<proto::Acl> acl;
  Decoder in(bytes);
  const size_t before = allocated_bytes;
  DecodeField(acl, in);
  EXPECT_FALSE(in.ok());
  EXPECT_EQ(allocated_bytes, before);
  EXPECT_TRUE(acl.empty());
  EXPECT_FALSE(acl.is_null());
}

TEST(Record, NullAndEmptyDiffer) {
  proto::SetDataRequest null, empty;
  empty.path = "";
  empty.data = "";
  EXPECT_NE(Encoded(null), Encoded(empty));
  EXPECT_FALSE(null == empty);
  proto::GetChildrenResponse no_list, empty_list;
  no_list.children = Vector<String>::Null();
  EXPECT_NE(Encoded(no_list), Encoded(empty_list));
  EXPECT_FALSE(no_list == empty_list);
  EXPECT_EQ(Encoded(no_list), std::string("\xff\xff\xff\xff", 4));
}

TEST(Record, ANegativeCountOtherThanNullIsEmpty) {
  proto::GetChildrenResponse response;
  ASSERT_TRUE(Decode(std::string("\xff\xff\xff\xfe", 4), response));
  EXPECT_TRUE(response.children.empty());
  EXPECT_FALSE(response.children.is_null());
}

TEST(Record, DecodingReplacesWhatWasThere) {
  proto::GetChildrenResponse full, response;
  full.children = {"a", "b"};
  response.children = {"x", "y", "z"};
  const std::string bytes = Encoded(full);
  ASSERT_TRUE(Decode(bytes, response));
  EXPECT_EQ(response, full);
}

TEST(Record, NamesComeWithTheirFields) {
  std::string names;
  ForEachField(proto::CreateTTLTxn(),
               [&](std::string_view name, const auto&) { names.append(name) += ' '; });
  EXPECT_EQ(names, "path data acl parentCVersion ttl ");
  EXPECT_EQ(JuteName<proto::Acl>(), "ACL");
  EXPECT_EQ(JuteName<proto::Id>(), "Id");
}

}  // namespace
}  // namespace zk::jute
