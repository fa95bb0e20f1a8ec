// Faults on request, for showing and testing what a sweep does about them without a GPU that misbehaves.
#pragma once

#include "core/config.h"
#include "core/problem.h"

#include <string>

namespace gemmtune::workers {

enum class SimulatedFault { none, hang, wrong, runtime };

/// Which share of the configurations misbehaves, and how.
class SimulatedFaults {
 public:
  SimulatedFaults() = default;

  /// `hang:0.01,wrong:0.02,runtime:0.01`. Throws UserError for other words, numbers outside 0 to 1, and a sum
  /// above 1.
  explicit SimulatedFaults(const std::string& text);

  /// $GEMMTUNE_SIM_FAULTS; none when that is not set.
  static SimulatedFaults from_environment();

  /// The same at every call: a configuration is bad for a problem, or it is not.
  SimulatedFault of(const Problem& problem, const Config& config) const;

 private:
  double hang_ = 0;
  double wrong_ = 0;
  double runtime_ = 0;
};

}  // namespace gemmtune::workers
