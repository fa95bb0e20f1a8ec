// How long each phase may take before its worker is killed. Generous: a deadline is there to get past a hang,
// not to judge speed; what is slow shows in its figures.
#pragma once

#include <cstddef>

namespace gemmtune::workers {

/// Seconds.
struct Deadlines {
  double start = 20;        ///< until the hello; a cold start reads hundreds of MB of libraries
  double describe = 30;     ///< creates the CUDA context
  double compile = 60;      ///< one cubin takes well below 1 s of one core
  double prepare = 120;     ///< operands and their FP64 reference
  double baselines = 60;    ///< the heuristics of cuBLASLt, its kernels loaded for the first time
  double verify = 60;       ///< one launch whose spins are bounded, and the comparison
  double measure = 120;     ///< before the first launch
  double count = 60;        ///< CUPTI's start, then a few launches of one or some contenders
  double ceilings = 60;     ///< one probe; some settle up to three times, five seconds each
  double quantise = 300;    ///< plain loops over hundreds of millions of elements, on few cores
  double per_launch = 0.1;  ///< of measure: flush of the L2, kernel, pause

  double measure_of(std::size_t contenders, int launches_each) const {
    return measure + per_launch * static_cast<double>(contenders) * launches_each;
  }

  /// The figures above times $GEMMTUNE_DEADLINE_SCALE, for tests (0.01) and slow machines (10). Throws
  /// UserError when that is not a number above 0.
  static Deadlines from_environment();
};

}  // namespace gemmtune::workers
