#include "stats/student_t.h"

#include <gtest/gtest.h>

#include <limits>

namespace gemmtune::stats {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();

// Two-sided limits as every textbook prints them.
TEST(StudentT, has_the_limits_of_the_tables) {
  const struct {
    double p_value, degrees, limit;
  } table[] = {{0.05, 1, 12.706}, {0.05, 10, 2.228}, {0.01, 10, 3.169},        {0.001, 20, 3.850},
               {0.05, 30, 2.042}, {0.1, 3, 2.353},   {0.05, kInfinity, 1.960}, {1, 5, 0}};
  for (const auto& [p_value, degrees, limit] : table)
    EXPECT_NEAR(student_t_limit(p_value, degrees), limit, 5e-4) << p_value << " " << degrees;
}

TEST(StudentT, gives_the_p_value_of_its_own_limit) {
  for (const double degrees : {1.0, 2.5, 10.0, 300.0, kInfinity})
    for (const double p_value : {1e-9, 1e-4, 0.05, 0.5, 0.99})
      EXPECT_NEAR(student_t_p_value(student_t_limit(p_value, degrees), degrees) / p_value, 1, 1e-6);
}

TEST(StudentT, does_not_look_at_the_sign) {
  EXPECT_EQ(student_t_p_value(-2, 7), student_t_p_value(2, 7));
  EXPECT_EQ(student_t_p_value(kInfinity, 7), 0);
  EXPECT_EQ(student_t_p_value(0, 7), 1);
}

}  // namespace
}  // namespace gemmtune::stats
