#include "model/footprint.h"

#include "family/family.h"
#include "operation/operation.h"

namespace gemmtune::model {

std::int64_t shared_memory_bytes(const Problem& problem, const Config& config) {
  return family::require(problem.kernel).launch_shape(config, problem).smem_bytes;
}

std::int64_t device_bytes(const Problem& problem) {
  const operation::Factors& factors = operation::of(problem).factors;
  const std::int64_t gaps =
      problem.m * (problem.a_stride() - problem.k) * operation::element_bytes(factors.a.type) +
      problem.n * (problem.b_stride() - problem.k) * operation::element_bytes(factors.b.type) +
      problem.m * (problem.d_stride() - problem.n) * problem.out_bytes();
  return operation::bytes(problem) + gaps + 8 * problem.m * problem.n;
}

}  // namespace gemmtune::model
