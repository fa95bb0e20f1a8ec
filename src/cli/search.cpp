#include "cli/search.h"

#include "cli/log.h"
#include "cli/terminal.h"
#include "stats/rank.h"
#include "stats/summary.h"
#include "store/journal.h"
#include "tune/replay.h"
#include "util/error.h"
#include "util/format.h"

#include <algorithm>
#include <numeric>
#include <utility>

namespace gemmtune::cli {

Searching::Searching(const StrategyOptions& options, const tune::SweepPlan& plan)
    : options_(options),
      plan_(plan),
      kind_(space::require_strategy(options.strategy)),
      guide_(model::h100_sxm(), lessons(model::h100_sxm())) {
  if (!kind_.uses_model && !options.learn_from.empty())
    throw UserError("--learn-from: " + options.strategy + " has no model that could learn");
  for (const std::string& folder : options.learn_from) {
    const auto problems = tune::recorded_problems(store::read_journal(store::find_journal(folder)));
    if (problems.empty())
      throw UserError(folder +
                      ": there is nothing to learn from: its journal has no problem whose candidates "
                      "were screened and raced");
    for (const tune::Recorded& recorded : problems)
      guide_.learn(
          evidence_of(model::h100_sxm(), recorded.problem, recorded.candidates, recorded.measured()));
  }
}

std::string Searching::scope() const {
  const std::string candidates = std::to_string(plan_.candidates()) + " candidates, ";
  if (is_exhaustive()) return candidates + std::to_string(plan_.cubins.size()) + " kernels to compile";
  const tune::Budgets budgets = budgets_of(options_);
  const std::vector<std::size_t> steps = tune::steps_of(plan_.problems, budgets);
  const bool timed = budgets.problem.seconds > 0 || budgets.in_all.seconds > 0;
  return candidates + "of which " + options_.strategy + " times at most " +
         std::to_string(std::accumulate(steps.begin(), steps.end(), std::size_t{0})) +
         (timed ? ", as long as the time budget lasts" : "");
}

bool Searching::is_exhaustive() const {
  return !kind_.uses_model && !budgets_of(options_).limit();
}

tune::Search Searching::search(tune::Ask ask) {
  return {[this](std::size_t index, std::size_t most) {
            const tune::ProblemPlan& problem = plan_.problems[index];
            return guide_.strategy(
                kind_, problem.problem, tune::choice_of(problem, most, options_.order_seed),
                [this, &problem](const Forecast& forecast) { judge(problem.problem, forecast); });
          },
          budgets_of(options_), std::move(ask)};
}

tune::Search Searching::short_lists(const tune::SweepPlan& plan, std::vector<std::vector<std::size_t>> first,
                                    std::size_t most, tune::Ask ask) {
  tune::Search search;
  search.make = [this, &plan, first = std::move(first)](std::size_t index, std::size_t share) {
    const tune::ProblemPlan& problem = plan.problems[index];
    space::Choice choice = tune::choice_of(problem, share, options_.order_seed);
    choice.first = first[index];
    return guide_.strategy(space::short_list(), problem.problem, std::move(choice));
  };
  search.budgets.problem.candidates = most;
  search.ask = std::move(ask);
  return search;
}

void Searching::judge(const Problem& problem, const Forecast& forecast) {
  std::vector<double> expected, times;
  for (const auto& [candidate, time_us] : forecast.measured) {
    expected.push_back(forecast.expected_us.at(candidate));
    times.push_back(time_us);
  }
  if (times.empty()) return;
  const auto correlation = stats::rank_correlation(expected, times);
  if (correlation) correlations_.push_back(*correlation);
  const auto fastest = std::ranges::min_element(times) - times.begin();
  const double rank = stats::ranks(expected)[static_cast<std::size_t>(fastest)];
  if (ranks_.empty() || rank > std::ranges::max(ranks_))
    worst_ = formatted("{:.0f} of {}, {}", rank, times.size(), describe(problem));
  ranks_.push_back(rank);
  if (verbosity().verbose)
    log_info("{}: the model's rank of the fastest is {:.0f} of {}, its rank correlation {:.2f}",
             describe(problem), rank, times.size(), correlation.value_or(0));
}

std::string Searching::verdict() const {
  if (correlations_.empty()) return "";
  return formatted(
      "the model, before a problem's first candidate was timed: rank correlation {:.2f} with what was timed "
      "of "
      "it, rank of the fastest {:.0f} (medians of {} problems; at worst {})",
      stats::median(correlations_), stats::median(ranks_), ranks_.size(), worst_);
}

}  // namespace gemmtune::cli
