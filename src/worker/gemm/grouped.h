// What a problem over groups of rows has beyond A, B and D: where the rows of each group lie.
#pragma once

#include "core/groups.h"
#include "core/problem.h"
#include "launch/grouped.h"
#include "worker/gpu/resources.h"

#include <cstdint>
#include <vector>

namespace gemmtune::gemm {

/// Rows of B in all: groups have N each, one behind the other.
std::int64_t rows_of_b(const Problem& problem);

/// Where the rows of D lie of which the reference knows; of one product a single group of all.
std::vector<GroupRows> groups_of(const Problem& problem, int draw);

/// The layouts of a problem's draws as kernels read them (kernels/schedule/group_table.cuh); none of one
/// product.
class GroupLayouts {
 public:
  GroupLayouts() = default;
  explicit GroupLayouts(const Problem& problem);

  /// Behind the last draw they begin again. Null of one product.
  const std::int32_t* of_draw(int draw) const;

 private:
  gpu::DeviceBuffer layouts_;
  int draws_ = 1;
  std::size_t words_ = 0;  ///< of one
};

/// How they say where rows lie.
launch::GroupLayout layout_of(const Problem& problem);

/// Whether each group has an A of its own, with its scales, which lie behind each other; else one A has the
/// rows of all.
bool has_a_by_group(const Problem& problem);

/// From one row of A or B to the next.
std::int64_t stride_of_a(const Problem& problem);
std::int64_t stride_of_b(const Problem& problem);

/// The words of a layout: a group a row, ends (of groups that share out K, in K), or sizes.
std::vector<std::int32_t> layout_words(const Problem& problem, int draw);

/// What a group's first row is a multiple of, as the kernels take it.
std::uint32_t group_step(const Problem& problem);

}  // namespace gemmtune::gemm
