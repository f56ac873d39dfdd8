// SPDX-License-Identifier: Apache-2.0
//
// The framing of the client port: four bytes of length, then that many bytes.
//
// Place: Shard cuts frames out of its input buffers with NextFrame(); who has no buffer of his own
// uses FrameSplitter. Threads: one owner at a time.
// Invariant: a length is compared with the limit as soon as its four bytes are there, before
// anything is stored or reserved for it; memory grows with the bytes that came, never with what
// they claim. Source: client-server protocol, "Framing on the client port".
#pragma once

#include <cstdint>
#include <string>

#include "jute/decoder.h"
#include "jute/encoder.h"

namespace zk::jute {

inline constexpr size_t kFrameHeader = 4;

struct Frame {
  enum class State {
    kPartial,   // more bytes are needed: `size` of them in all, as far as is known
    kComplete,  // `payload` is it; `size` bytes of the input are used up
    kBad,       // a negative length or one over the limit
  };
  State state = State::kPartial;
  Bytes payload;
  size_t size = kFrameHeader;
};

// The frame at the start of `input`, whose payload may have 0 to `max_length` bytes.
inline Frame NextFrame(Bytes input, size_t max_length) {
  if (input.size() < kFrameHeader) return {};
  const int32_t length = Decoder(input).Int();
  if (length < 0 || static_cast<size_t>(length) > max_length) {
    return {Frame::State::kBad, {}, kFrameHeader};
  }
  const size_t size = kFrameHeader + static_cast<size_t>(length);
  if (input.size() < size) return {Frame::State::kPartial, {}, size};
  return {Frame::State::kComplete, input.substr(kFrameHeader, size - kFrameHeader), size};
}

// Begins a frame at the end of `out`; EndFrame() with what it returned fills in the length.
inline size_t BeginFrame(std::string& out) {
  out.append(kFrameHeader, '\0');
  return out.size();
}
inline void EndFrame(size_t begin, std::string& out) {
  assert(begin >= kFrameHeader && begin <= out.size());
  StoreInt(out.data() + begin - kFrameHeader, static_cast<int32_t>(out.size() - begin));
}

// Bytes in as they come, frames out. After a bad frame nothing comes any more.
class FrameSplitter {
 public:
  explicit FrameSplitter(size_t max_length) : max_length_(max_length) {}

  // Ends the life of payloads that Next() gave.
  void Append(Bytes bytes) {
    if (bad_) return;
    buffer_.erase(0, used_);
    used_ = 0;
    buffer_.append(bytes);
  }

  // True with the next payload, which is valid until Append(). False: more bytes are needed, or
  // bad().
  bool Next(Bytes& payload) {
    if (bad_) return false;
    const Frame frame = NextFrame(Bytes(buffer_).substr(used_), max_length_);
    if (frame.state == Frame::State::kBad) {
      bad_ = true;
      buffer_ = std::string();
      used_ = 0;
    }
    if (frame.state != Frame::State::kComplete) return false;
    payload = frame.payload;
    used_ += frame.size;
    return true;
  }

  bool bad() const { return bad_; }
  // Bytes that came and belong to no frame yet.
  size_t pending() const { return buffer_.size() - used_; }

 private:
  size_t max_length_;
  std::string buffer_;
  size_t used_ = 0;
  bool bad_ = false;
};

}  // namespace zk::jute
