// What the tuner does with a strategy that leaves candidates out.
#include "tuner_bench.h"

#include <gtest/gtest.h>

#include <chrono>
#include <thread>

namespace gemmtune::tune {
namespace {

/// Says what it is told to, and writes down what it hears.
struct Script {
  std::vector<std::vector<std::size_t>> rounds;
  std::vector<std::pair<std::size_t, std::optional<double>>> told;
  std::size_t asked = 0;
};

class Scripted : public space::Strategy {
 public:
  explicit Scripted(Script& script) : script_(script) {}
  std::vector<std::size_t> next() override {
    return script_.asked == script_.rounds.size() ? std::vector<std::size_t>{}
                                                  : script_.rounds[script_.asked++];
  }
  void tell(std::size_t candidate, std::optional<double> time_us) override {
    script_.told.emplace_back(candidate, time_us);
  }

 private:
  Script& script_;
};

void follow(Bench& bench, Script& script) {
  bench.search.make = [&script](std::size_t, std::size_t) { return std::make_unique<Scripted>(script); };
}

TEST(TunerSearch, times_what_is_asked_for_and_nothing_else) {
  Bench bench(10);
  Script script{{{7, 3}, {5}}, {}, 0};
  follow(bench, script);
  EXPECT_TRUE(bench.run());
  std::set<std::int64_t> screened;
  for (const Row& row : bench.screened()) screened.insert(block_n(row));
  EXPECT_EQ(screened, (std::set<std::int64_t>{16 + 8 * 3, 16 + 8 * 5, 16 + 8 * 7}));
  EXPECT_TRUE(bench.raced().contains(40)) << "the fastest of them is raced";
  EXPECT_EQ(bench.progress.steps, 10u) << "what nobody asked for is skipped";
  EXPECT_EQ(bench.progress.skipped, 7u);
  EXPECT_NEAR(bench.progress.cost_to_come, 0, 1e-9);
}

TEST(TunerSearch, tells_times_and_failures_in_the_order_of_asking_before_it_asks_again) {
  Bench bench(10);
  Script script{{{7, 3, 4}, {5}}, {}, 0};
  follow(bench, script);
  bench.cubins[3] = Failure{Invalidity::compile, "no"};
  bench.worker.before_measure = [&](const MeasureRequest&) {
    EXPECT_EQ(script.told.size(), std::size_t{script.asked == 1 ? 0u : script.told.size() < 4 ? 3u : 4u});
  };
  bench.run();
  using Told = std::vector<std::pair<std::size_t, std::optional<double>>>;
  EXPECT_EQ(script.told, (Told{{7, 72.0}, {3, std::nullopt}, {4, 48.0}, {5, 56.0}}));
}

TEST(TunerSearch, says_which_cubins_a_problem_needs_next_before_the_others_have_their_turns) {
  Bench bench(4);
  bench.add_problem(128, 4);
  std::deque<Script> scripts = {{{{2}, {0}}, {}, 0}, {{{1, 3}}, {}, 0}};
  bench.search.make = [&](std::size_t index, std::size_t) {
    return std::make_unique<Scripted>(scripts[index]);
  };
  using Asked = std::vector<std::pair<std::vector<std::size_t>, Urgency>>;
  Asked asked;
  bench.search.ask = [&](const std::vector<std::size_t>& cubins, Urgency urgency) {
    asked.emplace_back(cubins, urgency);
  };
  bench.run();
  EXPECT_EQ(asked, (Asked{{{2}, Urgency::next},
                          {{5, 7}, Urgency::next},
                          {{2}, Urgency::now},
                          {{0}, Urgency::next},
                          {{5, 7}, Urgency::now},
                          {{0}, Urgency::now}}));
}

TEST(TunerSearch, has_the_operands_of_the_problem_whose_turn_it_is) {
  Bench bench(4);
  bench.add_problem(128, 4);
  std::deque<Script> scripts = {{{{2}, {0}}, {}, 0}, {{{1}, {3}}, {}, 0}};
  bench.search.make = [&](std::size_t index, std::size_t) {
    return std::make_unique<Scripted>(scripts[index]);
  };
  bench.run();
  std::vector<std::int64_t> prepared;
  for (const Problem& problem : bench.worker.prepared) prepared.push_back(problem.m);
  EXPECT_EQ(prepared, (std::vector<std::int64_t>{64, 128, 64, 128})) << "each is raced after its last round";
  for (const Row& row : bench.screened())
    EXPECT_EQ(row.problem.m, block_n(row) == 32 || block_n(row) == 16 ? 64 : 128);
}

TEST(TunerSearch, resumed_it_tells_the_same_and_measures_only_what_is_missing) {
  Script whole{{{7, 3, 4}, {5, 6}}, {}, 0};
  Bench undisturbed(10);
  follow(undisturbed, whole);
  undisturbed.run();

  Bench bench(10);
  Script first{whole.rounds, {}, 0}, second{whole.rounds, {}, 0}, third{whole.rounds, {}, 0};
  follow(bench, first);
  bench.worker.after_measure = [&] { bench.stop = true; };
  EXPECT_FALSE(bench.run());
  bench.worker.after_measure = [] {};
  EXPECT_EQ(bench.screened().size(), 3u);
  bench.resume();
  follow(bench, second);
  EXPECT_TRUE(bench.run());
  EXPECT_EQ(second.told, whole.told);
  EXPECT_EQ(bench.screened().size(), 2u);
  EXPECT_EQ(bench.raced(), undisturbed.raced());

  bench.resume();
  follow(bench, third);
  EXPECT_TRUE(bench.run());
  EXPECT_EQ(third.told, whole.told);
  EXPECT_TRUE(bench.worker.prepared.empty()) << "all was known, and raced";
  EXPECT_TRUE(bench.sink.rows.empty());
}

TEST(TunerSearch, gives_each_strategy_its_share_of_the_candidates) {
  Bench bench(4);
  bench.add_problem(128, 20);
  bench.search.budgets.in_all.candidates = 14;
  std::vector<std::size_t> most;
  bench.search.make = [&](std::size_t index, std::size_t limit) {
    most.push_back(limit);
    return space::make_exhaustive(choice_of(bench.plan.problems[index], limit));
  };
  bench.run();
  EXPECT_EQ(most, (std::vector<std::size_t>{4, 10}));
  EXPECT_EQ(bench.screened().size(), 14u);
  EXPECT_EQ(bench.progress.totals.at("measure"), 14u);
  EXPECT_EQ(bench.progress.skipped, 0u);
}

TEST(TunerSearch, begins_nothing_after_its_time_but_races_what_it_has) {
  Bench bench(40);
  bench.add_problem(128, 40);
  bench.search.budgets.problem.seconds = 1e-3;
  bench.worker.after_measure = [] { std::this_thread::sleep_for(std::chrono::milliseconds(2)); };
  EXPECT_TRUE(bench.run());
  EXPECT_EQ(bench.screened().size(), 2 * Tuner::kBatch) << "one batch of each problem";
  EXPECT_FALSE(bench.raced().empty());
  EXPECT_EQ(bench.progress.steps, 80u);
  bench.resume();
  EXPECT_TRUE(bench.run());
  EXPECT_EQ(bench.screened().size(), 2 * Tuner::kBatch) << "the time begins anew: the next batch of each";
}

}  // namespace
}  // namespace gemmtune::tune
