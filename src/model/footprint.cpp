#include "model/footprint.h"

#include "family/family.h"

namespace gemmtune::model {

std::int64_t shared_memory_bytes(const Problem& problem, const Config& config) {
  return family::require(problem.kernel).launch_shape(config, problem).smem_bytes;
}

std::int64_t device_bytes(const Problem& problem) {
  return family::require(problem.kernel).bytes(problem) + 8 * problem.m * problem.n;
}

}  // namespace gemmtune::model
