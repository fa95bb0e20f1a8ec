// What can be the time of a launch, in µs. A file or a worker may say anything: of 0, of 5e-324 and of
// infinity no rate and no ratio can be made.
#pragma once

namespace gemmtune {

inline constexpr double kShortestUs = 1e-3;
inline constexpr double kLongestUs = 1e12;

inline bool is_time_us(double us) {
  return us >= kShortestUs && us <= kLongestUs;
}

}  // namespace gemmtune
