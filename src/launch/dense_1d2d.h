// Launches of dense_1d2d: tensor maps and arguments from a recipe, a shape and operands.
#pragma once

#include "launch/dense_1d2d_recipe.h"
#include "launch/kernel.h"
#include "launch/tensor_map.h"

#include <cuda.h>

#include <cstdint>

namespace gemmtune::launch {

/// Where one launch finds its operands and puts its output. A's scales are [k/128][m rounded up to 4], M
/// contiguous; B's [n/128 rounded up][k/128].
struct Dense1d2dOperands {
  const void* a = nullptr;
  const void* b = nullptr;
  const float* scales_a = nullptr;
  const float* scales_b = nullptr;
  void* d = nullptr;
};

/// The entry point's arguments, in its order.
struct Dense1d2dArguments {
  CUtensorMap a, b, scales_a, d;
  const float* scales_b;
  std::uint32_t m, n, k, raster;
  /// LoadBoxes of the kernel.
  struct LoadBoxes {
    std::uint32_t rows_a, scales_a;
  } boxes;
  std::uint64_t l2_hint_a, l2_hint_b;
  std::uint32_t spin_limit;
  std::uint32_t weights_ahead;  ///< stages; 0 where the launch does not overlap the one before it
};

inline CUtensorMap dense_1d2d_map(const void* address, std::int64_t rows, std::int64_t columns,
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
  return encode(matrix);
}

inline CUtensorMap dense_1d2d_map_d(const Dense1d2dRecipe& r, const Shape& s, void* d) {
  const auto type = r.out_bytes == 4 ? CU_TENSOR_MAP_DATA_TYPE_FLOAT32 : CU_TENSOR_MAP_DATA_TYPE_BFLOAT16;
  return dense_1d2d_map(d, s.m, s.n, s.d_stride, type, r.out_bytes, r.store_rows, r.store_columns,
                        r.store_swizzle_bytes);
}

/// Throws DriverError when the driver refuses a tensor map: an address that is no multiple of 16, say.
inline Dense1d2dArguments dense_1d2d_arguments(const Dense1d2dRecipe& r, const Shape& s,
                                               const Dense1d2dOperands& o) {
  constexpr auto kE4m3 = CU_TENSOR_MAP_DATA_TYPE_UINT8;
  constexpr std::uint32_t kSwizzleBytes = 128;
  const std::int64_t padded_m = (s.m + 3) / 4 * 4;
  Dense1d2dArguments x{};
  x.boxes = {r.load_rows_a(s.m), r.load_scales_a(s.m)};
  x.a = dense_1d2d_map(o.a, s.m, s.k, s.a_stride, kE4m3, 1, x.boxes.rows_a, r.kBlockK, kSwizzleBytes);
  x.b = dense_1d2d_map(o.b, s.n, s.k, s.b_stride, kE4m3, 1, r.load_rows_b(), r.kBlockK, kSwizzleBytes);
  x.scales_a = dense_1d2d_map(o.scales_a, s.k / r.kBlockK, padded_m, padded_m,
                              CU_TENSOR_MAP_DATA_TYPE_FLOAT32, 4, 1, x.boxes.scales_a, 0);
  x.d = dense_1d2d_map_d(r, s, o.d);
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

inline Geometry dense_1d2d_geometry(const Dense1d2dRecipe& r, const Shape& s) {
  Geometry geometry;
  geometry.grid_x = r.grid(s.m, s.n);
  geometry.threads = r.threads;
  geometry.cluster = r.cluster();
  geometry.smem_bytes = r.smem_bytes;
  return geometry;
}

/// Asynchronous; may be captured in a graph. The kernel has been allowed its shared memory.
inline void launch_dense_1d2d(CUkernel kernel, const Geometry& geometry, Dense1d2dArguments& x,
                              CUstream stream) {
  void* arguments[] = {
      &x.a, &x.b,      &x.scales_a, &x.d,         &x.scales_b,  &x.m,          &x.n,
      &x.k, &x.raster, &x.boxes,    &x.l2_hint_a, &x.l2_hint_b, &x.spin_limit, &x.weights_ahead};
  launch(kernel, geometry, arguments, stream);
}

}  // namespace gemmtune::launch
