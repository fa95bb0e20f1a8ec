#include "tune/tuner.h"

#include "core/warnings.h"
#include "tune/finalists.h"
#include "util/error.h"
#include "util/format.h"

#include <algorithm>
#include <utility>

namespace gemmtune::tune {

namespace {

bool correct(const Row& row) {
  return row.invalidity == Invalidity::correct;
}

/// `best 9.25 µs  `, for the progress line; empty before anything was timed.
std::string with_best(const std::optional<double>& time_us) {
  return time_us ? formatted("best {:.2f} µs  ", *time_us) : "";
}

}  // namespace

Tuner::Tuner(Worker& worker, RowSink& sink, Progress& progress, Stopwatch& stopwatch, RunContext context,
             Settings settings, Known known, const std::atomic<bool>& stop)
    : context_(std::move(context)),
      worker_(worker, context_.environment),
      sink_(sink),
      progress_(progress),
      stopwatch_(stopwatch),
      settings_(std::move(settings)),
      known_(std::move(known)),
      stop_(stop) {}

bool Tuner::run(const SweepPlan& plan, const Cubins& cubins) {
  progress_.begin("measure", plan.candidates(), plan.cost());
  for (const ProblemPlan& problem : plan.problems) {
    if (stop_) break;
    run_problem(problem, cubins);
  }
  progress_.end();
  return !stop_;
}

bool Tuner::run(const ProblemPlan& problem, const Cubins& cubins) {
  if (!stop_) run_problem(problem, cubins);
  return !stop_;
}

void Tuner::run_problem(const ProblemPlan& plan, const Cubins& cubins) {
  Trial trial(worker_, stopwatch_, context_, plan);
  const Policy& policy = settings_.screening;
  const auto write_failure = [&](const Failure& failure) {
    const Row row = trial.failed(failure, Stage::screen, policy);
    if (!known_(row_id(row))) sink_.write(row);
  };
  if (!plan.unsupported.empty()) return write_failure({Invalidity::constraints, plan.unsupported});
  const auto entry = [&](std::size_t i) {
    return trial.entry(plan.candidates[i], cubins, Stage::screen, policy);
  };
  std::optional<double> best_us;
  const auto step = [&](const Row& row, bool is_known) {
    if (correct(row) && row.time_us) best_us = std::min(best_us.value_or(*row.time_us), *row.time_us);
    const std::string what = with_best(best_us) + describe(plan.problem);
    is_known ? progress_.skip(what, plan.candidate_cost()) : progress_.step(what, plan.candidate_cost());
  };
  const std::size_t candidates = plan.candidates.size();
  const bool nothing_to_do = finished(trial, candidates, entry);
  if (stop_) return;
  const auto failure = nothing_to_do ? std::nullopt : trial.prepare(policy.seed);
  if (nothing_to_do || failure) {
    for (std::size_t i = 0; i < candidates; ++i)
      progress_.skip(describe(plan.problem), plan.candidate_cost());
    if (failure) write_failure({failure->invalidity, "prepare: " + failure->reason});
    return;
  }
  const std::vector<Row> ours = screen(trial, candidates, entry, step);
  if (stop_) return;
  progress_.doing(with_best(best_us) + "racing  " + describe(plan.problem));
  const std::vector<Row> answers = trial.baseline_entries(Stage::screen, policy);
  const std::vector<Row> libraries = screen(
      trial, answers.size(), [&](std::size_t i) { return answers[i]; }, [](const Row&, bool) {});
  if (stop_) return;
  const std::vector<Row> near_answers = screen_again(trial, near_best_answers(libraries));
  if (stop_) return;
  const std::vector<Row> near_best = screen_again(trial, near_best_of(ours));
  if (stop_) return;
  race(trial, near_best, best_answers(near_answers, libraries));
}

/// True when an earlier run screened every candidate and raced the finalists: nothing is left to ask the
/// worker.
bool Tuner::finished(const Trial& trial, std::size_t candidates, const MakeEntry& entry) const {
  std::vector<Row> screened;
  for (std::size_t i = 0; i < candidates; ++i) {
    const Row* row = known_(row_id(entry(i)));
    if (!row) return false;
    screened.push_back(*row);
  }
  const auto near_best = known(trial.enter(near_best_of(screened), Stage::screen, settings_.near_best));
  if (!near_best) return false;
  const std::vector<Row> finalists = finalists_of(*near_best, settings_.finalists);
  return !finalists.empty() && known(trial.enter(finalists, Stage::final, settings_.final));
}

/// Rows are written as each batch ends, those of failures at once.
std::vector<Row> Tuner::screen(Trial& trial, std::size_t count, const MakeEntry& entry, const Done& done) {
  std::vector<Row> screened, batch;
  const auto keep = [&](Row row, bool is_known = false) {
    done(row, is_known);
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
    for (Row& row : batch) {
      sink_.write(row);
      keep(std::move(row));
    }
    batch.clear();
  };
  for (std::size_t i = 0; i < count && !stop_; ++i) {
    Row row = entry(i);
    if (stop_) break;  // while it waited for its cubin, which may not have been compiled for that
    if (const Row* known = known_(row_id(row))) {
      keep(*known, /*is_known=*/true);
      continue;
    }
    if (correct(row)) trial.verify(row);
    if (correct(row)) {
      batch.push_back(std::move(row));
      if (batch.size() == kBatch) time_batch();
    } else {
      sink_.write(row);
      keep(std::move(row));
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
  // what `finished` relies on.
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
