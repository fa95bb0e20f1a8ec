// Launches of GEMM kernels: tensor maps and arguments from a recipe, a shape and operands.
#pragma once

#include "launch/gemm_recipe.h"
#include "launch/kernel.h"
#include "launch/tensor_map.h"

#include <cuda.h>

#include <cstdint>

namespace gemmtune::launch {

/// Where one launch finds its operands and puts its output. Scales as the recipe's `scaling` says; null where
/// there are none.
struct GemmOperands {
  const void* a = nullptr;
  const void* b = nullptr;
  const float* scales_a = nullptr;
  const float* scales_b = nullptr;
  void* d = nullptr;
};

/// What a kernel over groups is told of them; GroupsOfLaunch of kernels/schedule/group_table.cuh.
struct Groups {
  const std::int32_t* layout = nullptr;  ///< on the device: sizes, ends, or a group a row
  std::uint32_t count = 0;
  std::uint32_t step = 0;  ///< what a group's first row, or the first of its K, is a multiple of
};

/// What the entry points take; which of it, `launch_gemm` knows.
struct GemmArguments {
  CUtensorMap a, a_tail, b, scales_a, scales_a_tail, scales_b_map, d;
  const float* scale_a;  ///< one number
  const float* scales_b;
  std::uint32_t m, n, k, raster;
  Groups groups;  ///< that share out K; none where the count is 0
  /// TailBoxes of the kernels.
  struct TailBoxes {
    std::uint32_t rows_a, scales_a;
  } tail;
  std::uint64_t l2_hint_a, l2_hint_b;
  std::uint32_t spin_limit;
  std::uint32_t weights_ahead;  ///< stages; 0 where the launch does not overlap the one before it
  std::uint32_t scaling;        ///< Scaling
  std::uint32_t tail_maps;
};

inline MatrixRecipe matrix_recipe(const void* address, std::int64_t rows, std::int64_t columns,
                                  std::int64_t stride, CUtensorMapDataType type, std::uint32_t element_bytes,
                                  std::uint32_t box_rows, std::uint32_t box_columns,
                                  std::uint32_t swizzle_bytes) {
  MatrixRecipe matrix;
  matrix.type = type;
  matrix.element_bytes = element_bytes;
  matrix.address = const_cast<void*>(address);  // the driver reads no memory through it
  matrix.rows = static_cast<std::uint64_t>(rows);
  matrix.columns = static_cast<std::uint64_t>(columns);
  matrix.row_bytes = static_cast<std::uint64_t>(stride) * element_bytes;
  matrix.box_rows = box_rows;
  matrix.box_columns = box_columns;
  matrix.swizzle_bytes = swizzle_bytes;
  return matrix;
}

inline CUtensorMap matrix_map(const void* address, std::int64_t rows, std::int64_t columns,
                              std::int64_t stride, CUtensorMapDataType type, std::uint32_t element_bytes,
                              std::uint32_t box_rows, std::uint32_t box_columns,
                              std::uint32_t swizzle_bytes) {
  return encode(matrix_recipe(address, rows, columns, stride, type, element_bytes, box_rows, box_columns,
                              swizzle_bytes));
}

/// Of A or B, in boxes of a k-block of so many rows.
inline CUtensorMap operand_map(const GemmRecipe& r, const void* address, std::int64_t rows, std::int64_t k,
                               std::int64_t stride, std::uint32_t box_rows) {
  const auto type = r.operand_bytes == 2 ? CU_TENSOR_MAP_DATA_TYPE_BFLOAT16 : CU_TENSOR_MAP_DATA_TYPE_UINT8;
  return matrix_map(address, rows, k, stride, type, r.operand_bytes, box_rows, r.block_k(), r.kRowBytes);
}

inline MatrixRecipe recipe_of_d(const GemmRecipe& r, const Shape& s, void* d) {
  const auto type = r.out_bytes == 4 ? CU_TENSOR_MAP_DATA_TYPE_FLOAT32 : CU_TENSOR_MAP_DATA_TYPE_BFLOAT16;
  return matrix_recipe(d, s.m, s.n, s.d_stride, type, r.out_bytes, r.store_rows, r.store_columns,
                       r.store_swizzle_bytes);
}

inline CUtensorMap map_of_d(const GemmRecipe& r, const Shape& s, void* d) {
  return encode(recipe_of_d(r, s, d));
}

/// Of so many D, one behind the other.
inline CUtensorMap map_of_each_d(const GemmRecipe& r, const Shape& s, void* d, std::uint32_t count) {
  MatrixRecipe all = recipe_of_d(r, s, d);
  all.matrices = count;
  all.matrix_bytes = all.rows * all.row_bytes;
  return encode(all);
}

/// Of the scales of so many rows of A or B, so many a box.
inline CUtensorMap map_of_scales(const GemmRecipe& r, std::int64_t rows, std::int64_t k, const float* scales,
                                 std::uint32_t box) {
  const std::int64_t padded = (rows + 3) / 4 * 4;
  return matrix_map(scales, k / r.block_k(), padded, padded, CU_TENSOR_MAP_DATA_TYPE_FLOAT32, 4, 1, box, 0);
}

/// Of one product, or of groups that share out K, whose D lie one behind the other: `layout` has the end of
/// each in K. Throws DriverError when the driver refuses a tensor map: an address that is no multiple of 16,
/// say.
inline GemmArguments gemm_arguments(const GemmRecipe& r, const Shape& s, const GemmOperands& o,
                                    const Groups& groups = {}) {
  GemmArguments x{};
  x.scaling = r.scaling;
  x.tail_maps = r.tail_maps;
  // Entry points without maps for the tail load all tiles in boxes of as many rows as M has, if that is
  // fewer.
  const std::int64_t whole = r.tail_maps != 0 ? std::int64_t{r.block_m} : s.m;
  const std::int64_t tail = r.tail_maps != 0 ? r.tail_rows(s.m) : s.m;
  x.tail = {r.load_rows_a(tail), r.load_scales_a(tail)};
  x.a = operand_map(r, o.a, s.m, s.k, s.a_stride, r.load_rows_a(whole));
  x.b = operand_map(r, o.b, s.n, s.k, s.b_stride, r.load_rows_b());
  x.d = groups.count == 0 ? map_of_d(r, s, o.d) : map_of_each_d(r, s, o.d, groups.count);
  x.groups = groups;
  if (r.tail_maps != 0) x.a_tail = operand_map(r, o.a, s.m, s.k, s.a_stride, x.tail.rows_a);
  if (r.maps_scales_a()) {
    x.scales_a = map_of_scales(r, s.m, s.k, o.scales_a, r.load_scales_a(whole));
    if (r.tail_maps != 0) x.scales_a_tail = map_of_scales(r, s.m, s.k, o.scales_a, x.tail.scales_a);
  }
  if (r.maps_scales_b()) x.scales_b_map = map_of_scales(r, s.n, s.k, o.scales_b, r.block_n);
  x.scale_a = o.scales_a;
  x.scales_b = o.scales_b;
  x.m = static_cast<std::uint32_t>(s.m);
  x.n = static_cast<std::uint32_t>(s.n);
  x.k = static_cast<std::uint32_t>(s.k);
  x.raster = r.raster;
  x.l2_hint_a = r.l2_hint_a();
  x.l2_hint_b = r.l2_hint_b();
  x.spin_limit = kSpinLimit;
  return x;
}

inline Geometry gemm_geometry(const GemmRecipe& r, const Shape& s) {
  Geometry geometry;
  geometry.grid_x = r.grid(s.m, s.n);
  geometry.threads = r.threads;
  geometry.cluster = r.cluster();
  geometry.smem_bytes = r.smem_bytes;
  return geometry;
}

/// Asynchronous; may be captured in a graph. The kernel has been allowed its shared memory.
inline void launch_gemm(CUkernel kernel, const Geometry& geometry, GemmArguments& x, CUstream stream) {
  void* arguments[20];
  unsigned count = 0;
  const auto add = [&](auto&... values) { ((arguments[count++] = &values), ...); };
  // In the order of the entry points (kernels/gemm/).
  add(x.a);
  if (x.tail_maps != 0) add(x.a_tail);
  add(x.b);
  const bool maps_scales = x.scaling == kScaled1d2d || x.scaling == kScaled1d1d;
  if (maps_scales) add(x.scales_a);
  if (maps_scales && x.tail_maps != 0) add(x.scales_a_tail);
  if (x.scaling == kScaled1d1d) add(x.scales_b_map);
  add(x.d);
  if (x.scaling == kScaledTensor) add(x.scale_a);
  if (x.scaling == kScaled1d2d || x.scaling == kScaledTensor) add(x.scales_b);
  add(x.m, x.n, x.k, x.raster);
  if (x.groups.count != 0) add(x.groups);
  add(x.tail, x.l2_hint_a, x.l2_hint_b, x.spin_limit);
  if (x.groups.count == 0) add(x.weights_ahead);
  launch(kernel, geometry, arguments, stream);
}

}  // namespace gemmtune::launch
