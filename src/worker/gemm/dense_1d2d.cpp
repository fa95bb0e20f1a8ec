#include "worker/gemm/dense_1d2d.h"

#include "family/dense_1d2d.h"
#include "launch/kernel.h"
#include "launch/tensor_map.h"

#include <utility>
#include <vector>

namespace gemmtune::gemm {

namespace {

/// LoadBoxes of the kernel.
struct LoadBoxes {
  std::uint32_t rows_a, scales_a;
};

/// The entry point's arguments, in its order.
struct Arguments {
  CUtensorMap a, b, scales_a, d;
  const float* scales_b;
  std::uint32_t m, n, k, raster;
  LoadBoxes boxes;
  std::uint64_t l2_hint_a, l2_hint_b;
  std::uint32_t spin_limit, weights_ahead;
};

launch::MatrixRecipe matrix(void* address, std::int64_t rows, std::int64_t columns, std::int64_t pitch,
                            CUtensorMapDataType type, std::uint32_t element_bytes, std::uint32_t box_rows,
                            std::uint32_t box_columns, std::uint32_t swizzle_bytes) {
  launch::MatrixRecipe recipe;
  recipe.type = type;
  recipe.element_bytes = element_bytes;
  recipe.address = address;
  recipe.rows = static_cast<std::uint64_t>(rows);
  recipe.columns = static_cast<std::uint64_t>(columns);
  recipe.row_bytes = static_cast<std::uint64_t>(pitch) * element_bytes;
  recipe.box_rows = box_rows;
  recipe.box_columns = box_columns;
  recipe.swizzle_bytes = swizzle_bytes;
  return recipe;
}

Arguments make_arguments(const family::Dense1d2dConfig& c, const Problem& p, std::int64_t padded_m,
                         const OperandSet& o, const LaunchTweaks& tweaks) {
  const auto block_n = static_cast<std::uint32_t>(c.block_n);
  const auto type_d =
      p.out == OutputType::fp32 ? CU_TENSOR_MAP_DATA_TYPE_FLOAT32 : CU_TENSOR_MAP_DATA_TYPE_BFLOAT16;
  constexpr auto kE4m3 = CU_TENSOR_MAP_DATA_TYPE_UINT8;
  Arguments x{};
  x.boxes = {static_cast<std::uint32_t>(c.load_rows_a(p.m)),
             static_cast<std::uint32_t>(c.load_scales_a(p.m))};
  x.a = launch::encode(matrix(o.a, p.m, p.k, p.a_stride(), kE4m3, 1, x.boxes.rows_a, c.block_k, 128));
  x.b = launch::encode(matrix(o.b, p.n, p.k, p.b_stride(), kE4m3, 1, block_n / c.cluster_m, c.block_k, 128));
  x.scales_a = launch::encode(matrix(o.scales_a, p.k / 128, padded_m, padded_m,
                                     CU_TENSOR_MAP_DATA_TYPE_FLOAT32, 4, 1, x.boxes.scales_a, 0));
  x.d = launch::encode(matrix(
      o.d, p.m + tweaks.extra_rows, p.n + tweaks.extra_columns, p.d_stride(), type_d,
      static_cast<std::uint32_t>(c.out_bytes), static_cast<std::uint32_t>(c.store_rows()),
      static_cast<std::uint32_t>(c.store_columns()), static_cast<std::uint32_t>(c.store_swizzle_bytes())));
  x.scales_b = o.scales_b;
  x.m = static_cast<std::uint32_t>(p.m + tweaks.extra_rows);
  x.n = static_cast<std::uint32_t>(p.n);
  x.k = static_cast<std::uint32_t>(p.k);
  x.raster = static_cast<std::uint32_t>(c.raster);
  x.l2_hint_a =
      c.evict_first == family::Dense1d2dConfig::kEvictBoth ? launch::kEvictFirst : launch::kEvictNormal;
  x.l2_hint_b =
      c.evict_first == family::Dense1d2dConfig::kEvictNone ? launch::kEvictNormal : launch::kEvictFirst;
  x.spin_limit = kSpinLimit;
  x.weights_ahead = tweaks.overlaps ? static_cast<std::uint32_t>(c.stages) : 0;
  return x;
}

}  // namespace

GemmLaunch dense_1d2d_launch(CUkernel kernel, const Config& config, const OperandSets& sets,
                             const LaunchTweaks& tweaks) {
  const auto shape = family::dense_1d2d().launch_shape(config, sets.problem);
  const launch::Geometry geometry{
      shape.grid, 1, shape.threads, shape.cluster, static_cast<unsigned>(shape.smem_bytes), tweaks.overlaps};
  launch::allow_shared_memory(kernel, geometry.smem_bytes);
  std::vector<Arguments> all;
  for (const OperandSet& set : sets.sets)
    all.push_back(make_arguments(family::Dense1d2dConfig::from(config, sets.problem), sets.problem,
                                 sets.padded_m, set, tweaks));
  return [=, all = std::move(all)](cudaStream_t stream, int set) mutable {
    Arguments& x = all.at(static_cast<std::size_t>(set));
    void* arguments[] = {
        &x.a, &x.b,      &x.scales_a, &x.d,         &x.scales_b,  &x.m,          &x.n,
        &x.k, &x.raster, &x.boxes,    &x.l2_hint_a, &x.l2_hint_b, &x.spin_limit, &x.weights_ahead};
    launch::launch(kernel, geometry, arguments, stream);
  };
}

}  // namespace gemmtune::gemm
