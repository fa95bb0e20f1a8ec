#include "cli/bench_against.h"

#include "cli/compare_input.h"

#include <algorithm>
#include <iterator>
#include <map>
#include <set>
#include <utility>

namespace gemmtune::cli {

namespace {

/// The concrete configurations of each problem, by its id.
using Configs = std::map<std::string, std::set<Config>>;

Configs configs_of(const std::vector<GivenConfigs>& given, const DeviceLimits& limits) {
  Configs configs;
  for (const tune::ProblemPlan& plan : make_plan(given, limits).problems)
    for (const tune::Candidate& candidate : plan.candidates)
      configs[problem_id(plan.problem)].insert(candidate.config);
  return configs;
}

/// The rows of one side. A problem that could not be prepared has a row without a configuration: both have
/// it.
std::vector<Row> rows_of(const std::vector<Row>& rows, const Configs& configs) {
  std::vector<Row> found;
  std::copy_if(rows.begin(), rows.end(), std::back_inserter(found), [&](const Row& row) {
    const auto wanted = configs.find(problem_id(row.problem));
    return row.config.empty() || (wanted != configs.end() && wanted->second.contains(row.config));
  });
  return found;
}

void add_round(compare::Side& side, const RunHeader& run, const std::vector<Row>& rows,
               const Configs& configs) {
  Journal journal;
  journal.headers = {run};
  journal.rows = rows_of(rows, configs);
  side.runs.push_back(make_run("round " + std::to_string(side.runs.size() + 1), std::move(journal)));
}

/// The plan with the problems that are unsure; its cubins keep their numbers.
tune::SweepPlan unsure_of(const compare::Comparison& comparison, tune::SweepPlan plan) {
  std::set<std::string> unsure;
  for (const compare::ProblemVerdict& problem : comparison.problems)
    if (problem.verdict == CompareVerdict::unsure) unsure.insert(problem_id(problem.problem));
  std::erase_if(plan.problems, [&](const tune::ProblemPlan& problem) {
    return !unsure.contains(problem_id(problem.problem));
  });
  return plan;
}

}  // namespace

std::vector<GivenConfigs> both_sides(const Contest& contest) {
  std::map<std::string, const GivenConfigs*> base;
  for (const GivenConfigs& one : contest.base) base[problem_id(one.problem)] = &one;
  std::vector<GivenConfigs> both;
  for (const GivenConfigs& one : contest.next) {
    const auto found = base.find(problem_id(one.problem));
    if (found == base.end()) continue;
    both.push_back(one);
    const std::vector<SpaceSpec>& spaces = found->second->spaces;
    both.back().spaces.insert(both.back().spaces.end(), spaces.begin(), spaces.end());
  }
  return both;
}

ContestResult hold_contest(const Contest& contest, const tune::SweepPlan& plan, const DeviceLimits& limits,
                           const RunHeader& run, const Gate& gate,
                           const std::function<std::vector<Row>(const tune::SweepPlan&)>& race) {
  const Configs base_configs = configs_of(contest.base, limits),
                new_configs = configs_of(contest.next, limits);
  compare::Side base{"base", {}}, next{"new", {}};
  ContestResult result;
  tune::SweepPlan left = plan;
  for (int round = 0; round < kRounds && !left.problems.empty(); ++round) {
    const std::vector<Row> rows = race(left);
    add_round(base, run, rows, base_configs);
    add_round(next, run, rows, new_configs);
    result.rows.insert(result.rows.end(), rows.begin(), rows.end());
    result.comparison = compare::compare(base, next, gate, compare::Pairing::interleaved);
    left = unsure_of(result.comparison, std::move(left));
  }
  return result;
}

}  // namespace gemmtune::cli
