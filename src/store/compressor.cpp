#include "store/compressor.h"

#include "util/error.h"

#include <utility>
#include <zlib.h>

namespace gemmtune::store {

namespace {

std::string member_of(const std::string& text) {
  constexpr int kLevel = 1, kMemory = 8, kGzip = 16 + MAX_WBITS;
  z_stream stream{};
  ensure(deflateInit2(&stream, kLevel, Z_DEFLATED, kGzip, kMemory, Z_DEFAULT_STRATEGY) == Z_OK,
         "deflateInit2");
  std::string packed(deflateBound(&stream, text.size()), '\0');
  // zlib does not write to it; its member lacks a const.
  stream.next_in = const_cast<Bytef*>(reinterpret_cast<const Bytef*>(text.data()));
  stream.avail_in = static_cast<uInt>(text.size());
  stream.next_out = reinterpret_cast<Bytef*>(packed.data());
  stream.avail_out = static_cast<uInt>(packed.size());
  const int ended = deflate(&stream, Z_FINISH);
  packed.resize(stream.total_out);
  deflateEnd(&stream);
  ensure(ended == Z_STREAM_END, "deflate");
  return packed;
}

}  // namespace

void Compressor::add(std::string_view text) {
  text_ += text;
  if (text_.size() >= kMemberBytes) hand_over();
}

void Compressor::finish() {
  hand_over();
  hand_over();
}

/// Waits for the piece before, so that at most two are in memory.
void Compressor::hand_over() {
  if (busy_.valid()) out_(busy_.get());
  if (text_.empty()) return;
  busy_ = std::async(std::launch::async, [text = std::exchange(text_, {})] { return member_of(text); });
  text_.reserve(kMemberBytes);
}

}  // namespace gemmtune::store
