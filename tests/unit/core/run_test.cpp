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

TEST(NoteStrategy, says_each_once_and_nothing_of_a_run_that_did_not_record_it) {
  std::vector<std::string> strategies;
  RunHeader guided, exhaustive;
  guided.strategy = "guided";
  guided.within_budget = true;
  exhaustive.strategy = "exhaustive";
  for (const RunHeader& run : {guided, exhaustive, guided, of_command("gemmtune sweep --shapes x")})
    note_strategy(strategies, run);
  EXPECT_EQ(strategies, (std::vector<std::string>{"guided within a budget", "exhaustive"}));
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
