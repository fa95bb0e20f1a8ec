#include "worker/gemm/launch.h"

#include "family/gemm_config.h"
#include "launch/gemm.h"
#include "launch/grouped.h"

#include <utility>
#include <vector>

namespace gemmtune::gemm {

namespace {

launch::Shape shape_of(const Problem& p) {
  return {rows_of_a(p), p.n, columns_of_a(p), stride_of_a(p), stride_of_b(p), p.d_stride()};
}

launch::Groups groups_of_launch(const Problem& p, const OperandSet& set) {
  return {set.layout, static_cast<std::uint32_t>(p.groups), group_step(p)};
}

launch::GemmOperands place_of(const OperandSet& o) {
  return {o.a.values, o.b.values, o.a.scales, o.b.scales, o.d};
}

launch::GemmArguments make_arguments(const launch::GemmRecipe& recipe, const Problem& p, const OperandSet& o,
                                     const LaunchTweaks& tweaks) {
  launch::Shape shape = shape_of(p);
  const launch::Groups groups = is_grouped(p) ? groups_of_launch(p, o) : launch::Groups();
  auto x = launch::gemm_arguments(recipe, shape, place_of(o), groups);
  if (tweaks.missing_rows > 0) {
    x.tail.rows_a -= tweaks.missing_rows;
    x.a_tail = launch::operand_map(recipe, o.a.values, shape.m, shape.k, shape.a_stride, x.tail.rows_a);
  }
  if (tweaks.extra_rows == 0 && tweaks.extra_columns == 0) return x;
  launch::MatrixRecipe d = launch::recipe_of_d(recipe, shape, o.d);
  d.matrices = groups.count;
  d.matrix_bytes = d.rows * d.row_bytes;
  d.rows += static_cast<std::uint64_t>(tweaks.extra_rows);
  d.columns += static_cast<std::uint64_t>(tweaks.extra_columns);
  x.d = launch::encode(d);
  x.m = static_cast<std::uint32_t>(shape.m + tweaks.extra_rows);
  return x;
}

GemmLaunch grouped_launch(CUkernel kernel, const launch::GemmRecipe& recipe, const OperandSets& sets,
                          const LaunchTweaks& tweaks) {
  const Problem& p = sets.problem;
  launch::Geometry geometry = launch::grouped_geometry(recipe);
  geometry.overlaps = tweaks.overlaps;
  launch::allow_shared_memory(kernel, geometry.smem_bytes);
  std::vector<launch::GroupedArguments> all;
  for (const OperandSet& set : sets.sets)
    all.push_back(launch::grouped_arguments(recipe, shape_of(p), place_of(set), layout_of(p),
                                            groups_of_launch(p, set)));
  return [=, all = std::move(all)](cudaStream_t stream, int set) mutable {
    launch::launch_grouped(kernel, geometry, all.at(static_cast<std::size_t>(set)), stream);
  };
}

}  // namespace

GemmLaunch gemm_launch(CUkernel kernel, const Config& config, const OperandSets& sets,
                       const LaunchTweaks& tweaks) {
  const launch::GemmRecipe recipe = family::GemmConfig::from(config, sets.problem).recipe();
  if (shares_out_rows(sets.problem)) return grouped_launch(kernel, recipe, sets, tweaks);
  launch::Geometry geometry = is_grouped(sets.problem)
                                  ? launch::grouped_geometry(recipe)
                                  : launch::gemm_geometry(recipe, shape_of(sets.problem));
  geometry.overlaps = tweaks.overlaps;
  launch::allow_shared_memory(kernel, geometry.smem_bytes);
  std::vector<launch::GemmArguments> all;
  for (const OperandSet& set : sets.sets) {
    all.push_back(make_arguments(recipe, sets.problem, set, tweaks));
    if (tweaks.overlaps) all.back().weights_ahead = static_cast<std::uint32_t>(config.at("stages"));
  }
  return [=, all = std::move(all)](cudaStream_t stream, int set) mutable {
    launch::launch_gemm(kernel, geometry, all.at(static_cast<std::size_t>(set)), stream);
  };
}

}  // namespace gemmtune::gemm
