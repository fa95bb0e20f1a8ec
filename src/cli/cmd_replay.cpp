// `gemmtune replay`: a strategy against a recorded exhaustive sweep. Needs no GPU.
#include "cli/commands.h"
#include "cli/guide.h"
#include "cli/log.h"
#include "cli/output.h"
#include "cli/policy_options.h"
#include "cli/strategy_options.h"
#include "core/serialise.h"
#include "report/grid.h"
#include "report/phrases.h"
#include "report/problem_columns.h"
#include "stats/rank.h"
#include "stats/summary.h"
#include "store/journal.h"
#include "tune/replay.h"
#include "util/error.h"
#include "util/format.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <memory>
#include <set>
#include <utility>

namespace gemmtune::cli {

namespace {

inline constexpr const char* kReplaySchema = "gemmtune.replay/1";

struct Options {
  std::string journal;
  StrategyOptions strategy;
  std::string learn_from = "lessons";
  std::string policy{named_policies().front().name};
  tune::Narrowing most;
  OutputOptions output;
};

/// What came of one problem.
struct Result {
  const tune::Recorded* recorded;
  std::optional<tune::Replayed> replayed;  ///< nothing: all that was asked for had failed
  std::optional<double> rank_correlation;  ///< of what was forecast with what was measured
  std::optional<double> winner_rank;       ///< in the forecast, of the fastest
};

/// How well it ranks all candidates, of which the strategy may have timed few.
void judge(const Forecast& forecast, Result& result) {
  if (forecast.expected_us.empty()) return;
  std::vector<double> expected, times;
  std::size_t fastest = 0;
  for (const auto& [candidate, screened_us] : result.recorded->measured()) {
    expected.push_back(forecast.expected_us[candidate]);
    times.push_back(*result.recorded->time_us(candidate));
    const auto& raced = result.recorded->raced[candidate];
    if (raced && raced->time_us == result.recorded->best_us()) fastest = expected.size() - 1;
  }
  if (expected.empty()) return;
  result.rank_correlation = stats::rank_correlation(expected, times);
  result.winner_rank = stats::ranks(expected)[fastest];
}

/// Problem after problem, as a sweep does.
class Replay {
 public:
  Replay(const Options& options, const std::vector<tune::Recorded>& problems)
      : options_(options), problems_(problems), kind_(space::require_strategy(options.strategy.strategy)) {
    for (const tune::Recorded& recorded : problems) results_.push_back({&recorded, {}, {}, {}});
  }

  std::vector<Result> run() {
    std::vector<std::size_t> candidates;
    for (const tune::Recorded& recorded : problems_) candidates.push_back(recorded.candidates.size());
    const tune::Budgets budgets = budgets_of(options_.strategy);
    const std::vector<std::size_t> most = tune::shares(candidates, budgets);
    const bool of_others = options_.learn_from == "others" && kind_.uses_model;
    if (of_others)
      for (const tune::Recorded& recorded : problems_)
        evidence_.push_back(
            evidence_of(machine_, recorded.problem, recorded.candidates, recorded.measured()));
    if (!of_others) {
      Guide guide(machine_, options_.learn_from == "lessons" ? lessons(machine_) : std::vector<Lesson>());
      replay(guide, 0, most);
      return results_;
    }
    for (std::size_t i = 0; i < problems_.size(); ++i) {
      Guide guide = guide_of_others(problems_[i].problem);
      replay(guide, i, {most[i]});
    }
    return results_;
  }

 private:
  std::unique_ptr<space::Strategy> strategy(Guide& guide, std::size_t i, std::size_t most) {
    const tune::Recorded& recorded = problems_[i];
    return guide.strategy(kind_, recorded.problem,
                          {recorded.candidates, recorded.cubins, most, options_.strategy.order_seed, {}},
                          [this, i](const Forecast& forecast) { judge(forecast, results_[i]); });
  }

