// The loop over problems and candidates: compiled -> verified -> screened -> the fastest raced with the
// libraries. Sees only ports. Every candidate ends as exactly one row of stage "screen"; a wrong kernel is
// never timed.
#pragma once

#include "core/ports.h"
#include "tune/careful_worker.h"
#include "tune/stopwatch.h"
#include "tune/sweep_plan.h"
#include "tune/trial.h"

#include <atomic>
#include <functional>
#include <optional>
#include <vector>

namespace gemmtune::tune {

struct Settings {
  Policy screening;  ///< few samples: only has to find the finalists
  Policy final;      ///< what the tables show
  std::size_t finalists = 8;
};

/// The row of an earlier run with this id, or null. Pointers stay valid while the tuner runs.
using Known = std::function<const Row*(const std::string& row_id)>;

/// How each cubin of the plan compiled, in the order of SweepPlan::cubins.
using Cubins = std::vector<Outcome<CompileReport>>;

class Tuner {
 public:
  /// All references must outlive the tuner. `stop` is looked at between candidates.
  Tuner(Worker& worker, RowSink& sink, Progress& progress, Stopwatch& stopwatch, RunContext context,
        Settings settings, Known known, const std::atomic<bool>& stop);

  /// False when it was stopped before the end; what was measured is written all the same, also when the
  /// machine fails and the UserError of CarefulWorker is thrown.
  bool run(const SweepPlan& plan, const Cubins& cubins);

 private:
  void run_problem(const ProblemPlan& plan, const Cubins& cubins);
  bool finished(const Trial& trial, const std::vector<Row>& entries) const;
  std::vector<Row> screen(Trial& trial, std::vector<Row> entries);
  void race(Trial& trial, const std::vector<Row>& ours, const std::vector<Row>& libraries);
  bool all_known(const std::vector<Row>& rows) const;

  RunContext context_;
  CarefulWorker worker_;
  RowSink& sink_;
  Progress& progress_;
  Stopwatch& stopwatch_;
  Settings settings_;
  Known known_;
  const std::atomic<bool>& stop_;
};

}  // namespace gemmtune::tune
