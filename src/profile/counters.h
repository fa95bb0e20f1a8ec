// What Nsight Compute counted of one launch.
#pragma once

#include <functional>
#include <map>
#include <string>
#include <string_view>

namespace gemmtune::profile {

struct Counter {
  double value = 0;
  std::string unit;  ///< as ncu writes it: "byte", "%", "ns"; "" for plain counts
};

/// By ncu's own name, "dram__bytes_read.sum".
using Counters = std::map<std::string, Counter, std::less<>>;

/// From `ncu --import REPORT --csv --page raw --print-units base`: a line of names, a line of units, a line a
/// launch. What is no number (names, dimensions, lists of instances) is left out. Throws UserError, which
/// begins with `source`, unless there is exactly one launch.
Counters read_counters(std::string_view csv, const std::string& source);

}  // namespace gemmtune::profile
