#include "cli/given_configs.h"

#include "cli/log.h"
#include "cli/plan.h"
#include "family/family.h"
#include "store/table.h"
#include "util/error.h"

#include <algorithm>
#include <utility>

namespace gemmtune::cli {

namespace {

/// A space of one point. UserError when the table's kernel had fewer parameters than ours.
SpaceSpec space_of(const Config& config, const std::string& kernel, const std::string& source) {
  SpaceSpec space{source, kernel, {}, /*given=*/true};  // at another M it may be a waste, yet is the answer
  for (const auto& [name, value] : config) space.parameters[name] = {value};
  for (const family::Parameter& parameter : family::require(kernel).parameters())
    if (parameter.optional)
      space.parameters.try_emplace(std::string(parameter.name), std::vector<ParameterValue>{0});
    else if (!space.parameters.contains(std::string(parameter.name)))
      throw UserError(source + ": " + describe(config) + " has no \"" + std::string(parameter.name) +
                      "\": the table is of an older gemmtune; sweep again");
  return space;
}

}  // namespace

std::vector<GivenConfigs> given_by_flags(const Work& work) {
  std::vector<GivenConfigs> given;
  for (const Problem& problem : work.problems) given.push_back({problem, work.spaces.at(problem.kernel)});
  return given;
}

Table in_regime(Table table, PowerRegime regime) {
  if (regime == PowerRegime::burst) return table;
  for (TableEntry& entry : table.entries) entry = as_sustained(std::move(entry));
  return table;
}

std::vector<GivenConfigs> given_by_table(const std::string& path, std::vector<Problem> problems,
                                         PowerRegime regime) {
  const Table table = in_regime(store::read_table(path), regime);
  if (problems.empty())
    for (const TableEntry& entry : table.entries) problems.push_back(entry.problem);
  std::vector<GivenConfigs> given;
  for (const Problem& problem : problems) {
    const store::Lookup found = store::lookup(table, problem);
    if (found.match == store::Match::none) {
      log_warn("{}: {} has no entry for it", path, describe(problem));
      continue;
    }
    if (found.match == store::Match::bucket)
      log_warn("{}: {} takes the configuration of {}", path, describe(problem),
               describe(found.entry->problem));
    given.push_back({problem, {space_of(found.entry->config, problem.kernel, path)}});
  }
  return given;
}

GivenConfigs given_by_entry(const TableEntry& entry, std::size_t runners_up, const std::string& source) {
  GivenConfigs given{entry.problem, {space_of(entry.config, entry.problem.kernel, source)}};
  for (std::size_t i = 0; i < std::min(runners_up, entry.runners_up.size()); ++i)
    given.spaces.push_back(space_of(entry.runners_up[i].config, entry.problem.kernel, source));
  return given;
}

std::vector<GivenConfigs> without_configs(const std::vector<Problem>& problems) {
  std::vector<GivenConfigs> given;
  for (const Problem& problem : problems) given.push_back({problem, {}});
  return given;
}

tune::SweepPlan make_plan(const std::vector<GivenConfigs>& given, const DeviceLimits& limits) {
  PlanBuilder builder(limits, 0);
  for (const GivenConfigs& one : given) builder.add(one.problem, one.spaces);
  return builder.take();
}

}  // namespace gemmtune::cli
