// Which candidates of each problem are tried: the options, and what they say.
#pragma once

#include "cli/command.h"
#include "tune/search.h"

#include <cstdint>
#include <string>
#include <vector>

namespace gemmtune::cli {

struct StrategyOptions {
  std::string strategy;  ///< empty: nobody has said
  tune::Budgets budgets;
  std::uint64_t order_seed = 1;
  std::vector<std::string> learn_from;  ///< folders of earlier sweeps
};

/// Registers --strategy, shown to be `usual`, which it stays where it is not given, `why` being said of it,
/// --max-candidates, for each problem and in all, and --order-seed; `options` must outlive the parsing.
void add_strategy_options(Command& command, StrategyOptions& options, const std::string& usual,
                          const std::string& why = "");

/// Registers what goes with a sweep alone: --time-budget, for each problem and in all, and --learn-from.
/// Where --strategy is not given nobody has said: the sweep chooses (cli/sweep_strategy).
void add_sweep_options(Command& command, StrategyOptions& options);

/// With what the strategy times where --max-candidates was not given.
tune::Budgets budgets_of(const StrategyOptions& options);

}  // namespace gemmtune::cli
