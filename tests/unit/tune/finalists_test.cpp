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

TEST(BestAnswers, keep_the_first_of_the_block_scaled_once) {
  const auto block = provider::kCublasLtBlock;
  EXPECT_EQ(best_answers({row(block, 0, 2), row(block, 1, 1)}).size(), 2u);
  EXPECT_EQ(best_answers({row(block, 0, 1), row(block, 1, 2)}).size(), 1u);
  EXPECT_EQ(best_answers({row(provider::kCublasBf16, 0, 2), row(provider::kCublasBf16, 1, 1)}).size(), 1u);
}

}  // namespace
}  // namespace gemmtune::tune
