// One problem on one worker: the steps that sweep and bench are made of, each of which turns into rows.
#pragma once

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
};

class Trial {
 public:
  /// All references must outlive the trial.
  Trial(Worker& worker, Stopwatch& stopwatch, const RunContext& context, const ProblemPlan& plan)
      : worker_(worker), stopwatch_(stopwatch), context_(context), plan_(plan) {}

  /// Operands and reference on the device. Must succeed before anything below is asked of the worker.
  std::optional<Failure> prepare(std::uint64_t seed);

  /// A row with nothing measured yet. `cubin` is null for the libraries.
  Row entry(const Contender& contender, Stage stage, const Policy& policy,
            const Outcome<CompileReport>* cubin = nullptr) const;

  /// Rows of every answer of every library for the prepared problem. A library that refuses it has one row
  /// that says so, of invalidity `constraints`.
  std::vector<Row> baseline_entries(Stage stage, const Policy& policy);

  /// The row of a problem that cannot be computed at all.
  Row failed(const Failure& failure, Stage stage, const Policy& policy) const;

  /// Turns a row of an earlier stage into one of this run and `stage`: its verdict stays, its times go.
  void enter(Row& row, Stage stage, const Policy& policy) const;

  /// Launches once and judges; the row gets its error figures, or its failure.
  void verify(Row& row);

  /// Times one verified row alone; the row gets its time, or its failure.
  void measure(Row& row, const Policy& policy);

  /// Times verified rows against each other, interleaved; each gets its time and samples, or its failure.
  /// When the race fails, those that fail alone too are blamed and the others race again.
  void race(std::vector<Row>& rows, const Policy& policy);

 private:
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
