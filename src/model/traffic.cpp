#include "model/traffic.h"

#include "family/dense_1d2d.h"

#include <algorithm>

namespace gemmtune::model {

std::optional<std::int64_t> l2_bytes(const Problem& problem, const Config& config) {
  if (problem.kernel != family::dense_1d2d().kernel()) return std::nullopt;
  const auto c = family::Dense1d2dConfig::from(config, problem);
  if (c.block_m <= 0 || c.block_n <= 0) return std::nullopt;
  const auto tiles = [](std::int64_t size, std::int64_t block) { return (size + block - 1) / block; };
  // What lies outside the matrix is filled with zeros, not loaded.
  const std::int64_t of_a = problem.m * problem.k * tiles(problem.n, c.block_n) / std::max(1, c.cluster_n);
  const std::int64_t of_b = problem.n * problem.k * tiles(problem.m, c.block_m) / std::max(1, c.cluster_m);
  const std::int64_t of_d = problem.m * problem.n * problem.out_bytes() * (problem.accumulate ? 2 : 1);
  return of_a + of_b + of_d;
}

}  // namespace gemmtune::model
