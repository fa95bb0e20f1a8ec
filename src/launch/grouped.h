// Launches of GEMM kernels over groups of rows (kernels/gemm/grouped_1d2d.cuh).
#pragma once

#include "launch/gemm.h"

#include <cstdint>

namespace gemmtune::launch {

/// How the layout of groups is given: GroupLayout of kernels/schedule/group_table.cuh.
enum GroupLayout : std::uint32_t { kIndices = 1, kEnds = 2, kCounts = 3 };

/// As an entry point takes them, in order.
struct GroupedArguments {
  CUtensorMap a, b, scales_a, d;
  const float* scales_b;
  std::uint32_t m, n, k, raster;
  Groups groups;
  void* d_rows;
  std::uint64_t d_row_bytes;
  std::uint64_t l2_hint_a, l2_hint_b;
  std::uint32_t spin_limit;
};

/// A's scales: of all rows, or where groups are counted of each group's room, [groups][k/128][room].
inline CUtensorMap map_of_group_scales_a(const GemmRecipe& r, const Shape& s, const float* scales,
                                         GroupLayout layout, const Groups& groups) {
  const std::uint32_t box = r.load_scales_a(r.block_m);
  if (layout != kCounts) return map_of_scales(r, s.m, s.k, scales, box);
  const std::int64_t room = (std::int64_t{groups.step} + 3) / 4 * 4;
  return matrix_map(scales, s.k / r.block_k() * groups.count, room, room, CU_TENSOR_MAP_DATA_TYPE_FLOAT32, 4,
                    1, box, 0);
}

/// `s.m` rows of A and D in all, `s.n` rows of B a group. Throws DriverError as gemm_arguments.
inline GroupedArguments grouped_arguments(const GemmRecipe& r, const Shape& s, const GemmOperands& o,
                                          GroupLayout layout, const Groups& groups) {
  GroupedArguments x{};
  x.a = operand_map(r, o.a, s.m, s.k, s.a_stride, r.load_group_rows_a());
  x.b = operand_map(r, o.b, s.n * groups.count, s.k, s.b_stride, r.load_rows_b());
  x.scales_a = map_of_group_scales_a(r, s, o.scales_a, layout, groups);
  x.d = map_of_d(r, s, o.d);
  x.scales_b = o.scales_b;
  x.m = static_cast<std::uint32_t>(s.m);
  x.n = static_cast<std::uint32_t>(s.n);
  x.k = static_cast<std::uint32_t>(s.k);
  x.raster = r.raster;
  x.groups = groups;
  x.d_rows = o.d;
  x.d_row_bytes = static_cast<std::uint64_t>(s.d_stride) * r.out_bytes;
  x.l2_hint_a = r.l2_hint_a();
  x.l2_hint_b = r.l2_hint_b();
  x.spin_limit = kSpinLimit;
  return x;
}

/// As many CTAs as the recipe has: how many tiles there are is known on the device alone.
inline Geometry grouped_geometry(const GemmRecipe& r) {
  Geometry geometry;
  geometry.grid_x = r.most_ctas;
  geometry.threads = r.threads;
  geometry.cluster = r.cluster();
  geometry.smem_bytes = r.smem_bytes;
  return geometry;
}

/// Asynchronous; may be captured in a graph, and the graph replayed with other sizes in the layout.
inline void launch_grouped(CUkernel kernel, const Geometry& geometry, GroupedArguments& x, CUstream stream) {
  void* arguments[] = {&x.a,      &x.b,           &x.scales_a,  &x.d,         &x.scales_b,
                       &x.m,      &x.n,           &x.k,         &x.raster,    &x.groups,
                       &x.d_rows, &x.d_row_bytes, &x.l2_hint_a, &x.l2_hint_b, &x.spin_limit};
  launch(kernel, geometry, arguments, stream);
}

}  // namespace gemmtune::launch
