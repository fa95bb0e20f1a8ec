#include "stats/rank.h"

#include <gtest/gtest.h>

namespace gemmtune::stats {
namespace {

TEST(Ranks, equal_values_share_the_mean_of_their_places) {
  const std::vector<double> values = {3, 1, 3, 2};
  EXPECT_EQ(ranks(values), (std::vector<double>{3.5, 1, 3.5, 2}));
  EXPECT_TRUE(ranks({}).empty());
}

TEST(RankCorrelation, is_1_for_the_same_order_and_minus_1_for_the_opposite) {
  const std::vector<double> a = {1, 2, 30, 400}, same = {-5, 0, 1, 2}, opposite = {4, 3, 2, 1};
  EXPECT_DOUBLE_EQ(*rank_correlation(a, same), 1);
  EXPECT_DOUBLE_EQ(*rank_correlation(a, opposite), -1);
}

TEST(RankCorrelation, of_a_textbook_case) {
  // Ranks 1 2 3 4 5 against 2 1 4 3 5: 1 - 6 * 4 / (5 * 24).
  const std::vector<double> a = {1, 2, 3, 4, 5}, b = {20, 10, 40, 30, 50};
  EXPECT_NEAR(*rank_correlation(a, b), 0.8, 1e-12);
}

TEST(RankCorrelation, is_nothing_where_there_is_no_order) {
  const std::vector<double> one = {1}, equal = {2, 2, 2}, a = {1, 2, 3};
  EXPECT_FALSE(rank_correlation(one, one));
  EXPECT_FALSE(rank_correlation(a, equal));
}

}  // namespace
}  // namespace gemmtune::stats
