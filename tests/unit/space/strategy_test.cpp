#include "space/strategy.h"

#include <gtest/gtest.h>

#include <algorithm>

namespace gemmtune::space {
namespace {

std::vector<std::size_t> hundred() {
  return order(100, 0);
}

TEST(Order, seed_0_keeps_the_order) {
  for (std::size_t i = 0; i < 100; ++i) EXPECT_EQ(hundred()[i], i);
}

TEST(Order, a_seed_shuffles_and_loses_nothing) {
  auto shuffled = order(100, 7);
  EXPECT_NE(shuffled, hundred());
  EXPECT_NE(shuffled, order(100, 8));
  EXPECT_EQ(shuffled, order(100, 7));
  std::sort(shuffled.begin(), shuffled.end());
  EXPECT_EQ(shuffled, hundred());
}

TEST(Order, a_seed_means_the_same_on_every_machine) {
  auto first = order(100, 1);
  first.resize(5);
  EXPECT_EQ(first, (std::vector<std::size_t>{19, 93, 20, 26, 68}));
}

TEST(Order, none_and_one_are_fine) {
  EXPECT_TRUE(order(0, 1).empty());
  EXPECT_EQ(order(1, 1).size(), 1u);
}

}  // namespace
}  // namespace gemmtune::space
