#include "tune/given.h"

#include <algorithm>
#include <iterator>

namespace gemmtune::tune {

namespace {

bool correct(const Row& row) {
  return row.invalidity == Invalidity::correct;
}

void append(std::vector<Row>& to, std::vector<Row> rows) {
  std::move(rows.begin(), rows.end(), std::back_inserter(to));
}

}  // namespace

std::vector<Row> GivenRun::verify(const SweepPlan& plan, const Cubins& cubins) {
  std::vector<Row> rows;
  progress_.begin("verify", plan.candidates(), plan.cost());
  for (const ProblemPlan& problem : plan.problems) {
    if (stop_) break;
    Trial trial(worker_, stopwatch_, context_, problem);
    auto candidates = entries(trial, problem, cubins, Stage::screen, rows);
    if (!candidates) continue;
    judge(trial, problem, *candidates);
    append(rows, std::move(*candidates));
  }
  progress_.end();
  return rows;
}

std::vector<Row> GivenRun::bench(const SweepPlan& plan, const Cubins& cubins, const Beside& beside) {
  std::vector<Row> rows;
  progress_.begin("bench", plan.candidates(), plan.cost());
  for (const ProblemPlan& problem : plan.problems) {
    if (stop_) break;
    Trial trial(worker_, stopwatch_, context_, problem);
    auto contenders = entries(trial, problem, cubins, Stage::measure, rows);
    if (!contenders) continue;
    append(*contenders, trial.baseline_entries(Stage::measure, policy_, beside.libraries));
    judge(trial, problem, *contenders);
    const auto wrong = std::stable_partition(contenders->begin(), contenders->end(), correct);
    std::vector<Row> right(contenders->begin(), wrong);
    if (!stop_) trial.race(right, policy_);
    for (Row& row : right)
      if (beside.counters && !stop_ && row.time_us) trial.count(row, policy_);
    append(rows, std::move(right));
    rows.insert(rows.end(), wrong, contenders->end());
  }
  progress_.end();
  return rows;
}

std::optional<std::vector<Row>> GivenRun::entries(Trial& trial, const ProblemPlan& plan, const Cubins& cubins,
                                                  Stage stage, std::vector<Row>& rows) const {
  if (!plan.unsupported.empty()) {
    rows.push_back(trial.failed({Invalidity::constraints, plan.unsupported}, stage, policy_));
    return std::nullopt;
  }
  if (const auto failure = trial.prepare(policy_.seed)) {
    rows.push_back(trial.failed({failure->invalidity, "prepare: " + failure->reason}, stage, policy_));
    return std::nullopt;
  }
  std::vector<Row> candidates;
  for (const Candidate& candidate : plan.candidates)
    candidates.push_back(trial.entry(candidate, cubins, stage, policy_));
  return candidates;
}

void GivenRun::judge(Trial& trial, const ProblemPlan& plan, std::vector<Row>& rows) {
  for (std::size_t i = 0; i < rows.size(); ++i) {
    if (stop_) {
      rows.resize(i);  // what was not judged is no result
      return;
    }
    if (correct(rows[i])) trial.verify(rows[i]);
    if (rows[i].provider == provider::kGemmtune)
      progress_.step(describe(plan.problem), plan.candidate_cost());
  }
}

}  // namespace gemmtune::tune
