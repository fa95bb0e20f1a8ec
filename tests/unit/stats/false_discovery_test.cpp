#include "stats/false_discovery.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

namespace gemmtune::stats {
namespace {

// By hand: the k-th smallest of n times n / k, and never more than a larger one's.
TEST(FalseDiscovery, adjusts_as_benjamini_and_hochberg_do) {
  const std::vector<double> adjusted = adjusted_for_many({0.04, 0.01, 0.03, 0.005});
  const double expected[] = {0.04, 0.02, 0.04, 0.02};
  for (std::size_t i = 0; i < 4; ++i) EXPECT_NEAR(adjusted[i], expected[i], 1e-12) << i;
}

TEST(FalseDiscovery, leaves_a_single_test_alone) {
  EXPECT_EQ(adjusted_for_many({0.03}), std::vector<double>{0.03});
  EXPECT_TRUE(adjusted_for_many({}).empty());
}

TEST(FalseDiscovery, does_not_count_what_is_no_test) {
  const std::vector<double> adjusted =
      adjusted_for_many({std::numeric_limits<double>::quiet_NaN(), 0.02, 0.5});
  EXPECT_TRUE(std::isnan(adjusted[0]));
  EXPECT_NEAR(adjusted[1], 0.04, 1e-12);
}

}  // namespace
}  // namespace gemmtune::stats
