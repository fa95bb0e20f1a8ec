#include "tune/replay.h"

#include <gtest/gtest.h>

#include <utility>

namespace gemmtune::tune {
namespace {

/// A journal of one problem: candidates by block_n, each with times of its stages.
struct Sweep {
  Journal journal;

  Row row(std::int64_t block_n, double time_us, Stage stage, const std::string& policy) {
    Row made;
    made.problem.m = 64;
    made.problem.n = 2112;
    made.problem.k = 7168;
    made.config = Config{{"block_m", 64}, {"block_n", block_n}, {"num_sms", 132}, {"raster", 8}};
    made.stage = stage;
    made.policy = policy;
    made.time_us = made.time_us_low = made.time_us_high = time_us;
    return made;
  }
  void add(std::int64_t block_n, double screened, double near = 0, double raced = 0) {
    journal.rows.push_back(row(block_n, screened, Stage::screen, "n3"));
    if (near > 0) journal.rows.push_back(row(block_n, near, Stage::screen, "n15"));
    if (raced > 0) journal.rows.push_back(row(block_n, raced, Stage::final, "n200"));
  }
};

/// What comes of a strategy that asks for these at once.
std::optional<Replayed> replayed(const Recorded& recorded, const std::vector<std::size_t>& asked,
                                 const Narrowing& most = {}) {
  struct Asks : space::Strategy {
    explicit Asks(const std::vector<std::size_t>& asked) : round(asked) {}
    std::vector<std::size_t> next() override { return std::exchange(round, {}); }
    void tell(std::size_t, std::optional<double>) override {}
    std::vector<std::size_t> round;
  };
  return replay({&recorded, 1},
                Turns([&](auto, auto) { return std::make_unique<Asks>(asked); }, {0}, 1, [](const auto&) {}),
                most)
      .front();
}

/// 16 is fastest; 24 looks so until the race; 32 is 4 % slower, 40 half as fast.
Sweep whole() {
  Sweep sweep;
  sweep.add(16, 10.1, 10.1, 10.0);
  sweep.add(24, 10.0, 10.05, 10.2);
  sweep.add(32, 10.4, 10.4);
  sweep.add(40, 20.0);
  return sweep;
}

TEST(RecordedProblems, have_the_candidates_of_the_first_screening_with_all_that_came_later) {
  Sweep sweep = whole();
  Row library = sweep.row(16, 1, Stage::screen, "n3");
  library.provider = provider::kCublasLtBlock;
  sweep.journal.rows.push_back(library);
  const auto problems = recorded_problems(sweep.journal);
  ASSERT_EQ(problems.size(), 1u);
  EXPECT_EQ(problems[0].candidates.size(), 4u);
  EXPECT_EQ(problems[0].time_us(0), 10.0);
  EXPECT_EQ(problems[0].time_us(2), 10.4);
  EXPECT_EQ(problems[0].time_us(3), 20.0);
  EXPECT_EQ(problems[0].best_us(), 10.0);
}

TEST(RecordedProblems, know_nothing_of_races_back_to_back) {
  Sweep sweep = whole();
  sweep.journal.rows.push_back(sweep.row(32, 9.0, Stage::sustained, "blocks"));
  const auto problems = recorded_problems(sweep.journal);
  EXPECT_EQ(problems.at(0).time_us(2), 10.4);
  EXPECT_EQ(problems.at(0).best_us(), 10.0);
}

Recorded only_problem(const Sweep& sweep) {
  return recorded_problems(sweep.journal).at(0);
}

TEST(AddCells, takes_what_was_not_tried_by_the_time_of_the_fastest) {
  Recorded to = only_problem(whole());
  Sweep later;  // on a board that is a tenth slower
  later.add(16, 11.2, 11.11, 11.0);
  later.add(24, 5.0, 5.0, 5.0);  // is known
  later.add(48, 11.2);
  later.add(56, 11.0, 11.11);
  later.add(64, 10.0, 10.0, 9.9);
  EXPECT_EQ(add_cells(to, only_problem(later)), 3u);
  ASSERT_EQ(to.candidates.size(), 7u);
  EXPECT_DOUBLE_EQ(to.time_us(1).value(), 10.2);
  EXPECT_DOUBLE_EQ(to.time_us(4).value(), 10.0) << "as fast as the fastest when both were screened";
  EXPECT_DOUBLE_EQ(to.time_us(5).value(), 10.0) << "when both were screened again";
  EXPECT_DOUBLE_EQ(to.time_us(6).value(), 9.0);
  EXPECT_DOUBLE_EQ(to.best_us().value(), 9.0) << "it beats what was the fastest";
  EXPECT_EQ(to.cubins, (std::vector<std::size_t>{0, 1, 2, 3, 4, 5, 6}));
}

TEST(AddCells, figures_follow_from_the_time_that_is_carried) {
  Recorded to = only_problem(whole());
  Sweep later;
  later.add(16, 20, 20, 20);
  Row& row = later.journal.rows.emplace_back(later.row(48, 30, Stage::screen, "n3"));
  row.tflops = 600, row.gbps = 900, row.draws_us = {28, 32};
  row.samples_us = {29, 31}, row.sm_cycles = 50000, row.energy_j = 0.01;
  ASSERT_EQ(add_cells(to, only_problem(later)), 1u);
  const Row& carried = to.screened.back();
  const double factor = carried.time_us.value() / 30;
  EXPECT_DOUBLE_EQ(factor, 0.5);
  EXPECT_DOUBLE_EQ(carried.tflops.value() * *carried.time_us, 600 * 30);
  EXPECT_DOUBLE_EQ(carried.gbps.value() * *carried.time_us, 900 * 30);
  EXPECT_DOUBLE_EQ(carried.draws_us.at(1), 32 * factor);
  EXPECT_TRUE(carried.samples_us.empty());
  EXPECT_FALSE(carried.sm_cycles);
  EXPECT_FALSE(carried.energy_j);
}

TEST(Recorded, fastest_is_of_the_race_alone) {
  Sweep sweep = whole();
  sweep.add(48, 9, 9);
  EXPECT_EQ(only_problem(sweep).fastest(), 0u);
  EXPECT_FALSE(Recorded{}.fastest());
  EXPECT_FALSE(Recorded{}.best_us());
}

TEST(AddCells, knows_launches_of_a_cubin_again) {
  Recorded to = only_problem(whole());
  Sweep later;
  later.add(16, 10, 10, 10);
  Row launch = later.row(32, 12, Stage::screen, "n3");
  launch.config["raster"] = 16;
  later.journal.rows.push_back(launch);
  EXPECT_EQ(add_cells(to, only_problem(later)), 1u);
  EXPECT_EQ(to.cubins.back(), to.cubins[2]);
}

TEST(AddCells, adds_nothing_where_the_fastest_was_not_timed) {
  Recorded to = only_problem(whole());
  Sweep without;
  without.add(48, 9, 9, 9);
  EXPECT_EQ(add_cells(to, only_problem(without)), 0u);
  Sweep wrong;
  wrong.add(16, 10);
  wrong.journal.rows.back().invalidity = Invalidity::correctness;
  wrong.journal.rows.back().time_us.reset();
  wrong.add(48, 9, 9, 9);
  EXPECT_EQ(add_cells(to, only_problem(wrong)), 0u);
  EXPECT_EQ(to.candidates.size(), 4u);
  EXPECT_EQ(add_cells(to, only_problem(whole())), 0u) << "the same once more";
}

TEST(RecordedProblems, leave_out_what_was_never_raced) {
  Sweep sweep;
  sweep.add(16, 10);
  EXPECT_TRUE(recorded_problems(sweep.journal).empty());
}

TEST(Replay, of_everything_has_the_winner_of_the_race) {
  const auto problems = recorded_problems(whole().journal);
  const auto result = replayed(problems[0], {0, 1, 2, 3});
  ASSERT_TRUE(result);
  EXPECT_EQ(result->winner, 0u);
  EXPECT_EQ(result->regret, 0);
  EXPECT_EQ(result->evaluated, 4u);
}

TEST(Replay, chooses_among_what_was_asked_for_by_the_latest_times) {
  const auto problems = recorded_problems(whole().journal);
  const auto both = replayed(problems[0], {1, 2});
  EXPECT_EQ(both->winner, 1u);
  EXPECT_NEAR(both->regret, 0.02, 1e-12);
  const auto slow = replayed(problems[0], {3});
  EXPECT_NEAR(slow->regret, 1, 1e-12) << "never raced: its only time stands";
}

TEST(Replay, tells_failures_as_such_and_finds_no_winner_among_them) {
  Sweep sweep = whole();
  Row wrong = sweep.row(48, 0, Stage::screen, "n3");
  wrong.invalidity = Invalidity::correctness;
  wrong.time_us.reset();
  sweep.journal.rows.push_back(wrong);
  const auto problems = recorded_problems(sweep.journal);
  ASSERT_EQ(problems[0].candidates.size(), 5u);
  EXPECT_FALSE(replayed(problems[0], {4}));
  EXPECT_EQ(replayed(problems[0], {4, 2})->winner, 2u);
}

TEST(Replay, sends_on_no_more_than_the_policy_says) {
  Sweep sweep;  // the fastest of the race is the third by its first look, and the second by its next
  sweep.add(16, 10.0, 10.0, 10.0);
  sweep.add(24, 10.1, 10.05, 10.1);
  sweep.add(32, 10.2, 10.02, 9.9);
  sweep.add(40, 10.3);
  sweep.add(48, 10.35, 9.8, 9.7);  // the fifth: not among the four that are screened again in any case
  const auto problems = recorded_problems(sweep.journal);
  const auto winner = [&](const Narrowing& most) {
    return replayed(problems[0], {0, 1, 2, 3, 4}, most)->winner;
  };
  EXPECT_EQ(winner({}), 4u);
  EXPECT_EQ(winner({4, 16}), 2u);
  EXPECT_EQ(winner({4, 2}), 2u);
  EXPECT_EQ(winner({2, 16}), 0u);
  EXPECT_EQ(winner({4, 1}), 0u);
}

TEST(Replay, tells_each_strategy_of_its_own_problem_in_turn) {
  Sweep sweep = whole();
  for (Row row : whole().journal.rows) {
    row.problem.m = 128;
    row.time_us = *row.time_us * 2;
    sweep.journal.rows.push_back(row);
  }
  const auto problems = recorded_problems(sweep.journal);
  ASSERT_EQ(problems.size(), 2u);
  using Told = std::vector<std::pair<std::size_t, std::optional<double>>>;  // problem, time
  Told told;
  struct Rounds : space::Strategy {
    Rounds(std::size_t index, Told& told) : index(index), told(told) {}
    std::vector<std::size_t> next() override {
      return asked == 2 ? std::vector<std::size_t>() : std::vector<std::size_t>{asked++};
    }
    void tell(std::size_t, std::optional<double> time_us) override { told.emplace_back(index, time_us); }
    std::size_t index, asked = 0;
    Told& told;
  };
  const auto results =
      replay(problems,
             Turns([&](std::size_t index, auto) { return std::make_unique<Rounds>(index, told); }, {0, 0}, 2,
                   [](const auto&) {}),
             {});
  EXPECT_EQ(told, (Told{{0, 10.1}, {1, 20.2}, {0, 10.0}, {1, 20.0}}));
  ASSERT_TRUE(results[0] && results[1]);
  EXPECT_EQ(results[1]->time_us, 20.0);
}

TEST(Replay, counts_kernels_once_for_all_their_launches) {
  Sweep sweep = whole();
  Row launch = sweep.row(16, 11, Stage::screen, "n3");
  launch.config["raster"] = 16;
  sweep.journal.rows.push_back(launch);
  const auto problems = recorded_problems(sweep.journal);
  const auto result = replayed(problems[0], {0, 4, 1});
  EXPECT_EQ(result->evaluated, 3u);
  EXPECT_EQ(result->cubins, 2u);
}

}  // namespace
}  // namespace gemmtune::tune
