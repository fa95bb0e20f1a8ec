#include "cli/pick_models.h"

#include "cli/guide.h"
#include "core/groups.h"
#include "export/bundle.h"
#include "family/family.h"
#include "launch/picker.h"
#include "model/fitted_time.h"
#include "operation/operation.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <string>
#include <tuple>
#include <utility>

namespace gemmtune::cli {

PickModels::PickModels(std::span<const tune::Recorded> problems) : problems_(problems) {
  for (const tune::Recorded& recorded : problems)
    evidence_.push_back(is_grouped(recorded.problem) ? model::NormalEquations()
                                                     : evidence_of(model::h100_sxm(), recorded.problem,
                                                                   recorded.candidates, recorded.measured()));
}

launch::PickerData PickModels::fitted_on(const std::vector<bool>& counts) const {
  std::map<std::tuple<std::string, bool, bool>, model::FittedTime> fits;
  for (std::size_t p = 0; p < problems_.size(); ++p) {
    const Problem& problem = problems_[p].problem;
    if (counts[p] && !is_grouped(problem))
      fits[{problem.kernel, problem.out == OutputType::fp32, problem.accumulate}].learn(evidence_[p]);
  }
  launch::PickerData picker{model::h100_sxm(), {}, {}};
  for (const auto& [form, fit] : fits) {
    const auto& [kernel, fp32_out, accumulate] = form;
    launch::PickModel model{kernel, fp32_out, accumulate, operation::find(kernel)->k_multiple, {}};
    for (const double coefficient : fit.coefficients())
      model.coefficients.push_back(std::llround(coefficient / launch::kCoefficientUnit));
    picker.models.push_back(std::move(model));
  }
  return picker;
}

namespace {

/// An index of these cubins, each with some launch of it.
launch::Index index_of(std::span<const tune::Recorded> problems, const tune::Losses& losses,
                       std::span<const std::size_t> cubins, launch::PickerData picker) {
  Table table;
  exports::BundleParts parts;
  parts.picker = std::move(picker);
  for (const std::size_t cubin : cubins)
    for (std::size_t p = 0; p < problems.size(); ++p)
      if (const auto launch = losses.best[p][cubin]) {
        TableEntry entry;
        entry.problem = problems[p].problem;
        entry.config = problems[p].candidates[*launch];
        table.entries.push_back(entry);
        parts.cubins.push_back({std::to_string(cubin), ""});
        break;
      }
  return exports::index_of(table, parts);
}

/// The launch of the cubin that was measured there and is most like the one that was picked.
Pick measured(const tune::Recorded& recorded, const tune::Cubin& cubin, const launch::GemmRecipe& picked) {
  const family::Family& family = family::require(recorded.problem.kernel);
  const double best_us = recorded.best_us().value();
  std::optional<std::tuple<bool, bool, bool>> least;
  Pick pick;
  for (std::size_t c = 0; c < recorded.candidates.size(); ++c) {
    const Config& config = recorded.candidates[c];
    const auto time_us = recorded.time_us(c);
    if (recorded.screened[c].invalidity != Invalidity::correct || !time_us) continue;
    if (family.compiled(config, recorded.problem) != cubin.compiled) continue;
    const std::tuple differs = {config.at("num_sms") != picked.most_ctas,
                                config.at("evict_first") != picked.evict_first,
                                config.at("raster") != picked.raster};
    if (least && *least <= differs) continue;
    least = differs;
    pick.loss = std::max(0.0, *time_us / best_us - 1);
    pick.another_launch = differs != std::tuple(false, false, false);
  }
  return pick;
}

}  // namespace

std::vector<std::optional<Pick>> picks(std::span<const tune::Recorded> problems, const tune::Losses& losses,
                                       std::span<const std::size_t> cubins, launch::PickerData picker) {
  const launch::Index index = index_of(problems, losses, cubins, std::move(picker));
  const launch::Picker loader(index);
  std::vector<std::optional<Pick>> all;
  for (const tune::Recorded& recorded : problems) {
    std::optional<Pick>& pick = all.emplace_back();
    const auto picked =
        is_grouped(recorded.problem) ? std::nullopt : loader.pick(exports::key_of(recorded.problem));
    if (!picked) continue;
    const std::size_t cubin = cubins[picked->entry];
    pick = measured(recorded, losses.cubins[cubin], picked->recipe);
    pick->cubin = cubin;
  }
  return all;
}

}  // namespace gemmtune::cli
