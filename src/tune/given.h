// Configurations that were given rather than searched for: judged (`verify`), or judged and raced with
// answers of the libraries (`bench`). Sees only ports, like the tuner.
#pragma once

#include "core/ports.h"
#include "tune/careful_worker.h"
#include "tune/stopwatch.h"
#include "tune/sweep_plan.h"
#include "tune/trial.h"

#include <atomic>
#include <optional>
#include <vector>

namespace gemmtune::tune {

/// What `bench` does beside timing the candidates.
struct Beside {
  BaselineChoice libraries = all_baselines();  ///< whose answers race with them
  bool counters = false;                       ///< each is launched once more under the GPU's
};

class GivenRun {
 public:
  /// All references must outlive it. `stop` is looked at between candidates.
  GivenRun(Worker& worker, Progress& progress, RunContext context, Policy policy,
           const std::atomic<bool>& stop)
      : context_(std::move(context)),
        worker_(worker, context_.environment),
        progress_(progress),
        policy_(policy),
        stop_(stop) {}

  /// One row a candidate, with error figures or the failure; one row for a problem without candidates.
  std::vector<Row> verify(const SweepPlan& plan, const Cubins& cubins);

  /// The same and the libraries' answers, each timed if it is right.
  std::vector<Row> bench(const SweepPlan& plan, const Cubins& cubins, const Beside& beside = {});

 private:
  /// Nothing when the problem cannot be prepared: `rows` has got the row that says so.
  std::optional<std::vector<Row>> entries(Trial& trial, const ProblemPlan& plan, const Cubins& cubins,
                                          Stage stage, std::vector<Row>& rows) const;
  void judge(Trial& trial, const ProblemPlan& plan, std::vector<Row>& rows);

  RunContext context_;
  CarefulWorker worker_;
  Progress& progress_;
  Stopwatch stopwatch_;
  Policy policy_;
  const std::atomic<bool>& stop_;
};

}  // namespace gemmtune::tune
