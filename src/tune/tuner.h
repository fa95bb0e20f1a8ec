// The loop over problems and candidates: asked for by a strategy -> compiled -> verified -> screened -> the
// near-best screened again -> the fastest raced with the libraries. Strategies that ask in rounds take turns.
// Sees only ports. Every candidate that was asked for ends as exactly one row under the policy of the first
// screening; a wrong kernel is never timed.
#pragma once

#include "core/ports.h"
#include "tune/careful_worker.h"
#include "tune/finalists.h"
#include "tune/search.h"
#include "tune/stopwatch.h"
#include "tune/sweep_plan.h"
#include "tune/trial.h"

#include <atomic>
#include <functional>
#include <optional>
#include <span>
#include <vector>

namespace gemmtune::tune {

struct Settings {
  Policy screening;  ///< of all candidates, a few samples: only has to find the near-best
  Policy near_best;  ///< of these, more samples: only has to find the finalists
  Policy final;      ///< what the tables show
  std::size_t near_best_most = kNearBest.most;
  std::size_t finalists = 16;
  BaselineChoice libraries = all_baselines();  ///< whose answers are raced with ours
  std::optional<Policy> energy;  ///< how the energy of the winner and of each library is measured, if it is
  bool counters = false;         ///< whether the GPU's counters are read over the winner
  std::optional<Policy> sustained;  ///< how some finalists are raced back to back too, if they are
  double sustained_from = 1024;     ///< of problems with at least so many rows of D
  std::size_t sustained_finalists = 4;
  PowerKind power_kind = kernel_as_kind;  ///< of which one each is enough
};

/// The row of an earlier run with this id, or null. Pointers stay valid while the tuner runs.
using Known = std::function<const Row*(const std::string& row_id)>;

class Tuner {
 public:
  /// Contenders of one request of the first screening. They share what a request costs, and what a round of
  /// samples costs; one that fails costs each of the others a request of its own.
  static constexpr std::size_t kBatch = 16;

  /// All references must outlive the tuner. `stop` is looked at between candidates.
  Tuner(Worker& worker, RowSink& sink, Progress& progress, Stopwatch& stopwatch, RunContext context,
        Settings settings, Known known, const std::atomic<bool>& stop, Search search = {});

  /// False when it was stopped before the end; what was measured is written all the same, also when the
  /// machine fails and the UserError of CarefulWorker is thrown. Waiting for `cubins` is charged to
  /// "compile".
  bool run(const SweepPlan& plan, const Cubins& cubins);

  /// Every candidate of one problem of a plan, and no word about its progress but for its steps.
  bool run(const ProblemPlan& problem, const Cubins& cubins);

 private:
  /// What a screening is of, and who hears of it.
  struct Screening {
    std::size_t count = 0;
    std::function<Row(std::size_t index)> entry;
    /// Whether to judge one more, of which no earlier run knew; false ends the screening.
    std::function<bool()> begins = [] { return true; };
    /// `is_known`: by an earlier run.
    std::function<void(std::size_t index, const Row& row, bool is_known)> done = [](auto, auto&, auto) {};
  };

  /// A problem whose strategy has not had enough, or that is raced.
  struct Underway;

  void run(std::span<const ProblemPlan> problems, const Cubins& cubins);
  std::vector<std::optional<double>> look(Underway& problem, const std::vector<std::size_t>& round,
                                          const Cubins& cubins);
  bool prepare(Underway& problem);
  void finish(Underway& problem);
  void race_best(Trial& trial, const std::vector<Row>& ours);
  bool raced_before(const Trial& trial, const std::vector<Row>& screened) const;
  std::vector<Row> screen(Trial& trial, const Screening& screening);
  std::vector<Row> screen_again(Trial& trial, std::vector<Row> near_best);
  void race(Trial& trial, const std::vector<Row>& near_best, std::vector<Row> entrants);
  void race_sustained(Trial& trial, const std::vector<Row>& raced);
  std::vector<Row> sustained_entrants(const Trial& trial, const std::vector<Row>& raced) const;
  bool lacks_energy(std::vector<Row>& raced) const;
  std::vector<const Row*> measure_energy(Trial& trial, std::vector<Row>& raced) const;
  void look_closer(Trial& trial, std::vector<Row>& raced) const;
  std::optional<std::vector<Row>> known(const std::vector<Row>& rows) const;

  RunContext context_;
  CarefulWorker worker_;
  RowSink& sink_;
  Progress& progress_;
  Stopwatch& stopwatch_;
  Settings settings_;
  Known known_;
  const std::atomic<bool>& stop_;
  Search search_;
  const ProblemPlan* prepared_ = nullptr;  ///< whose operands the worker has
};

}  // namespace gemmtune::tune
