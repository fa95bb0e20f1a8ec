// The part of a process that a profiler is to see.
#pragma once

#include "worker/gpu/check.h"

#include <cuda_profiler_api.h>

namespace gemmtune::measure {

/// Between construction and destruction ncu (--profile-from-start off) and nsys (--capture-range
/// cudaProfilerApi) record; without one of them it does nothing. The stream must be synchronised before the
/// end: what has not run by then is not recorded.
class Profiled {
 public:
  Profiled() { gpu::check(cudaProfilerStart(), "cudaProfilerStart"); }
  ~Profiled() { cudaProfilerStop(); }
  Profiled(const Profiled&) = delete;
  Profiled& operator=(const Profiled&) = delete;
};

}  // namespace gemmtune::measure
