// From timings to ceilings. Pure.
#pragma once

#include "core/ceilings.h"
#include "core/messages.h"

#include <cstdint>
#include <string>
#include <vector>

namespace gemmtune::ceilings {

/// What one launch does: moves bytes, or computes.
struct Work {
  std::int64_t bytes = 0;
  double flops = 0;
};

/// GB/s where bytes are moved, TFLOPS where something is computed, else the time itself. The power is the
/// energy of a launch over its time where the energy was measured: the board's own reading trails by up to a
/// second.
Ceiling figure(const std::string& name, PowerRegime regime, const Work& work, const Timing& timing,
               const std::string& how);

/// Of timings that the host took.
Ceiling figure(const std::string& name, const Work& work, std::vector<double> samples_us,
               const std::string& how);

/// The one with the highest value, of bandwidths or rates; at least one. Keeps the others' figures.
Ceiling best_of(std::vector<Ceiling> ceilings);

}  // namespace gemmtune::ceilings
