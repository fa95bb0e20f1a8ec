// CUPTI's tables of what GPUs can count, and its arithmetic from counters to metrics. Needs no GPU.
#pragma once

#include <cupti_profiler_host.h>

#include <cstdint>
#include <span>
#include <stdexcept>
#include <string>
#include <vector>

namespace gemmtune::measure {

/// The counters cannot be read: why, and what to do, as one clause.
class CounterError : public std::runtime_error {
 public:
  CounterError(CUptiResult result, const char* call);
  explicit CounterError(const std::string& what) : std::runtime_error(what) {}
};

inline void check(CUptiResult result, const char* call) {
  if (result != CUPTI_SUCCESS) throw CounterError(result, call);
}

using Image = std::vector<std::uint8_t>;

class CounterHost {
 public:
  /// Of a chip as CUPTI calls it ("GH100"). `available`: what the GPU at hand lets be read, as CUPTI tells
  /// it; empty: all that such a chip has. Throws CounterError.
  explicit CounterHost(const std::string& chip, Image available = {});
  ~CounterHost();
  CounterHost(const CounterHost&) = delete;
  CounterHost& operator=(const CounterHost&) = delete;

  /// Once an object: how to set the counters for all of these metrics, in the fewest passes. Throws
  /// CounterError where one of them cannot be had.
  Image configure(std::span<const char* const> metrics);

  /// Values of `metrics` in the one range that `counted` holds.
  std::vector<double> evaluate(const Image& counted, std::span<const char* const> metrics) const;

 private:
  Image available_;
  CUpti_Profiler_Host_Object* object_ = nullptr;
};

/// Whether the chip counts this one.
bool can_count(const std::string& chip, const Image& available, const char* metric);

/// CUPTI's name of an error, and what to do about those that have a cause outside of this program.
std::string counter_trouble(CUptiResult result);

}  // namespace gemmtune::measure
