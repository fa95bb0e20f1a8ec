#include "store/steps.h"

#include "core/fields_of_problem.h"
#include "store/table.h"

#include <algorithm>
#include <cmath>
#include <utility>

namespace gemmtune::store {

namespace {

bool has(const std::vector<std::int64_t>& list, std::int64_t m) {
  return std::ranges::find(list, m) != list.end();
}

/// Whether the entry above would do where `tuned` is of. NOTES: not whether the tie set has it: who may win
/// elsewhere may be 1 % slower here.
bool is_same_step(const TableEntry& above, const TunedM& tuned) {
  const auto loss = tuned.loss(above.config);
  return loss && *loss <= kSameStep;
}

/// Whether the entry above answers here though another won, since that one loses at the next M below: so it
/// may in between, where nobody looked. NOTES: at M that tiles divide, and a little below them, one tile won
/// by less than 1 % that lost 14 % where boxes of A lack rows (tune/m_steps.cpp).
bool is_safer(const TableEntry& above, const TableEntry& entry, const TunedM& here, const TunedM& below) {
  const auto loss = below.loss(entry.config);
  return loss && *loss > kStepLoses && here.is_served_by(above.config) && below.is_served_by(above.config);
}

/// Of the entries of one layer, in descending order of M, those that are steps.
std::vector<std::size_t> steps_among(const std::vector<std::size_t>& layer, const Table& table,
                                     const std::vector<TunedM>& tuned) {
  std::vector<std::size_t> kept;
  for (std::size_t at = 0; at < layer.size(); ++at) {
    const std::size_t i = layer[at];
    if (!kept.empty()) {
      const TableEntry& above = table.entries[kept.back()];
      if (is_same_step(above, tuned[i])) continue;
      if (at + 1 < layer.size() && is_safer(above, table.entries[i], tuned[i], tuned[layer[at + 1]]))
        continue;
    }
    kept.push_back(i);
  }
  return kept;
}

StepCheck check_of(const Table& table, const TableEntry& there, const TunedM& tuned) {
  StepCheck check;
  check.problem = there.problem;
  check.best_us = there.time_us;
  const Lookup found = lookup(table, there.problem);
  if (found.entry == nullptr) return check;
  check.entry_m = found.entry->problem.m;
  check.regret = tuned.loss(found.entry->config);
  return check;
}

}  // namespace

Table with_steps(Table table, const std::vector<TunedM>& tuned, const MSteps& steps) {
  std::vector<std::vector<std::size_t>> layers;
  for (std::size_t i = 0; i < table.entries.size(); ++i) {
    const Problem& problem = table.entries[i].problem;
    if (has(steps.checks, problem.m)) continue;
    const auto layer = std::ranges::find_if(layers, [&](const auto& others) {
      return may_answer(table.entries[others.front()].problem, problem);
    });
    if (layer == layers.end())
      layers.push_back({i});
    else
      layer->push_back(i);
  }
  Table stepped = table;
  stepped.entries.clear();
  for (std::vector<std::size_t>& layer : layers) {
    std::ranges::sort(layer, std::ranges::greater(),
                      [&](std::size_t i) { return table.entries[i].problem.m; });
    std::vector<std::size_t> kept = steps_among(layer, table, tuned);
    std::ranges::reverse(kept);
    std::int64_t from_m = 1;
    for (const std::size_t i : kept) {
      stepped.entries.push_back(table.entries[i]);
      stepped.entries.back().from_m = std::exchange(from_m, table.entries[i].problem.m + 1);
    }
  }
  for (std::size_t i = 0; i < table.entries.size(); ++i)
    if (has(steps.checks, table.entries[i].problem.m))
      stepped.checks.push_back(check_of(stepped, table.entries[i], tuned[i]));
  return stepped;
}

StepRegret regret_of(const std::vector<StepCheck>& checks) {
  StepRegret sum;
  std::vector<double> regrets;
  for (const StepCheck& check : checks)
    if (check.regret)
      regrets.push_back(*check.regret);
    else
      ++sum.unmeasured;
  sum.checks = regrets.size();
  if (regrets.empty()) return sum;
  std::ranges::sort(regrets);
  for (const double regret : regrets) sum.geomean += std::log1p(regret);
  sum.geomean = std::expm1(sum.geomean / static_cast<double>(regrets.size()));
  sum.p95 = regrets[(regrets.size() * 95 + 99) / 100 - 1];
  sum.max = regrets.back();
  return sum;
}

}  // namespace gemmtune::store
