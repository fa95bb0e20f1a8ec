#include "model/footprint.h"

#include "family/family.h"

namespace gemmtune::model {

std::int64_t shared_memory_bytes(const Problem& problem, const Config& config) {
  return family::require(problem.kernel).launch_shape(config, problem).smem_bytes;
}

std::int64_t device_bytes(const Problem& problem) {
  const std::int64_t gaps = problem.m * (problem.a_stride() - problem.k) +
                            problem.n * (problem.b_stride() - problem.k) +
                            problem.m * (problem.d_stride() - problem.n) * problem.out_bytes();
  return family::require(problem.kernel).bytes(problem) + gaps + 8 * problem.m * problem.n;
}

}  // namespace gemmtune::model
