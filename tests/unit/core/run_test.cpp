#include "core/run.h"

#include "core/serialise.h"

#include <gtest/gtest.h>

namespace gemmtune {
namespace {

RunHeader of_command(const std::string& command) {
  RunHeader run;
  run.command = command;
  return run;
}

TEST(StrategyOf, a_run_is_what_it_recorded_whatever_its_command_says) {
  RunHeader run = of_command("gemmtune sweep --shapes dsv3.json --strategy random");
  run.strategy = "guided";
  EXPECT_EQ(strategy_of(run), "guided");
}

TEST(StrategyOf, a_run_of_before_is_what_its_command_says_and_exhaustive_where_that_says_nothing) {
  EXPECT_EQ(strategy_of(of_command("gemmtune sweep --shapes dsv3.json")), "exhaustive");
  EXPECT_EQ(strategy_of(of_command("gemmtune sweep --strategy guided --policy quick")), "guided");
  EXPECT_EQ(strategy_of(of_command("gemmtune --quiet sweep --strategy=local --out x")), "local");
  EXPECT_EQ(strategy_of(of_command("gemmtune bench --table x")), "") << "it is no sweep";
  EXPECT_EQ(strategy_of(of_command("")), "");
}

TEST(StrategyOf, a_run_of_before_that_has_sweep_for_a_files_name_is_none) {
  EXPECT_EQ(strategy_of(of_command("gemmtune portfolio all --measure sweep")), "");
  EXPECT_EQ(strategy_of(of_command("gemmtune --color always bench --table x --out sweep")), "");
  EXPECT_EQ(strategy_of(of_command("gemmtune --color sweep")), "");
  EXPECT_EQ(strategy_of(of_command("sweep")), "") << "it is the program";
  EXPECT_EQ(strategy_of(of_command("build/release/gemmtune --color never -v sweep --out x")), "exhaustive");
}

std::vector<std::string> all_of(const std::vector<RunHeader>& runs, bool with_unknown = false) {
  std::vector<const RunHeader*> pointers;
  for (const RunHeader& run : runs) pointers.push_back(&run);
  if (with_unknown) pointers.push_back(nullptr);
  return strategies_of(pointers);
}

TEST(StrategiesOf, says_each_once_in_the_order_of_the_runs) {
  RunHeader guided, exhaustive;
  guided.strategy = "guided";
  guided.within_budget = true;
  exhaustive.strategy = "exhaustive";
  using Found = std::vector<std::string>;
  EXPECT_EQ(all_of({guided, exhaustive, guided}), (Found{"guided within a budget", "exhaustive"}));
  EXPECT_EQ(all_of({of_command("gemmtune sweep --shapes x"), guided}),
            (Found{"exhaustive", "guided within a budget"}));
  for (const std::string budget :
       {"--max-candidates 5", "--max-candidates-in-all=5", "--time-budget 5", "--time-budget-in-all 5"})
    EXPECT_EQ(all_of({of_command("gemmtune sweep --strategy guided " + budget)}),
              Found{"guided within a budget"});
}

TEST(StrategiesOf, says_nothing_where_one_run_is_unknown) {
  RunHeader guided;
  guided.strategy = "guided";
  EXPECT_TRUE(all_of({guided, of_command("")}).empty());
  EXPECT_TRUE(all_of({guided, of_command("gemmtune portfolio all --measure cells")}).empty());
  EXPECT_TRUE(all_of({guided}, /*with_unknown=*/true).empty());
}

TEST(RunHeader, keeps_its_strategy_on_disk_and_has_no_trace_of_none) {
  RunHeader run = of_command("gemmtune sweep");
  EXPECT_FALSE(to_json(run).contains("strategy"));
  EXPECT_FALSE(to_json(run).contains("within_budget"));
  run.strategy = "guided";
  run.within_budget = true;
  const auto read = from_json<RunHeader>(to_json(run));
  EXPECT_EQ(read.strategy, "guided");
  EXPECT_TRUE(read.within_budget);
}

}  // namespace
}  // namespace gemmtune
