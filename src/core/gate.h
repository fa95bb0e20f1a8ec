// What a comparison says of a problem, and when that fails a build.
#pragma once

#include "core/names.h"
#include "core/problem.h"

#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace gemmtune {

inline constexpr const char* kCompareSchema = "gemmtune.compare/1";
inline constexpr const char* kGateSchema = "gemmtune.compare_policy/1";

/// In the order in which they matter.
enum class CompareVerdict { wrong, missing, slower, faster, unsure, same };
NameTable<CompareVerdict> names(CompareVerdict);

/// Exceptions for the problems that agree with every member that is given.
struct GateRule {
  std::optional<std::string> kernel, name;
  std::optional<std::int64_t> m, n, k;

  std::optional<double> budget;
  std::optional<double> weight;

  bool matches(const Problem& problem) const;
};

/// Changes are fractions: 0.01 is one per cent slower.
struct Gate {
  double min_effect = 0.01;  ///< below this a change does not matter
  std::set<CompareVerdict> fail_on = {CompareVerdict::slower, CompareVerdict::missing, CompareVerdict::wrong};
  double budget = 0;  ///< a problem that is slower by at most this does not fail
  std::optional<double> geomean_budget;
  std::vector<GateRule> rules;  ///< of several that match the last stands

  double budget_of(const Problem& problem) const;
  double weight_of(const Problem& problem) const;
};

}  // namespace gemmtune