  /// That has seen all problems of another N or K.
  Guide guide_of_others(const Problem& problem) const {
    Guide guide(machine_);
    for (std::size_t i = 0; i < problems_.size(); ++i) {
      const Problem& other = problems_[i].problem;
      if (other.n != problem.n || other.k != problem.k) guide.learn(evidence_[i]);
    }
    return guide;
  }

  /// Of as many problems as there are limits, from `first` on.
  void replay(Guide& guide, std::size_t first, const std::vector<std::size_t>& most) {
    const auto make = [&](std::size_t i, std::size_t share) { return strategy(guide, first + i, share); };
    const auto replayed =
        tune::replay(std::span(problems_).subspan(first, most.size()),
                     tune::Turns(make, most, tune::Search::kAbreast, [](const auto&) {}), options_.most);
    for (std::size_t i = 0; i < replayed.size(); ++i) results_[first + i].replayed = replayed[i];
  }

  const Options& options_;
  const std::vector<tune::Recorded>& problems_;
  const space::StrategyKind& kind_;
  const model::SimulatedMachine& machine_ = model::h100_sxm();
  std::vector<model::NormalEquations> evidence_;  ///< of each problem
  std::vector<Result> results_;
};

struct Summary {
  std::size_t candidates = 0, evaluated = 0, cubins = 0, unsolved = 0;
  double regret_geomean = 0, regret_max = 0;
  std::optional<double> rank_correlation;  ///< median over the problems
  std::optional<double> winner_rank;       ///< the same

