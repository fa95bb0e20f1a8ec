#include "core/gate.h"

#include <array>

namespace gemmtune {

NameTable<CompareVerdict> names(CompareVerdict) {
  static constexpr std::array<std::pair<CompareVerdict, std::string_view>, 6> kTable = {
      {{CompareVerdict::wrong, "wrong"},
       {CompareVerdict::missing, "missing"},
       {CompareVerdict::slower, "slower"},
       {CompareVerdict::faster, "faster"},
       {CompareVerdict::unsure, "unsure"},
       {CompareVerdict::same, "same"}}};
  return kTable;
}

bool GateRule::matches(const Problem& problem) const {
  const auto agrees = [](const auto& wanted, const auto& value) { return !wanted || *wanted == value; };
  return agrees(kernel, problem.kernel) && agrees(name, problem.name) && agrees(m, problem.m) &&
         agrees(n, problem.n) && agrees(k, problem.k);
}

double Gate::budget_of(const Problem& problem) const {
  double found = budget;
  for (const GateRule& rule : rules)
    if (rule.budget && rule.matches(problem)) found = *rule.budget;
  return found;
}

double Gate::weight_of(const Problem& problem) const {
  double found = problem.weight;
  for (const GateRule& rule : rules)
    if (rule.weight && rule.matches(problem)) found = *rule.weight;
  return found;
}

}  // namespace gemmtune
