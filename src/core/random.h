// Numbers that are the same on every platform and with every library, which std::*_distribution are not.
#pragma once

#include <cstdint>

namespace gemmtune {

/// SplitMix64.
class Random {
 public:
  /// Streams of one seed have nothing in common.
  Random(std::int64_t seed, std::uint64_t stream)
      : state_(mixed(mixed(static_cast<std::uint64_t>(seed)) + stream)) {}

  /// From 0 up to, not including, `end` above 0; each as likely.
  std::uint64_t below(std::uint64_t end) {
    const std::uint64_t unfair = (0 - end) % end;  // so many of the 2^64 values are too many
    std::uint64_t value = next();
    while (value < unfair) value = next();
    return value % end;
  }

 private:
  static constexpr std::uint64_t kStep = 0x9e3779b97f4a7c15;

  static constexpr std::uint64_t mixed(std::uint64_t value) {
    value = (value ^ (value >> 30)) * 0xbf58476d1ce4e5b9;
    value = (value ^ (value >> 27)) * 0x94d049bb133111eb;
    return value ^ (value >> 31);
  }

  std::uint64_t next() { return mixed(state_ += kStep); }

  std::uint64_t state_;
};

}  // namespace gemmtune
