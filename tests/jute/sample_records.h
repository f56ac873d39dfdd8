// SPDX-License-Identifier: Apache-2.0
//
// Fills any record with values drawn from a seed, nulls and extremes among them.
//
// Place: tests of the codec, of print and of JSON. Threads: one owner at a time.
// Strings and buffers are views into the Samples object, which must outlive the records.
#pragma once

#include <cstdint>
#include <deque>
#include <string>

#include "common/random.h"
#include "jute/record.h"

namespace zk::jute {

class Samples {
 public:
  explicit Samples(uint64_t seed) : random_(seed) {}

  template <typename T>
  void Fill(T& value) {
    if constexpr (std::is_same_v<T, bool>) {
      value = random_.OneIn(2);
    } else if constexpr (std::is_integral_v<T>) {
      const uint64_t bits = random_.Next();
      value = static_cast<T>(random_.OneIn(3) ? bits : bits % 5 - 2);
    } else if constexpr (std::is_base_of_v<Buffer, T>) {
      if (!random_.OneIn(5)) static_cast<Buffer&>(value) = Text();
    } else if constexpr (IsVector<T>::value) {
      value.null = random_.OneIn(5);
      const uint64_t count = value.null ? 0 : random_.Uniform(4);
      for (uint64_t i = 0; i < count; i++) Fill(value.items.emplace_back());
    } else {
      std::apply([this](auto&... field) { (this->Fill(field), ...); }, value.fields());
    }
  }

 private:
  Bytes Text() {
    std::string text;
    for (uint64_t n = random_.Uniform(9); n > 0; n--) {
      text.push_back(static_cast<char>(random_.OneIn(2) ? 'a' + n : random_.Next()));
    }
    return texts_.emplace_back(std::move(text));
  }

  Random random_;
  std::deque<std::string> texts_;  // never moves what it holds
};

}  // namespace zk::jute
