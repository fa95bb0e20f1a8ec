// A line of a bundle's index: a word, then `name=value` in a fixed order.
#pragma once

#include "launch/bundle_error.h"
#include "launch/gemmtune.h"

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace gemmtune::launch {

inline constexpr const char* kIndexFile = "index.txt";

/// Of any member: products of three stay within 63 bits.
inline constexpr std::int64_t kMostOfRecipe = 1 << 20;

/// One line, read from left to right. Throws BundleError (damaged) where it is not as expected.
class IndexLine {
 public:
  IndexLine(std::string_view text, std::size_t number) : rest_(text), number_(number) {}

  bool starts(std::string_view word) {
    if (rest_.substr(0, word.size() + 1) != std::string(word) + " ") return false;
    rest_.remove_prefix(word.size());
    return true;
  }
  /// The value up to the next blank.
  std::string word(std::string_view name) {
    take_name(name);
    const std::string value(rest_.substr(0, rest_.find(' ')));
    if (value.empty()) fail(name);
    rest_.remove_prefix(value.size());
    return value;
  }
  /// The value up to the end of the line.
  std::string rest(std::string_view name) {
    take_name(name);
    const std::string value(rest_);
    rest_ = {};
    return value;
  }
  /// A whole number from 0 to `most`.
  std::int64_t number(std::string_view name, std::int64_t most = INT64_MAX) {
    std::int64_t value = 0;
    for (const char c : word(name)) {
      const int digit = c - '0';
      if (digit < 0 || digit > 9 || value > (most - digit) / 10) fail(name);
      value = value * 10 + digit;
    }
    if (value > most) fail(name);  // `most` may be negative: nothing fits
    return value;
  }
  void end() const {
    if (!rest_.empty()) fail(rest_);
  }
  [[noreturn]] void fail(std::string_view what) const {
    throw BundleError(GEMMTUNE_DAMAGED, std::string(kIndexFile) + ":" + std::to_string(number_) +
                                            ": cannot be read at \"" + std::string(what) + "\"");
  }

 private:
  void take_name(std::string_view name) {
    const std::string start = " " + std::string(name) + "=";
    if (rest_.substr(0, start.size()) != start) fail(name);
    rest_.remove_prefix(start.size());
  }

  std::string_view rest_;
  std::size_t number_;
};

}  // namespace gemmtune::launch
