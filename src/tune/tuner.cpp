#include "tune/tuner.h"

#include "core/warnings.h"
#include "util/error.h"
#include "util/format.h"

#include <algorithm>
#include <chrono>
#include <iterator>
#include <limits>
#include <numeric>
#include <utility>

namespace gemmtune::tune {

namespace {

using Clock = std::chrono::steady_clock;

bool correct(const Row& row) {
  return row.invalidity == Invalidity::correct;
}

/// `best 9.25 µs  `, for the progress line; empty before anything was timed.
std::string with_best(const std::optional<double>& time_us) {
  return time_us ? formatted("best {:.2f} µs  ", *time_us) : "";
}

}  // namespace

Tuner::Tuner(Worker& worker, RowSink& sink, Progress& progress, Stopwatch& stopwatch, RunContext context,
             Settings settings, Known known, const std::atomic<bool>& stop, Search search)
    : context_(std::move(context)),
      worker_(worker, context_.environment),
      sink_(sink),
      progress_(progress),
      stopwatch_(stopwatch),
      settings_(std::move(settings)),
      known_(std::move(known)),
      stop_(stop),
      search_(std::move(search)) {}

bool Tuner::run(const SweepPlan& plan, const Cubins& cubins) {
  const std::vector<std::size_t> steps = steps_of(plan, search_.budgets);
  double cost = 0;
  for (std::size_t i = 0; i < steps.size(); ++i)
    cost += static_cast<double>(steps[i]) * plan.problems[i].candidate_cost();
  progress_.begin("measure", std::accumulate(steps.begin(), steps.end(), std::size_t{0}), cost);
  const MakeStrategy every = [&](std::size_t index, std::size_t most) {
    return space::make_exhaustive(choice_of(plan.problems[index], most));
  };
  Turns turns(search_.make ? search_.make : every, shares(plan, search_.budgets),
              [&](std::size_t index, const std::vector<std::size_t>& round) {
                if (search_.make) search_.ask(cubins_of(plan.problems[index], round), Urgency::next);
              });
  const auto began = Clock::now();
  double weight_left = 0;
  for (const ProblemPlan& problem : plan.problems) weight_left += problem.weight;
  for (std::size_t i = 0; i < plan.problems.size() && !stop_; ++i) {
    const double elapsed_s = std::chrono::duration<double>(Clock::now() - began).count();
    Turns::Turn turn = turns.take();
    std::vector<std::size_t> later;
    if (i + 1 < plan.problems.size()) later = cubins_of(plan.problems[i + 1], turns.likely_next());
    run_problem(plan.problems[i], std::move(turn), steps[i],
                seconds_of_next(search_.budgets, elapsed_s, weight_left / plan.problems[i].weight), cubins,
                later);
    weight_left -= plan.problems[i].weight;
  }
  progress_.end();
  return !stop_;
}

bool Tuner::run(const ProblemPlan& problem, const Cubins& cubins) {
  if (stop_) return false;
  Turns::Turn every;
  every.strategy = space::make_exhaustive(choice_of(problem, 0));
  every.round = every.strategy->next();
  run_problem(problem, std::move(every), problem.candidates.size(), std::numeric_limits<double>::infinity(),
              cubins, {});
  return !stop_;
}

void Tuner::run_problem(const ProblemPlan& plan, Turns::Turn turn, std::size_t steps, double seconds,
                        const Cubins& cubins, const std::vector<std::size_t>& later) {
  Trial trial(worker_, stopwatch_, context_, plan);
  const Policy& policy = settings_.screening;
  const auto write_failure = [&](const Failure& failure) {
    const Row row = trial.failed(failure, Stage::screen, policy);
    if (!known_(row_id(row))) sink_.write(row);
  };
  if (!plan.unsupported.empty()) return write_failure({Invalidity::constraints, plan.unsupported});

  const auto began = Clock::now();
  std::size_t judged = 0;
  bool prepared = false, late = false;
  std::optional<Failure> failure;
  const auto prepare = [&] {
    if (prepared) return true;
    failure = trial.prepare(policy.seed);
    prepared = !failure;
    return prepared;
  };
  std::optional<double> best_us;
  std::vector<std::optional<double>> times;  // of the round
  Screening look;
  look.entry = [&](std::size_t i) {
    return trial.entry(plan.candidates[turn.round[i]], cubins, Stage::screen, policy);
  };
  look.begins = [&] {
    late = judged >= kBatch && std::chrono::duration<double>(Clock::now() - began).count() >= seconds;
    if (late || !prepare()) return false;
    ++judged;
    return true;
  };
  look.done = [&](std::size_t i, const Row& row, bool is_known) {
    if (correct(row)) times[i] = row.time_us;
    if (times[i]) best_us = std::min(best_us.value_or(*times[i]), *times[i]);
    const std::string what = with_best(best_us) + describe(plan.problem);
    is_known ? progress_.skip(what, plan.candidate_cost()) : progress_.step(what, plan.candidate_cost());
    if (steps > 0) --steps;
  };
  std::vector<Row> ours;
  while (!turn.round.empty()) {
    if (search_.make) {
      search_.ask(cubins_of(plan, turn.round), Urgency::now);
      std::vector<std::size_t> guesses = cubins_of(plan, turn.strategy->likely());
      guesses.insert(guesses.end(), later.begin(), later.end());
      search_.ask(guesses, Urgency::perhaps);
    }
    times.assign(turn.round.size(), std::nullopt);
    look.count = turn.round.size();
    std::vector<Row> rows = screen(trial, look);
    std::move(rows.begin(), rows.end(), std::back_inserter(ours));
    if (stop_ || failure || late) break;
    // In the order of the round, whatever was known: a resumed sweep tells the same as an undisturbed one.
    for (std::size_t i = 0; i < times.size(); ++i) turn.strategy->tell(turn.round[i], times[i]);
    turn.round = turn.strategy->next();
  }
  turn.strategy.reset();  // before the race, which it has nothing to do with
  if (stop_) return;
  for (; steps > 0; --steps) progress_.skip(describe(plan.problem), plan.candidate_cost());
  if (!failure && !prepared && raced_before(trial, ours)) return;
  if (!failure) prepare();
  if (failure) return write_failure({failure->invalidity, "prepare: " + failure->reason});
  progress_.doing(with_best(best_us) + "racing  " + describe(plan.problem));
  race_best(trial, ours);
}

/// What comes after the screening, with the libraries.
void Tuner::race_best(Trial& trial, const std::vector<Row>& ours) {
  const std::vector<Row> answers =
      trial.baseline_entries(Stage::screen, settings_.screening, settings_.libraries);
  Screening look;
  look.count = answers.size();
  look.entry = [&](std::size_t i) { return answers[i]; };
  const std::vector<Row> libraries = screen(trial, look);
  if (stop_) return;
  const std::vector<Row> near_answers = screen_again(trial, near_best_answers(libraries));
  if (stop_) return;
  const std::vector<Row> near_best = screen_again(trial, near_best_of(ours, settings_.near_best_most));
  if (stop_) return;
  race(trial, near_best, best_answers(near_answers, libraries));
}

/// Whether an earlier run raced the finalists of these rows: nothing is left to ask the worker.
bool Tuner::raced_before(const Trial& trial, const std::vector<Row>& screened) const {
  const auto near_best = known(
      trial.enter(near_best_of(screened, settings_.near_best_most), Stage::screen, settings_.near_best));
  if (!near_best) return false;
  const std::vector<Row> finalists = finalists_of(*near_best, settings_.finalists);
  return !finalists.empty() && known(trial.enter(finalists, Stage::final, settings_.final));
}

/// Rows are written as each batch ends, those of failures at once.
std::vector<Row> Tuner::screen(Trial& trial, const Screening& screening) {
  std::vector<Row> screened, batch;
  std::vector<std::size_t> indices;  // of the batch
  const auto keep = [&](std::size_t index, Row row, bool is_known = false) {
    screening.done(index, row, is_known);
    screened.push_back(std::move(row));
  };
  const auto time_batch = [&] {
    try {
      trial.race(batch, settings_.screening);
    } catch (const UserError&) {  // the machine is lost, but not what was found out before
      for (const Row& row : batch)
        if (!correct(row)) sink_.write(row);
      throw;
    }
    for (std::size_t i = 0; i < batch.size(); ++i) {
      sink_.write(batch[i]);
      keep(indices[i], std::move(batch[i]));
    }
    batch.clear();
    indices.clear();
  };
  for (std::size_t i = 0; i < screening.count && !stop_; ++i) {
    Row row = screening.entry(i);
    if (stop_) break;  // while it waited for its cubin, which may not have been compiled for that
    if (const Row* known = known_(row_id(row))) {
      keep(i, *known, /*is_known=*/true);
      continue;
    }
    if (!screening.begins()) break;
    if (correct(row)) trial.verify(row);
    if (correct(row)) {
      batch.push_back(std::move(row));
      indices.push_back(i);
      if (batch.size() == kBatch) time_batch();
    } else {
      sink_.write(row);
      keep(i, std::move(row));
    }
  }
  time_batch();  // after a stop too: what was judged is not judged again
  return screened;
}

/// Under a policy of more samples.
std::vector<Row> Tuner::screen_again(Trial& trial, std::vector<Row> near_best) {
  std::vector<Row> rows = trial.enter(std::move(near_best), Stage::screen, settings_.near_best);
  if (auto known_rows = known(rows)) return *known_rows;
  trial.race(rows, settings_.near_best);
  for (const Row& row : rows) sink_.write(row);
  return rows;
}

void Tuner::race(Trial& trial, const std::vector<Row>& near_best, std::vector<Row> entrants) {
  // The libraries first: once the rows of our finalists are on disk, those of the whole race are, which is
  // what `raced_before` relies on.
  const std::vector<Row> finalists = finalists_of(near_best, settings_.finalists);
  entrants.insert(entrants.end(), finalists.begin(), finalists.end());
  entrants = trial.enter(std::move(entrants), Stage::final, settings_.final);
  if (known(entrants)) return;
  trial.race(entrants, settings_.final);
  if (fastest(near_best, 2).size() == 1) entrants.back().warnings.push_back(warning::kFewCandidates);
  look_closer(trial, entrants);
  for (const Row& row : entrants) sink_.write(row);
}

/// What is measured of the winner alone, after the race.
void Tuner::look_closer(Trial& trial, std::vector<Row>& raced) const {
  Row* const winner = winner_of(raced);
  if (winner == nullptr) return;
  if (settings_.energy) trial.measure_energy(*winner, *settings_.energy);
  if (settings_.counters) trial.count(*winner, settings_.final);
}

/// What an earlier run made of these rows; nothing unless it has all of them.
std::optional<std::vector<Row>> Tuner::known(const std::vector<Row>& rows) const {
  std::vector<Row> found;
  for (const Row& row : rows) {
    const Row* known = known_(row_id(row));
    if (!known) return std::nullopt;
    found.push_back(*known);
  }
  return found;
}

}  // namespace gemmtune::tune
