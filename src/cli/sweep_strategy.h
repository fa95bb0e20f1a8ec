// By which strategy a sweep goes where nobody says: by a model, unless nobody knows what that loses.
#pragma once

#include "cli/strategy_options.h"
#include "core/run.h"
#include "tune/sweep_plan.h"

#include <cstddef>
#include <string>
#include <vector>

namespace gemmtune::cli {

inline constexpr const char* kUsualStrategy = "guided";

/// What the choice goes by, beside the options and the plan.
struct SweepCircumstances {
  std::size_t boards = 1;
  bool over_m = false;               ///< --m, which no other strategy can do
  std::string before;                ///< of the run that goes on; empty: none does
  std::vector<std::string> studied;  ///< kernels whose sweeps the model of a guided search was tried on
};

struct StrategyChoice {
  std::string strategy;
  std::string reason;  ///< for people, where it is not what they may expect; else empty
};

/// The one that is given; else that of the run that goes on; else `guided`. But where guided would leave
/// nothing out, or on several boards, or where one problem is of a kernel that it was not tried on,
/// `exhaustive`, of all problems: unless a budget, --learn-from or --m asks for a search.
StrategyChoice choose_strategy(const StrategyOptions& options, const tune::SweepPlan& plan,
                               const SweepCircumstances& now);

/// Writes the choice into the options, before anything is begun, and says what people may not expect.
/// `before`: the strategy of the run that goes on, empty where none does.
void settle_strategy(StrategyOptions& options, const tune::SweepPlan& plan, std::size_t boards, bool over_m,
                     const std::string& before);

/// What a run's header says of it.
void record_strategy(RunHeader& run, const StrategyOptions& options);

/// For --help: what the usual one is worth, and where another is taken.
std::string why_guided();

}  // namespace gemmtune::cli
