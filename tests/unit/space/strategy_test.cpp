#include "space/strategy.h"

#include <gtest/gtest.h>

#include <algorithm>

namespace gemmtune::space {
namespace {

std::vector<Config> hundred() {
  std::vector<Config> configs;
  for (int i = 0; i < 100; ++i) configs.push_back({{"block_n", i}});
  return configs;
}

TEST(Order, seed_0_keeps_the_order) {
  EXPECT_EQ(order(hundred(), 0), hundred());
}

TEST(Order, a_seed_shuffles_and_loses_nothing) {
  auto shuffled = order(hundred(), 7);
  EXPECT_NE(shuffled, hundred());
  EXPECT_NE(shuffled, order(hundred(), 8));
  EXPECT_EQ(shuffled, order(hundred(), 7));
  std::sort(shuffled.begin(), shuffled.end());
  EXPECT_EQ(shuffled, hundred());
}

TEST(Order, a_seed_means_the_same_on_every_machine) {
  std::vector<std::int64_t> first;
  for (const Config& config : order(hundred(), 1)) first.push_back(config.at("block_n"));
  first.resize(5);
  EXPECT_EQ(first, (std::vector<std::int64_t>{19, 93, 20, 26, 68}));
}

TEST(Order, none_and_one_are_fine) {
  EXPECT_TRUE(order({}, 1).empty());
  EXPECT_EQ(order({{{"a", 1}}}, 1).size(), 1u);
}

}  // namespace
}  // namespace gemmtune::space
