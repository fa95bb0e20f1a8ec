#include "model/traffic.h"

#include "core/groups.h"
#include "family/gemm_config.h"
#include "operation/operation.h"
#include "util/integers.h"

#include <algorithm>
#include <cmath>

namespace gemmtune::model {

std::optional<std::int64_t> l2_bytes(const Problem& problem, const Config& config) {
  if (operation::find(problem.kernel) == nullptr) return std::nullopt;
  const auto c = family::GemmConfig::from(config, problem);
  if (c.block_m <= 0 || c.block_n <= 0) return std::nullopt;
  // What lies outside the matrix is filled with zeros, not loaded.
  const auto row_bytes = static_cast<double>(problem.k * c.operand_bytes);
  const auto tiles_of_columns = static_cast<double>(ceil_div(problem.n, c.block_n));
  // Of groups that share out K each k-block is read by the tiles of one of them.
  const bool inner = shares_out_inner(problem);
  const double k_of_rows = inner ? useful_rows(problem) * static_cast<double>(c.operand_bytes) : row_bytes;
  const double rows = inner ? static_cast<double>(problem.m) : useful_rows(problem);
  const double tiles =
      inner ? static_cast<double>(ceil_div(problem.m, c.block_m)) : tiles_of_rows(problem, c.block_m);
  const double of_a = rows * k_of_rows * tiles_of_columns / std::max(1, c.cluster_n);
  const double of_b = static_cast<double>(problem.n) * k_of_rows * tiles / std::max(1, c.cluster_m);
  return std::llround(of_a + of_b) + operation::output_bytes(problem);
}

}  // namespace gemmtune::model
