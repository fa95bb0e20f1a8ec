#include "cli/strategy_options.h"

#include "space/strategy.h"

#include <string>
#include <vector>

namespace gemmtune::cli {

namespace {

void add_count(Command& command, const std::string& name, std::size_t& target, const std::string& help) {
  command.option(name, target, help).type_name("N").range(1, 1e9).default_text("none");
}

}  // namespace

void add_strategy_options(Command& command, StrategyOptions& options, const std::string& usual,
                          const std::string& why) {
  options.strategy = usual;
  std::vector<std::string> names;
  std::string meanings;
  for (const space::StrategyKind& kind : space::strategies()) {
    names.emplace_back(kind.name);
    meanings += (meanings.empty() ? "" : "; ") + std::string(kind.name) + ": " + std::string(kind.meaning);
  }
  command
      .option("--strategy", options.strategy,
              "which candidates are timed. " + meanings + (why.empty() ? "" : ". " + why))
      .words(names);
  add_count(command, "--max-candidates", options.budgets.problem.candidates,
            "at most so many candidates of each problem; without it, guided times " +
                std::to_string(space::require_strategy("guided").usual) + " of them, the others all");
  add_count(command, "--max-candidates-in-all", options.budgets.in_all.candidates,
            "at most so many of all problems together, shared out evenly");
  command.option("--order-seed", options.order_seed,
                 "of the order of candidates, and of what is drawn by lot; 0: as they are enumerated");
}

tune::Budgets budgets_of(const StrategyOptions& options) {
  tune::Budgets budgets = options.budgets;
  if (budgets.problem.candidates == 0 && budgets.in_all.candidates == 0)
    budgets.problem.candidates = space::require_strategy(options.strategy).usual;
  return budgets;
}

void add_sweep_options(Command& command, StrategyOptions& options) {
  options.strategy.clear();
  command
      .option(
          "--time-budget", options.budgets.problem.seconds,
          "begin no more candidates of a problem after so long; the fastest so far are raced all the same")
      .type_name("SECONDS")
      .range(0.001, 1e9)
      .default_text("none");
  command
      .option("--time-budget-in-all", options.budgets.in_all.seconds,
              "the same for all problems together: each gets as much of what is left as those after it, with "
              "--model by weight")
      .type_name("SECONDS")
      .range(0.001, 1e9)
      .default_text("none");
  command
      .option(
          "--learn-from", options.learn_from,
          "an earlier sweep, of other problems perhaps, that guided's model is fitted on before it begins")
      .type_name("FOLDER");
}

}  // namespace gemmtune::cli