  double evaluated_fraction() const {
    return static_cast<double>(evaluated) / static_cast<double>(candidates);
  }
};

std::optional<double> median_of(const std::vector<Result>& results, std::optional<double> Result::*figure) {
  std::vector<double> figures;
  for (const Result& result : results)
    if (result.*figure) figures.push_back(*(result.*figure));
  return figures.empty() ? std::nullopt : std::optional(stats::median(figures));
}

Summary summary_of(const std::vector<Result>& results) {
  Summary sum;
  std::vector<double> regrets;
  for (const Result& result : results) {
    sum.candidates += result.recorded->candidates.size();
    if (!result.replayed) {
      ++sum.unsolved;
      continue;
    }
    sum.evaluated += result.replayed->evaluated;
    sum.cubins += result.replayed->cubins;
    sum.regret_geomean += std::log1p(result.replayed->regret);
    sum.regret_max = std::max(sum.regret_max, result.replayed->regret);
    regrets.push_back(result.replayed->regret);
  }
  if (!regrets.empty())
    sum.regret_geomean = std::expm1(sum.regret_geomean / static_cast<double>(regrets.size()));
  sum.rank_correlation = median_of(results, &Result::rank_correlation);
  sum.winner_rank = median_of(results, &Result::winner_rank);
  return sum;
}

template <typename T>
Json or_null(const std::optional<T>& value) {
  return value ? Json(*value) : Json(nullptr);
}

Json to_json(const Options& options, const Journal& journal, const std::vector<Result>& results) {
  const Summary sum = summary_of(results);
  const StrategyOptions& strategy = options.strategy;
  const tune::Budgets budgets = budgets_of(strategy);
  const auto limit = [](std::size_t count) { return count == 0 ? Json(nullptr) : Json(count); };
  const bool uses_model = space::require_strategy(strategy.strategy).uses_model;
  Json problems = Json::array();
  for (const Result& result : results) {
    const tune::Recorded& recorded = *result.recorded;
    Json problem = {{"problem_id", problem_id(recorded.problem)},
                    {"problem", gemmtune::to_json(recorded.problem)},
                    {"candidates", recorded.candidates.size()},
                    {"best_us", *recorded.best_us()}};
    const auto& replayed = result.replayed;
    problem["evaluated"] = replayed ? replayed->evaluated : 0;
    problem["evaluated_fraction"] =
        replayed ? static_cast<double>(replayed->evaluated) / static_cast<double>(recorded.candidates.size())
                 : 0.0;
    problem["cubins"] = replayed ? replayed->cubins : 0;
    problem["config"] = replayed ? gemmtune::to_json(recorded.candidates[replayed->winner]) : Json(nullptr);
    problem["time_us"] = replayed ? Json(replayed->time_us) : Json(nullptr);
    problem["regret"] = replayed ? Json(replayed->regret) : Json(nullptr);
    problem["rank_correlation"] = or_null(result.rank_correlation);
    problem["winner_rank"] = or_null(result.winner_rank);
    problems.push_back(std::move(problem));
  }
  return {{"schema", kReplaySchema},
          {"journal", options.journal},
          {"device", journal.rows.front().device},
          {"simulated", journal.rows.front().simulated},
          {"strategy", strategy.strategy},
          {"max_candidates", limit(budgets.problem.candidates)},
          {"max_candidates_in_all", limit(budgets.in_all.candidates)},
          {"order_seed", strategy.order_seed},
          {"policy", options.policy},
          {"finalists", options.most.finalists},
          {"learn_from", uses_model ? Json(options.learn_from) : Json(nullptr)},
          {"regret_geomean", sum.regret_geomean},
          {"regret_max", sum.regret_max},
          {"evaluated_fraction", sum.evaluated_fraction()},
          {"evaluated", sum.evaluated},
          {"candidates", sum.candidates},
          {"cubins", sum.cubins},
          {"unsolved", sum.unsolved},
          {"rank_correlation", or_null(sum.rank_correlation)},
          {"winner_rank", or_null(sum.winner_rank)},
          {"problems", std::move(problems)}};
}

report::Grid grid_of(const std::vector<Result>& results) {
  const auto problem_of = [](const Result& result) -> const Problem& { return result.recorded->problem; };
  const report::Distinctions apart = report::distinctions(results, problem_of);
  const auto cell = [](const std::optional<double>& value) {
    return value ? report::Cell(*value) : report::Cell();
  };
  report::Grid grid;
  grid.columns = report::joined(report::problem_columns(apart), {{"candidates", "candidates"},
                                                                 {"evaluated", "evaluated"},
                                                                 {"cubins", "kernels"},
                                                                 {"config", "configuration"},
                                                                 {"time_us", "µs", 2},
                                                                 {"best_us", "best µs", 2},
                                                                 {"regret_percent", "regret %", 2},
                                                                 {"rank_correlation", "rank corr.", 2},
                                                                 {"winner_rank", "best's rank"}});
  for (const Result& result : results) {
    const tune::Recorded& recorded = *result.recorded;
    std::vector<report::Cell> cells = {static_cast<std::int64_t>(recorded.candidates.size())};
    if (const auto& replayed = result.replayed)
      cells = report::joined(
          cells, {static_cast<std::int64_t>(replayed->evaluated), static_cast<std::int64_t>(replayed->cubins),
                  recorded.candidates[replayed->winner], replayed->time_us, *recorded.best_us(),
                  100 * replayed->regret});
    else
      cells = report::joined(cells, {{}, {}, {}, {}, *recorded.best_us(), {}});
    cells.push_back(cell(result.rank_correlation));
    cells.push_back(cell(result.winner_rank));
    grid.rows.push_back(report::joined(report::problem_cells(recorded.problem, apart), cells));
  }
  return grid;
}

/// Below the table.
std::string in_all(const std::vector<Result>& results) {
  const Summary sum = summary_of(results);
  std::string text = formatted(
      "{} problems: regret {:.2f} % on geometric mean, {:.2f} % at worst, with {} of {} candidates ({:.1f} "
      "%) of "
      "{} kernels timed\n",
      results.size(), 100 * sum.regret_geomean, 100 * sum.regret_max, sum.evaluated, sum.candidates,
      100 * sum.evaluated_fraction(), sum.cubins);
  if (sum.rank_correlation && sum.winner_rank)
    text += formatted(
        "The model before anything of a problem was timed: rank correlation {:.2f}, rank of the fastest "
        "{:.0f} "
        "(medians)\n",
        *sum.rank_correlation, *sum.winner_rank);
  return text;
}

/// Whether it holds every candidate of its sweeps is what a regret is worth.
void check(const Journal& journal, const std::vector<tune::Recorded>& problems, const std::string& path) {
  if (problems.empty())
    throw UserError(
        path +
        ": there is nothing to replay: it has no problem whose candidates were screened and raced. "
        "Name the whole journal of a sweep (races.jsonl.gz has the races alone)");
  std::set<std::string> devices;
  for (const Row& row : journal.rows) devices.insert(row.device);
  if (devices.size() > 1) throw UserError(path + ": rows of several devices: replay the sweep of one");
  std::size_t candidates = 0;
  for (const tune::Recorded& recorded : problems) candidates += recorded.candidates.size();
  std::int64_t enumerated = 0;
  for (const RunEnd& end : journal.ends) enumerated = std::max(enumerated, end.candidates);
  if (static_cast<std::int64_t>(candidates) < enumerated)
    log_warn(
        "{} of the sweep's {} candidates are in this journal: regret is over the fastest of these, not of "
        "all",
        candidates, enumerated);
}

int run(const Options& options) {
  const Journal journal = store::read_journal(store::find_journal(options.journal));
  for (const std::string& line : journal.damaged) log_warn("skipped {}", line);
  const std::vector<tune::Recorded> problems = tune::recorded_problems(journal);
  check(journal, problems, options.journal);
  const std::vector<Result> results = Replay(options, problems).run();
  if (const Summary sum = summary_of(results); sum.unsolved > 0)
    log_warn("{} problems have no winner: all that was asked for had failed", sum.unsolved);
  const report::Format format = report::parse_format(options.output.format);
  if (format == report::Format::json) {
    emit(json_text(to_json(options, journal, results), 2) + "\n", options.output);
    return kExitOk;
  }
  std::string text = report::render(grid_of(results), format, screen_of(options.output));
  if (format == report::Format::table) text += "\n" + in_all(results);
  if ((format == report::Format::table || format == report::Format::md) && journal.rows.front().simulated)
    text = std::string(report::kSimulatedNotice) + "\n\n" + text;
  emit(text, options.output);
  return kExitOk;
}

}  // namespace

Run add_replay(Command& command) {
  const auto options = std::make_shared<Options>();
  command.description(
      "Runs a strategy against the journal of an exhaustive sweep: what it would have timed, what it would "
      "have chosen, and how much slower that is than the fastest of all. Times are those that were recorded. "
      "Needs no GPU. configs/schema/replay.schema.json describes the JSON.");
  command.option("journal", options->journal, "the sweep's folder, or its whole journal")
      .type_name("FOLDER")
      .required();
  add_strategy_options(command, options->strategy, "guided");
  command
      .option("--learn-from", options->learn_from,
              "what guided's model knows before a problem. lessons: those that come with gemmtune, of other "
              "N x K, "
              "and what was asked for of the problems before it, as in a sweep; asked: without the lessons; "
              "others: "
              "all candidates of the problems that have another N or K")
      .words({"lessons", "asked", "others"});
  add_named_policy_option(command, [options = options.get()](const NamedPolicy& policy) {
    options->policy = policy.name;
    options->most = {policy.near_best, policy.finalists};
  });
  command.option("--finalists", options->most.finalists, "at most how many of the fastest are raced")
      .type_name("N")
      .range(1, 1000);
  add_output_options(command, options->output);
  command.footer(
      "Examples\n"
      "  gemmtune replay results/h100-sxm/dsv3 --strategy guided --max-candidates 48\n"
      "  gemmtune replay results/h100-sxm/dsv3 --strategy random --format json");
  return [options] { return run(*options); };
}

}  // namespace gemmtune::cli
