#include "tune/tuner.h"

#include "core/groups.h"
#include "core/warnings.h"
#include "util/error.h"
#include "util/format.h"

#include <algorithm>
#include <chrono>
#include <iterator>
#include <map>
#include <numeric>
#include <utility>

namespace gemmtune::tune {

namespace {

using Clock = std::chrono::steady_clock;

bool correct(const Row& row) {
  return row.invalidity == Invalidity::correct;
}

double since(Clock::time_point start) {
  return std::chrono::duration<double>(Clock::now() - start).count();
}

/// Rows of D that are computed, mean over the draws of groups' sizes.
double rows_of_work(const Problem& problem) {
  return shares_out_inner(problem) ? static_cast<double>(rows_of_d(problem)) : useful_rows(problem);
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

struct Tuner::Underway {
  const ProblemPlan& plan;
  Trial trial;
  std::size_t steps;   ///< of its progress that are to come
  double seconds;      ///< that its looks at candidates may take
  double spent_s = 0;  ///< of these
  std::size_t judged = 0;
  bool late = false;
  std::optional<Failure> failure = {};  ///< to prepare it
  std::optional<double> best_us = {};
  std::vector<Row> ours = {};
};

bool Tuner::run(const SweepPlan& plan, const Cubins& cubins) {
  const std::vector<std::size_t> steps = steps_of(plan.problems, search_.budgets);
  double cost = 0;
  for (std::size_t i = 0; i < steps.size(); ++i)
    cost += static_cast<double>(steps[i]) * plan.problems[i].candidate_cost();
  progress_.begin("measure", std::accumulate(steps.begin(), steps.end(), std::size_t{0}), cost);
  run(plan.problems, cubins);
  progress_.end();
  return !stop_;
}

bool Tuner::run(const ProblemPlan& problem, const Cubins& cubins) {
  run(std::span(&problem, 1), cubins);
  return !stop_;
}

void Tuner::run(std::span<const ProblemPlan> problems, const Cubins& cubins) {
  const MakeStrategy every = [&](std::size_t index, std::size_t most) {
    return space::make_exhaustive(choice_of(problems[index], most));
  };
  const auto ask = [&](const Turns::Turn& turn, Urgency urgency) {
    if (search_.make) search_.ask(cubins_of(problems[turn.index], turn.round), urgency);
  };
  // Where every candidate is timed its kernels are compiled in the order of the plan, far ahead.
  Turns turns(search_.make ? search_.make : every, shares(problems, search_.budgets),
              search_.make ? Search::kAbreast : 1,
              [&](const Turns::Turn& turn) { ask(turn, Urgency::next); });
  const std::vector<std::size_t> steps = steps_of(problems, search_.budgets);
  double weight_left = 0;  // of the problems that are not over
  for (const ProblemPlan& problem : problems) weight_left += problem.weight;
  prepared_ = nullptr;
  std::map<std::size_t, Underway> underway;
  const auto began = Clock::now();
  while (const Turns::Turn* const turn = stop_ ? nullptr : turns.turn()) {
    const std::size_t index = turn->index;
    const ProblemPlan& plan = problems[index];
    if (!underway.contains(index))
      underway.try_emplace(
          index, Underway{plan, Trial(worker_, stopwatch_, context_, plan), steps[index],
                          seconds_of_next(search_.budgets, since(began), weight_left / plan.weight)});
    Underway& problem = underway.at(index);
    ask(*turn, Urgency::now);
    const std::vector<std::optional<double>> times_us = look(problem, turn->round, cubins);
    if (stop_) return;
    // The next problem begins before this one is raced: its kernels are compiled meanwhile.
    if (problem.failure || problem.late)
      turns.end();
    else if (turns.tell(times_us))
      continue;
    finish(problem);
    weight_left -= plan.weight;
    underway.erase(index);
  }
}

/// What each of these candidates of it took.
std::vector<std::optional<double>> Tuner::look(Underway& problem, const std::vector<std::size_t>& round,
                                               const Cubins& cubins) {
  const ProblemPlan& plan = problem.plan;
  const Policy& policy = settings_.screening;
  const auto began = Clock::now();
  std::vector<std::optional<double>> times_us(round.size());
  Screening screening;
  screening.count = round.size();
  screening.entry = [&](std::size_t i) {
    return problem.trial.entry(plan.candidates[round[i]], cubins, Stage::screen, policy);
  };
  screening.begins = [&] {
    problem.late = problem.judged >= kBatch && problem.spent_s + since(began) >= problem.seconds;
    if (problem.late || !prepare(problem)) return false;
    ++problem.judged;
    return true;
  };
  screening.done = [&](std::size_t i, const Row& row, bool is_known) {
    if (correct(row)) times_us[i] = row.time_us;
    if (times_us[i]) problem.best_us = std::min(problem.best_us.value_or(*times_us[i]), *times_us[i]);
    const std::string what = with_best(problem.best_us) + describe(plan.problem);
    is_known ? progress_.skip(what, plan.candidate_cost()) : progress_.step(what, plan.candidate_cost());
    if (problem.steps > 0) --problem.steps;
  };
  std::vector<Row> rows = screen(problem.trial, screening);
  std::move(rows.begin(), rows.end(), std::back_inserter(problem.ours));
  problem.spent_s += since(began);
  return times_us;
}

/// Its operands on the device, in place of another problem's.
bool Tuner::prepare(Underway& problem) {
  if (prepared_ == &problem.plan) return true;
  prepared_ = nullptr;
  problem.failure = problem.trial.prepare(settings_.screening.seed);
  if (!problem.failure) prepared_ = &problem.plan;
  return !problem.failure;
}

/// What comes after its last round.
void Tuner::finish(Underway& problem) {
  const ProblemPlan& plan = problem.plan;
  const auto write_failure = [&](const Failure& failure) {
    const Row row = problem.trial.failed(failure, Stage::screen, settings_.screening);
    if (!known_(row_id(row))) sink_.write(row);
  };
  for (; problem.steps > 0; --problem.steps) progress_.skip(describe(plan.problem), plan.candidate_cost());
  if (!plan.unsupported.empty()) return write_failure({Invalidity::constraints, plan.unsupported});
  if (problem.judged == 0 && !problem.failure && raced_before(problem.trial, problem.ours)) return;
  if (problem.failure || !prepare(problem))
    return write_failure({problem.failure->invalidity, "prepare: " + problem.failure->reason});
  progress_.doing(with_best(problem.best_us) + "racing  " + describe(plan.problem));
  race_best(problem.trial, problem.ours);
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
  auto raced = known(trial.enter(finalists, Stage::final, settings_.final));
  return !finalists.empty() && raced && !lacks_energy(*raced) && known(sustained_entrants(trial, *raced));
}

/// Whether the energy of a winner that was raced before is still to be measured: on the board of its times.
bool Tuner::lacks_energy(std::vector<Row>& raced) const {
  const Row* const winner = winner_of(raced);
  return settings_.energy && winner != nullptr && !winner->energy_j &&
         winner->board_uuid == context_.environment.uuid;
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
  if (auto raced = known(entrants)) {
    // A race of an earlier run, which measured no energy: its times stay, and rows get what they lack.
    if (lacks_energy(*raced))
      for (const Row* row : measure_energy(trial, *raced))
        if (row->energy_j) sink_.write(*row);
    return race_sustained(trial, *raced);
  }
  trial.race(entrants, settings_.final);
  if (fastest(near_best, 2).size() == 1) entrants.back().warnings.push_back(warning::kFewCandidates);
  look_closer(trial, entrants);
  for (const Row& row : entrants) sink_.write(row);
  race_sustained(trial, entrants);
}

/// Of the rows of a race in bursts those who race back to back too; none where nothing is to be decided.
std::vector<Row> Tuner::sustained_entrants(const Trial& trial, const std::vector<Row>& raced) const {
  if (!settings_.sustained || raced.empty() || rows_of_work(raced.front().problem) < settings_.sustained_from)
    return {};
  std::vector<Row> chosen = sustained_finalists(raced, settings_.sustained_finalists, settings_.power_kind);
  if (chosen.size() < 2) return {};
  return trial.enter(std::move(chosen), Stage::sustained, *settings_.sustained);
}

void Tuner::race_sustained(Trial& trial, const std::vector<Row>& raced) {
  std::vector<Row> entrants = sustained_entrants(trial, raced);
  if (entrants.empty() || known(entrants) || stop_) return;
  progress_.doing("racing sustained  " + describe(entrants.front().problem));
  trial.race(entrants, *settings_.sustained);
  for (const Row& row : entrants) sink_.write(row);
}

/// What is measured of single ones, after the race.
void Tuner::look_closer(Trial& trial, std::vector<Row>& raced) const {
  Row* const winner = winner_of(raced);
  if (winner == nullptr) return;
  if (settings_.energy) measure_energy(trial, raced);
  if (settings_.counters) trial.count(*winner, settings_.final);
}

/// Of each library's fastest answer, then of the winner, where it is not known yet. These rows.
std::vector<const Row*> Tuner::measure_energy(Trial& trial, std::vector<Row>& raced) const {
  std::vector<Row*> measured = fastest_of_libraries(raced);
  measured.push_back(winner_of(raced));
  std::erase_if(measured, [](const Row* row) { return row->energy_j.has_value(); });
  for (Row* row : measured) trial.measure_energy(*row, *settings_.energy);
  return {measured.begin(), measured.end()};
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
