// One problem on one worker: the steps that sweep and bench are made of, each of which turns into rows.
#pragma once

#include "core/baseline_choice.h"
#include "core/ports.h"
#include "tune/stopwatch.h"
#include "tune/sweep_plan.h"

#include <optional>
#include <string>
#include <vector>

namespace gemmtune::tune {

/// What all rows of a run have in common.
struct RunContext {
  std::string run_id;
  Environment environment;
  std::optional<ColdReadFloor> floor = {};  ///< measured on this device
};

class Trial {
 public:
  /// All references must outlive the trial.
  Trial(Worker& worker, Stopwatch& stopwatch, const RunContext& context, const ProblemPlan& plan)
      : worker_(worker), stopwatch_(stopwatch), context_(context), plan_(plan) {}

  /// Operands and reference on the device. Must succeed before anything below is asked of the worker.
  std::optional<Failure> prepare(std::uint64_t seed);

  /// A row with nothing measured yet, of a library's answer.
  Row entry(const Contender& contender, Stage stage, const Policy& policy) const;

  /// The same of a candidate; waits for its cubin, which is charged to "compile". Failed if that is.
  Row entry(const Candidate& candidate, const Cubins& cubins, Stage stage, const Policy& policy) const;

  /// Rows of the answers that are chosen of the libraries' for the prepared problem. A library that refuses
  /// it has one row that says so, of invalidity `constraints`; so has an answer that it did not give.
  std::vector<Row> baseline_entries(Stage stage, const Policy& policy,
                                    const BaselineChoice& choice = all_baselines());

  /// The row of a problem that cannot be computed at all.
  Row failed(const Failure& failure, Stage stage, const Policy& policy) const;

  /// Turns rows of an earlier stage into ones of this run and `stage`: their verdict stays, their times go.
  std::vector<Row> enter(std::vector<Row> rows, Stage stage, const Policy& policy) const;

  /// Launches once and judges; the row gets its error figures, or its failure.
  void verify(Row& row);

  /// Times verified rows against each other, interleaved; each gets its time (but in a screening its samples
  /// too), or its failure. When the race fails, those that fail alone too are blamed and the others race
  /// again; should that fail as well, though each runs alone, their times alone stand, but for blocks, which
  /// are worth something beside each other only.
  void race(std::vector<Row>& rows, const Policy& policy);

  /// Times the row alone, for the energy of a launch alone: its times stay, and so does the row if it fails.
  void measure_energy(Row& row, const Policy& policy);

  /// Launches the row once more under the GPU's counters: it gets these, or a warning that it has none.
  void count(Row& row, const Policy& policy);

 private:
  void enter(Row& row, Stage stage, const Policy& policy) const;
  Outcome<MeasureReport> time(const std::vector<Row*>& rows, const Policy& policy);
  void record(Row& row, const Timing& timing) const;

  Worker& worker_;
  Stopwatch& stopwatch_;
  const RunContext& context_;
  const ProblemPlan& plan_;
};

/// Marks a row as failed.
void fail(Row& row, const Failure& failure);

}  // namespace gemmtune::tune
