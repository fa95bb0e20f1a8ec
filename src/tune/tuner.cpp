#include "tune/tuner.h"

#include "core/warnings.h"
#include "tune/finalists.h"
#include "util/error.h"

#include <algorithm>
#include <utility>

namespace gemmtune::tune {

namespace {

bool correct(const Row& row) {
  return row.invalidity == Invalidity::correct;
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
  ensure(cubins.size() == plan.cubins.size(), "every cubin of the plan has been compiled");
  progress_.begin("measure", plan.candidates());
  for (const ProblemPlan& problem : plan.problems) {
    if (stop_) break;
    run_problem(problem, cubins);
  }
  progress_.end();
  return !stop_;
}

void Tuner::run_problem(const ProblemPlan& plan, const Cubins& cubins) {
  Trial trial(worker_, stopwatch_, context_, plan);
  const Policy& policy = settings_.screening;
  if (!plan.unsupported.empty()) {
    const Row row = trial.failed({Invalidity::constraints, plan.unsupported}, Stage::screen, policy);
    if (!known_(row_id(row))) sink_.write(row);
    return;
  }
  std::vector<Row> entries;
  for (const Candidate& candidate : plan.candidates)
    entries.push_back(trial.entry({provider::kGemmtune, candidate.config}, Stage::screen, policy,
                                  &cubins[candidate.cubin]));
  if (finished(trial, entries)) {
    for (std::size_t i = 0; i < entries.size(); ++i) progress_.step(describe(plan.problem));
    return;
  }
  if (const auto failure = trial.prepare(policy.seed)) {
    for (std::size_t i = 0; i < entries.size(); ++i) progress_.step(describe(plan.problem));
    sink_.write(trial.failed({failure->invalidity, "prepare: " + failure->reason}, Stage::screen, policy));
    return;
  }
  const std::vector<Row> ours = screen(trial, std::move(entries));
  if (stop_) return;
  const std::vector<Row> libraries = screen(trial, trial.baseline_entries(Stage::screen, policy));
  race(trial, ours, libraries);
}

/// True when an earlier run screened every candidate and raced the finalists: nothing is left to ask the
/// worker.
bool Tuner::finished(const Trial& trial, const std::vector<Row>& entries) const {
  std::vector<Row> screened;
  for (const Row& entry : entries) {
    const Row* row = known_(row_id(entry));
    if (!row) return false;
    screened.push_back(*row);
  }
  std::vector<Row> finalists = fastest(screened, settings_.finalists);
  for (Row& row : finalists) trial.enter(row, Stage::final, settings_.final);
  return !finalists.empty() && all_known(finalists);
}

std::vector<Row> Tuner::screen(Trial& trial, std::vector<Row> entries) {
  std::vector<Row> screened;
  for (Row& row : entries) {
    if (stop_) break;
    if (const Row* known = known_(row_id(row))) {
      row = *known;
    } else {
      if (correct(row)) trial.verify(row);
      if (correct(row)) trial.measure(row, settings_.screening);
      sink_.write(row);
    }
    if (row.provider == provider::kGemmtune) progress_.step(describe(row.problem));
    screened.push_back(std::move(row));
  }
  return screened;
}

void Tuner::race(Trial& trial, const std::vector<Row>& ours, const std::vector<Row>& libraries) {
  if (stop_) return;
  // The libraries first: once the rows of our finalists are on disk, those of the whole race are, which is
  // what `finished` relies on.
  std::vector<Row> entrants = best_answers(libraries);
  const std::vector<Row> finalists = fastest(ours, settings_.finalists);
  entrants.insert(entrants.end(), finalists.begin(), finalists.end());
  for (Row& row : entrants) trial.enter(row, Stage::final, settings_.final);
  if (all_known(entrants)) return;
  trial.race(entrants, settings_.final);
  if (fastest(ours, 2).size() == 1) entrants.back().warnings.push_back(warning::kFewCandidates);
  for (const Row& row : entrants) sink_.write(row);
}

bool Tuner::all_known(const std::vector<Row>& rows) const {
  return std::all_of(rows.begin(), rows.end(),
                     [&](const Row& row) { return known_(row_id(row)) != nullptr; });
}

}  // namespace gemmtune::tune
