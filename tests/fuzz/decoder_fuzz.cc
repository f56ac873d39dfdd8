// SPDX-License-Identifier: Apache-2.0
// Any bytes as any record, and as a stream of frames. The first byte chooses the record.
#include <array>
#include <string>
#include <vector>

#include "common/log.h"
#include "common/proto/registry.h"
#include "jute/frame.h"
#include "jute/json.h"
#include "jute/print.h"
#include "tests/fuzz/fuzz_input.h"

namespace zk {
namespace {

template <typename T>
void TryRecord(jute::Bytes bytes) {
  T record;
  jute::Decoder in(bytes, 1000);
  jute::DecodeField(record, in);
  CHECK_LE(in.remaining(), bytes.size());
  (void)jute::Print(record);  // what a failed decode left must be sound as well
  (void)jute::ToJson(record);
  if (!in.ok()) {
    CHECK_EQ(in.remaining(), 0u);
    return;
  }
  // A second round gives the same; the first may differ (a bool of 2, a count of -2).
  const std::string encoded = jute::Encoded(record);
  T again;
  CHECK(jute::Decode(encoded, again));
  CHECK(again == record);
  CHECK(jute::Encoded(again) == encoded);
  CHECK_EQ(encoded.size(), bytes.size() - in.remaining());
  for (size_t cut : {encoded.size() / 2, encoded.size() - 1}) {
    T shorter;
    CHECK(!jute::Decode(jute::Bytes(encoded).substr(0, cut), shorter));
  }
}

// One piece or many, the frames are the same.
void TryFrames(FuzzInput input) {
  const size_t piece = 1 + input.Byte() % 16;
  const size_t limit = input.Byte();
  const std::string_view stream = input.Rest();
  std::vector<std::string> expected, got;
  jute::Bytes rest = stream;
  jute::Frame frame = jute::NextFrame(rest, limit);
  while (frame.state == jute::Frame::State::kComplete) {
    expected.emplace_back(frame.payload);
    rest.remove_prefix(frame.size);
    frame = jute::NextFrame(rest, limit);
  }
  jute::FrameSplitter splitter(limit);
  for (size_t at = 0; at < stream.size(); at += piece) {
    splitter.Append(stream.substr(at, piece));
    for (jute::Bytes payload; splitter.Next(payload);) got.emplace_back(payload);
  }
  CHECK(got == expected);
  CHECK_EQ(splitter.bad(), frame.state == jute::Frame::State::kBad);
}

void TryOne(const uint8_t* data, size_t size) {
  TryFrames(FuzzInput(data, size));
  FuzzInput input(data, size);
  const size_t choice = input.Byte();
  const std::string_view bytes = input.Rest();
  static const std::vector<void (*)(jute::Bytes)> kRecords = [] {
    std::vector<void (*)(jute::Bytes)> records;
    proto::ForEachRecord([&]<typename T>(const T&) { records.push_back(&TryRecord<T>); });
    return records;
  }();
  kRecords[choice % kRecords.size()](bytes);
}

}  // namespace
}  // namespace zk

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  zk::TryOne(data, size);
  return 0;
}
