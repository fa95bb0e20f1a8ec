#include "model/traffic.h"

#include "family/gemm_config.h"
#include "operation/operation.h"

#include <algorithm>

namespace gemmtune::model {

std::optional<std::int64_t> l2_bytes(const Problem& problem, const Config& config) {
  if (operation::find(problem.kernel) == nullptr) return std::nullopt;
  const auto c = family::GemmConfig::from(config, problem);
  if (c.block_m <= 0 || c.block_n <= 0) return std::nullopt;
  const auto tiles = [](std::int64_t size, std::int64_t block) { return (size + block - 1) / block; };
  // What lies outside the matrix is filled with zeros, not loaded.
  const std::int64_t of_a =
      problem.m * problem.k * c.operand_bytes * tiles(problem.n, c.block_n) / std::max(1, c.cluster_n);
  const std::int64_t of_b =
      problem.n * problem.k * c.operand_bytes * tiles(problem.m, c.block_m) / std::max(1, c.cluster_m);
  return of_a + of_b + operation::output_bytes(problem);
}

}  // namespace gemmtune::model
