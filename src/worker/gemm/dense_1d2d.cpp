#include "worker/gemm/dense_1d2d.h"

#include "family/dense_1d2d.h"
#include "launch/dense_1d2d.h"

#include <utility>
#include <vector>

namespace gemmtune::gemm {

namespace {

launch::Shape shape_of(const Problem& p) {
  return {p.m, p.n, p.k, p.a_stride(), p.b_stride(), p.d_stride()};
}

launch::Dense1d2dArguments make_arguments(const launch::Dense1d2dRecipe& recipe, const Problem& p,
                                          const OperandSet& o, const LaunchTweaks& tweaks) {
  launch::Shape shape = shape_of(p);
  auto x = launch::dense_1d2d_arguments(recipe, shape, {o.a, o.b, o.scales_a, o.scales_b, o.d});
  if (tweaks.extra_rows == 0 && tweaks.extra_columns == 0) return x;
  shape.m += tweaks.extra_rows;
  shape.n += tweaks.extra_columns;
  x.d = launch::dense_1d2d_map_d(recipe, shape, o.d);
  x.m = static_cast<std::uint32_t>(shape.m);
  return x;
}

}  // namespace

GemmLaunch dense_1d2d_launch(CUkernel kernel, const Config& config, const OperandSets& sets,
                             const LaunchTweaks& tweaks) {
  const launch::Dense1d2dRecipe recipe = family::Dense1d2dConfig::from(config, sets.problem).recipe();
  launch::Geometry geometry = launch::dense_1d2d_geometry(recipe, shape_of(sets.problem));
  geometry.overlaps = tweaks.overlaps;
  launch::allow_shared_memory(kernel, geometry.smem_bytes);
  std::vector<launch::Dense1d2dArguments> all;
  for (const OperandSet& set : sets.sets) {
    all.push_back(make_arguments(recipe, sets.problem, set, tweaks));
    if (tweaks.overlaps) all.back().weights_ahead = static_cast<std::uint32_t>(config.at("stages"));
  }
  return [=, all = std::move(all)](cudaStream_t stream, int set) mutable {
    launch::launch_dense_1d2d(kernel, geometry, all.at(static_cast<std::size_t>(set)), stream);
  };
}

}  // namespace gemmtune::gemm
