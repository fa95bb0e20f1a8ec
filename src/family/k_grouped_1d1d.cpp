// dense_1d1d over groups that share out K: tiles have k-blocks of their own, some none, so that nothing
// shares out those of one.
#include "family/gemm.h"
#include "family/kernels.h"
#include "family/scaled_1d1d.h"

namespace gemmtune::family {

namespace {

std::optional<Violation> shared_k_violation(const GemmConfig& c) {
  if (c.k_groups == 1 && c.split_k == 1) return std::nullopt;
  return Violation{"k_of_groups",
                   "a group may have less of K than would be shared out, and groups make tiles enough: with "
                   "groups along K k_groups and split_k are 1, not {} and {}",
                   c.k_groups, c.split_k};
}

/// As dense_1d1d, whose tile this fits: a register more is held here.
int widest_columns(const GemmConfig& c) {
  const bool spills = c.loads_c() && c.rows() == 256 && c.columns() == 112;
  return spills ? 96 : widest_columns_1d1d(c);
}

}  // namespace

const Family& k_grouped_1d1d() {
  static const Gemm family(operation::kKGrouped1d1d, {widest_columns, 1, shared_k_violation});
  return family;
}

}  // namespace gemmtune::family
