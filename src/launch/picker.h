// Which of a bundle's cubins a problem gets that nobody tuned, and how it is launched: that which the fitted
// model expects to be fastest. Cubins know nothing of M, N and K, so that each of them is right.
#pragma once

#include "launch/index.h"
#include "launch/launch_rules.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <utility>
#include <vector>

namespace gemmtune::launch {

class Picker {
 public:
  explicit Picker(const Index& index) : index_(index) {}

  struct Picked {
    std::size_t entry;   ///< whose cubin it is
    GemmRecipe recipe;   ///< that entry's with launch arguments of its own
    double expected_us;  ///< by the model; good for comparing, no more
  };

  /// Nothing where there is no model of this kernel and form of D, no cubin that can, or where the kernel
  /// does not take such sizes.
  std::optional<Picked> pick(const EntryKey& asked) const {
    const PickModel* const model = model_of(asked);
    if (model == nullptr || asked.groups != 0 || !takes(*model, asked)) return std::nullopt;
    // One launch of each, and of the best few all that there are.
    std::vector<Candidate> best;
    for (const Choice& choice : index_.picker.choices)
      if (can(choice, asked)) best.push_back(candidate(*model, choice, asked, kRaster, /*all_sms=*/false));
    if (best.empty()) return std::nullopt;
    const auto kept = std::min<std::size_t>(kTriedFurther, best.size());
    std::partial_sort(best.begin(), best.begin() + static_cast<std::ptrdiff_t>(kept), best.end(), faster);
    Candidate fastest = best.front();
    for (std::size_t i = 0; i < kept; ++i)
      for (const std::uint32_t raster : {kRaster, 2 * kRaster})
        for (const bool all_sms : {false, true}) {
          const GemmRecipe& recipe = best[i].recipe;
          if (raster > kRaster && asked.shape.m <= std::int64_t{kRaster} * recipe.block_m * recipe.cluster_m)
            continue;
          const Candidate another = candidate(*model, *best[i].choice, asked, raster, all_sms);
          if (faster(another, fastest)) fastest = another;
        }
    return Picked{fastest.choice->entry, fastest.recipe, fastest.expected_us};
  }

 private:
  static constexpr std::uint32_t kRaster = 8;
  static constexpr std::size_t kTriedFurther = 4;

  struct Candidate {
    const Choice* choice;
    GemmRecipe recipe;
    double expected_us;
  };
  static bool faster(const Candidate& a, const Candidate& b) { return a.expected_us < b.expected_us; }

  const PickModel* model_of(const EntryKey& asked) const {
    for (const PickModel& model : index_.picker.models)
      if (model.kernel == asked.kernel && model.fp32_out == asked.fp32_out &&
          model.accumulate == asked.accumulate)
        return &model;
    return nullptr;
  }

  /// What tuned problems were checked for when they were tuned.
  static bool takes(const PickModel& model, const EntryKey& asked) {
    const Shape& s = asked.shape;
    return s.k % model.k_multiple == 0 && s.n % 8 == 0 && can_lie(s.d_stride, s.n, asked.fp32_out ? 4 : 2);
  }

  /// TMA takes rows that begin every 16 bytes.
  static bool can_lie(std::int64_t stride, std::int64_t columns, std::int64_t element_bytes) {
    return stride >= columns && stride <= INT32_MAX && stride * element_bytes % 16 == 0;
  }

  bool can(const Choice& choice, const EntryKey& asked) const {
    const IndexEntry& entry = index_.entries[choice.entry];
    const Shape& s = asked.shape;
    const std::int64_t shares = std::int64_t{choice.k_groups} * entry.recipe.split_k;
    return entry.key.kernel == asked.kernel && entry.key.fp32_out == asked.fp32_out &&
           entry.key.accumulate == asked.accumulate && entry.key.groups == 0 &&
           can_lie(s.a_stride, s.k, entry.recipe.operand_bytes) &&
           can_lie(s.b_stride, s.k, entry.recipe.operand_bytes) &&
           (shares == 1 || shares <= ceil_div(s.k, entry.recipe.block_k()));
  }

  Candidate candidate(const PickModel& model, const Choice& choice, const EntryKey& asked,
                      std::uint32_t raster, bool all_sms) const {
    const Shape& s = asked.shape;
    GemmRecipe r = index_.entries[choice.entry].recipe;
    const std::int64_t tiles_m = ceil_div(s.m, std::int64_t{r.block_m} * r.cluster_m);
    const std::int64_t tiles = tiles_m * ceil_div(s.n, std::int64_t{r.block_n} * r.cluster_n);
    const std::int64_t most = std::min(clusters_at_once(index_.picker.machine.sms, r.cluster()), tiles);
    r.most_ctas = static_cast<std::uint32_t>((all_sms ? most : fewest_clusters(tiles, most)) * r.cluster());
    r.raster = raster;
    r.evict_first = evicts_b_first(tiles_m, raster, s.m * s.n * r.out_bytes) ? 1 : 0;
    const Tiling tiling = tiling_of(r, choice, s);
    const double d_bytes = static_cast<double>(s.m * s.n) * r.out_bytes * (asked.accumulate ? 2 : 1);
    const Terms terms = terms_of(index_.picker.machine, tiling, work_of(s.m, s.n, s.k, d_bytes, tiling));
    double correction = static_cast<double>(choice.correction) * kCoefficientUnit;
    for (std::size_t i = 0; i < kTerms; ++i)
      correction += static_cast<double>(model.coefficients[i]) * kCoefficientUnit * terms.values[i];
    const double expected_us = std::exp(terms.log_expected_us + correction);
    constexpr double kNever = std::numeric_limits<double>::infinity();  // of a bundle of others' making
    return {&choice, r, std::isnan(expected_us) ? kNever : expected_us};
  }

  Tiling tiling_of(const GemmRecipe& r, const Choice& choice, const Shape& s) const {
    const MachineFigures& machine = index_.picker.machine;
    Tiling t;
    t.block_m = r.block_m;
    t.block_n = r.block_n;
    t.block_k = r.block_k();
    t.rows_a = std::int64_t{r.modelled_rows_a(std::min<std::int64_t>(s.m, r.block_m))} * r.cluster_n;
    t.cluster_m = r.cluster_m;
    t.cluster_n = r.cluster_n;
    t.split_k = r.split_k;
    t.k_groups = choice.k_groups;
    t.stages = choice.stages;
    t.ctas = r.most_ctas;
    t.raster = r.raster;
    t.evict_first = r.evict_first;
    t.in_flight_bytes = choice.ring_bytes;
    t.element_bytes = r.operand_bytes;
    t.tflops = machine.fp8_promoted_tflops * (r.operand_bytes == 2 ? 0.5 : 1);
    t.promotes = r.scaling == kScaled1d2d || r.scaling == kScaled1d1d;
    t.warpgroups = static_cast<int>(r.threads / 128) - 1;
    t.swapped = choice.swap_ab != 0;
    t.stores_in_parts = choice.store_buffers != 0;
    return t;
  }

  const Index& index_;
};

}  // namespace gemmtune::launch
