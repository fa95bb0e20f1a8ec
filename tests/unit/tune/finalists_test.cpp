#include "tune/finalists.h"

#include <gtest/gtest.h>

namespace gemmtune::tune {
namespace {

Row row(const std::string& provider, std::int64_t answer, double time_us) {
  Row made;
  made.provider = provider;
  made.config = {{"answer", answer}};
  made.time_us = time_us;
  return made;
}

TEST(Finalists, are_the_fastest_in_order) {
  const auto chosen = fastest({row("a", 0, 3), row("a", 1, 1), row("a", 2, 2)}, 2);
  ASSERT_EQ(chosen.size(), 2u);
  EXPECT_EQ(*chosen[0].time_us, 1);
  EXPECT_EQ(*chosen[1].time_us, 2);
}

TEST(Finalists, of_equal_times_do_not_depend_on_the_order_of_the_rows) {
  const Row one = row("a", 0, 1), two = row("a", 1, 1);
  EXPECT_EQ(fastest({one, two}, 1).front().config, fastest({two, one}, 1).front().config);
}

TEST(Finalists, are_correct_and_timed) {
  Row wrong = row("a", 0, 1), untimed = row("a", 1, 1);
  wrong.invalidity = Invalidity::correctness;
  untimed.time_us.reset();
  EXPECT_TRUE(fastest({wrong, untimed}, 8).empty());
}

std::size_t count_near(const std::vector<double>& times_us, const Nearness& near) {
  std::vector<Row> rows;
  for (std::size_t i = 0; i < times_us.size(); ++i)
    rows.push_back(row("a", static_cast<std::int64_t>(i), times_us[i]));
  return nearest(rows, near).size();
}

TEST(Nearest, are_those_within_the_distance_but_neither_fewer_nor_more_than_asked_for) {
  EXPECT_EQ(count_near({100, 111, 110, 200}, {0.1, 1, 9}), 2u);
  EXPECT_EQ(count_near({100, 111, 110, 200}, {0.1, 3, 9}), 3u);
  EXPECT_EQ(count_near({100, 111, 110, 200}, {0.1, 9, 9}), 4u);
  EXPECT_EQ(count_near({100, 101, 102, 200}, {0.1, 1, 2}), 2u);
  EXPECT_EQ(count_near({}, {0.1, 1, 2}), 0u);
}

TEST(Nearest, judge_by_the_low_end_which_an_unlucky_median_does_not_move) {
  Row unlucky = row("a", 0, 118), lucky = row("a", 1, 100), slow = row("a", 2, 117);
  unlucky.time_us_low = 99, lucky.time_us_low = 98, slow.time_us_low = 116;
  const auto chosen = nearest({unlucky, slow, lucky}, {0.05, 1, 9});
  ASSERT_EQ(chosen.size(), 2u);
  EXPECT_EQ(chosen[0].config, lucky.config);
  EXPECT_EQ(chosen[1].config, unlucky.config);
  EXPECT_EQ(fastest({unlucky, slow, lucky}, 2)[1].config, slow.config) << "who is fastest, medians say";
}

TEST(WinnerOf, is_the_pick_among_ties_and_one_of_ours) {
  std::vector<Row> raced = {row(provider::kCublasLtBlock, 0, 5), row(provider::kGemmtune, 1, 10),
                            row(provider::kGemmtune, 2, 10.01), row(provider::kGemmtune, 3, 20)};
  raced[1].config = {{"num_sms", 132}};
  raced[2].config = {{"num_sms", 64}};
  EXPECT_EQ(winner_of(raced), &raced[2]) << "tied, and fewer SMs";
  raced[2].invalidity = Invalidity::runtime;
  EXPECT_EQ(winner_of(raced), &raced[1]);
  raced.resize(1);
  EXPECT_EQ(winner_of(raced), nullptr);
}

TEST(NearBestAnswers, are_those_near_the_fastest_of_the_same_library) {
  const auto block = provider::kCublasLtBlock, bf16 = provider::kCublasBf16;
  const auto chosen =
      near_best_answers({row(block, 0, 100), row(block, 1, 104), row(block, 2, 107), row(bf16, 0, 200)});
  ASSERT_EQ(chosen.size(), 3u);
  EXPECT_EQ(chosen[0].provider, bf16);
  EXPECT_EQ(chosen[1].config.at("answer"), 0);
  EXPECT_EQ(chosen[2].config.at("answer"), 1);
}

TEST(BestAnswers, are_the_fastest_of_the_second_screening_and_the_first_of_the_block_scaled_once) {
  const auto block = provider::kCublasLtBlock, bf16 = provider::kCublasBf16;
  const auto both = best_answers({row(block, 1, 1)}, {row(block, 0, 2), row(block, 1, 1)});
  ASSERT_EQ(both.size(), 2u);
  EXPECT_EQ(both[0].config.at("answer"), 1);
  EXPECT_EQ(both[1].config.at("answer"), 0);
  EXPECT_EQ(best_answers({row(block, 0, 1), row(block, 1, 2)}, {row(block, 0, 2), row(block, 1, 1)}).size(),
            1u);
  EXPECT_EQ(best_answers({row(bf16, 0, 2), row(bf16, 1, 1)}, {row(bf16, 0, 1)}).size(), 1u);
}

Row of_kernel(const std::string& hash, std::int64_t num_sms, double time_us) {
  Row made = row(provider::kGemmtune, 0, time_us);
  made.config = {{"num_sms", num_sms}};
  made.kernel_hash = hash;
  return made;
}

TEST(SustainedFinalists, are_the_winner_in_bursts_and_the_fastest_of_other_kinds) {
  const std::vector<Row> raced = {of_kernel("a", 132, 10),    of_kernel("a", 128, 10.01),
                                  of_kernel("b", 132, 10.3),  of_kernel("b", 128, 10.2),
                                  of_kernel("c", 132, 10.4),  of_kernel("d", 132, 10.5),
                                  row("cublaslt_block", 0, 9)};
  const std::vector<Row> chosen = sustained_finalists(raced, 3, kernel_as_kind);
  std::vector<double> times;
  for (const Row& one : chosen) times.push_back(*one.time_us);
  EXPECT_EQ(times, (std::vector<double>{10.01, 10.2, 10.4}))
      << "the winner has fewer SMs within a quarter percent";
}

TEST(SustainedFinalists, are_of_the_kinds_that_they_are_told) {
  const std::vector<Row> raced = {of_kernel("a", 132, 10), of_kernel("b", 132, 10.1),
                                  of_kernel("c", 66, 10.2)};
  const auto by_sms = [](const Row& one) { return std::to_string(one.config.at("num_sms")); };
  const std::vector<Row> chosen = sustained_finalists(raced, 4, by_sms);
  ASSERT_EQ(chosen.size(), 2u);
  EXPECT_EQ(chosen[1].kernel_hash, "c");
}

TEST(SustainedFinalists, count_each_configuration_as_a_kernel_where_kernels_have_no_hash) {
  EXPECT_EQ(sustained_finalists({of_kernel("", 132, 10), of_kernel("", 128, 11), of_kernel("", 64, 12)}, 4,
                                kernel_as_kind)
                .size(),
            3u);
  EXPECT_TRUE(sustained_finalists({row("cublaslt_block", 0, 9)}, 4, kernel_as_kind).empty());
}

}  // namespace
}  // namespace gemmtune::tune
