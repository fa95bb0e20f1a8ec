// What a sweep's options say of its search, made ready for the tuner.
#pragma once

#include "cli/guide.h"
#include "cli/strategy_options.h"
#include "tune/search.h"

#include <string>
#include <vector>

namespace gemmtune::cli {

/// The strategies of a sweep, and the model that they share.
class Searching {
 public:
  /// Reads what there is to learn from; throws UserError where that is no journal with candidates. Both must
  /// outlive it.
  Searching(const StrategyOptions& options, const tune::SweepPlan& plan);

  /// `130 candidates, 58 kernels to compile`, or how many of the candidates are timed.
  std::string scope() const;

  /// Whether every candidate is timed, so that every kernel can be compiled at once.
  bool is_exhaustive() const;

  /// For the tuner; this must outlive it. `ask` hears of the cubins that are needed.
  tune::Search search(tune::Ask ask);

  /// For a later round of the same sweep, of another plan, which must outlive it: of each problem those of
  /// `first`, of which there is a list a problem, and what the model expects to be fastest, so many in all.
  tune::Search short_lists(const tune::SweepPlan& plan, std::vector<std::vector<std::size_t>> first,
                           std::size_t most, tune::Ask ask);

  /// How well the model ranked what was timed, before anything of a problem was; empty without a model.
  std::string verdict() const;

 private:
  void judge(const Problem& problem, const Forecast& forecast);

  const StrategyOptions& options_;
  const tune::SweepPlan& plan_;
  const space::StrategyKind& kind_;
  Guide guide_;
  std::vector<double> correlations_;  ///< a problem
  std::vector<double> ranks_;         ///< of the fastest, among those that were timed
  std::string worst_;                 ///< the last of them: which rank of how many, and where
};

}  // namespace gemmtune::cli
