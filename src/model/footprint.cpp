#include "model/footprint.h"

#include "core/groups.h"
#include "family/family.h"
#include "operation/operation.h"

namespace gemmtune::model {

std::int64_t shared_memory_bytes(const Problem& problem, const Config& config) {
  return family::require(problem.kernel).launch_shape(config, problem).smem_bytes;
}

namespace {

/// Rows of A and D as they lie, padding included, and every group's B.
std::int64_t bytes_of_groups(const operation::Factors& factors, const Problem& problem) {
  Problem one = problem;
  one.groups = 0, one.m = rows_of_a(problem);
  const std::int64_t weights = problem.n * problem.k * operation::element_bytes(factors.b.type) +
                               4 * operation::scale_count(factors.b, problem.n, problem.k);
  return operation::bytes(factors, one) + (problem.groups - 1) * weights + 8 * one.m * one.n;
}

}  // namespace

std::int64_t device_bytes(const Problem& problem) {
  const operation::Factors& factors = operation::of(problem).factors;
  if (shares_out_rows(problem)) return bytes_of_groups(factors, problem);
  const std::int64_t gaps =
      problem.m * (problem.a_stride() - problem.k) * operation::element_bytes(factors.a.type) +
      problem.n * (problem.b_stride() - problem.k) * operation::element_bytes(factors.b.type) +
      rows_of_d(problem) * (problem.d_stride() - problem.n) * problem.out_bytes();
  return operation::bytes(problem) + gaps + 8 * rows_of_d(problem) * problem.n;
}

}  // namespace gemmtune::model
