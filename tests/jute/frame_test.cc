// SPDX-License-Identifier: Apache-2.0
#include "jute/frame.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace zk::jute {
namespace {

using std::string_literals::operator""s;

std::string Framed(Bytes payload) {
  std::string out;
  const size_t begin = BeginFrame(out);
  out.append(payload);
  EndFrame(begin, out);
  return out;
}

TEST(Frame, BeginAndEnd) {
  std::string out = "x";
  const size_t begin = BeginFrame(out);
  out += "abc";
  EndFrame(begin, out);
  EXPECT_EQ(out,
            "x\0\0\0\x03"
            "abc"s);
}

TEST(NextFrame, Table) {
  struct Case {
    std::string input;
    Frame::State state;
    size_t size;
    std::string payload;
  };
  using enum Frame::State;
  for (const Case& c : std::initializer_list<Case>{{"", kPartial, 4, ""},
                                                   {"\0\0\0"s, kPartial, 4, ""},
                                                   {"\0\0\0\x02"s, kPartial, 6, ""},
                                                   {"\0\0\0\x02"
                                                    "a"s,
                                                    kPartial, 6, ""},
                                                   {"\0\0\0\x02"
                                                    "abc"s,
                                                    kComplete, 6, "ab"},
                                                   {"\0\0\0\0"
                                                    "a"s,
                                                    kComplete, 4, ""},
                                                   {"\0\0\0\x0a"s, kPartial, 14, ""},
                                                   {"\0\0\0\x0b"s, kBad, 4, ""},
                                                   {"\xff\xff\xff\xff"s, kBad, 4, ""},
                                                   {"\x7f\xff\xff\xff"s, kBad, 4, ""}}) {
    const Frame frame = NextFrame(c.input, 10);
    EXPECT_EQ(frame.state, c.state);
    EXPECT_EQ(frame.size, c.size);
    EXPECT_EQ(frame.payload, c.payload);
  }
}

TEST(FrameSplitter, WhateverThePiecesAre) {
  const std::vector<std::string> payloads = {"", "a", "hello", std::string(100, 'x'), "end"};
  std::string stream;
  for (const std::string& payload : payloads) stream += Framed(payload);
  for (size_t piece = 1; piece <= stream.size(); piece++) {
    FrameSplitter splitter(100);
    std::vector<std::string> got;
    for (size_t at = 0; at < stream.size(); at += piece) {
      splitter.Append(Bytes(stream).substr(at, piece));
      for (Bytes payload; splitter.Next(payload);) got.emplace_back(payload);
    }
    EXPECT_EQ(got, payloads) << piece;
    EXPECT_FALSE(splitter.bad());
    EXPECT_EQ(splitter.pending(), 0u);
  }
}

TEST(FrameSplitter, FramesBeforeABadOneStillCome) {
  FrameSplitter splitter(4);
  splitter.Append(Framed("ab") +
                  "\0\0\0\x05"
                  "abcde"s +
                  Framed("c"));
  Bytes payload;
  ASSERT_TRUE(splitter.Next(payload));
  EXPECT_EQ(payload, "ab");
  EXPECT_FALSE(splitter.Next(payload));
  EXPECT_TRUE(splitter.bad());
  splitter.Append(Framed("d"));
  EXPECT_FALSE(splitter.Next(payload));
  EXPECT_EQ(splitter.pending(), 0u);
}

}  // namespace
}  // namespace zk::jute
