// gzip on another thread: pieces of a file become members of it, one behind the other, which readers take as
// one.
#pragma once

#include "util/sink.h"

#include <future>
#include <string>
#include <string_view>
#include <utility>

namespace gemmtune::store {

class Compressor {
 public:
  /// `out` gets the compressed bytes, in order, on the thread that adds.
  explicit Compressor(Sink out) : out_(std::move(out)) {}

  void add(std::string_view text);
  /// What is left; to be called at the end.
  void finish();

 private:
  void hand_over();

  static constexpr std::size_t kMemberBytes = std::size_t{8} << 20;
  Sink out_;
  std::string text_;
  std::future<std::string> busy_;
};

}  // namespace gemmtune::store
