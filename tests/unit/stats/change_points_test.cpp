#include "stats/change_points.h"

#include <gtest/gtest.h>

#include <cmath>
#include <numeric>

namespace gemmtune::stats {
namespace {

std::vector<LogFigure> series_of(const std::vector<double>& times) {
  std::vector<LogFigure> series;
  for (std::size_t i = 0; i < times.size(); ++i)
    series.push_back({std::log(times[i] * (1 + (i % 2 == 0 ? 0.0015 : -0.0015))), 0.002});
  return series;
}

std::vector<ChangePoint> find(const std::vector<double>& times, double min_effect = 0.01) {
  std::vector<std::size_t> places(times.empty() ? 0 : times.size() - 1);
  std::iota(places.begin(), places.end(), std::size_t{1});
  return change_points(series_of(times), places, min_effect, 0.05);
}

TEST(ChangePoints, of_a_level_series_are_none) {
  EXPECT_TRUE(find(std::vector<double>(20, 10.0)).empty());
  EXPECT_TRUE(find({}).empty());
  EXPECT_TRUE(find({10}).empty());
}

TEST(ChangePoints, are_where_the_level_changes) {
  std::vector<double> times(6, 10.0);
  times.resize(12, 10.3);
  times.resize(20, 9.9);
  const auto found = find(times);
  ASSERT_EQ(found.size(), 2u);
  EXPECT_EQ(found[0].index, 6u);
  EXPECT_EQ(found[1].index, 12u);
  EXPECT_NEAR(found[0].difference.estimate, std::log(1.03), 0.001);
  EXPECT_NEAR(found[1].difference.estimate, std::log(9.9 / 10.3), 0.001);
}

TEST(ChangePoints, find_a_drift_that_no_two_neighbours_show) {
  std::vector<double> times;
  for (int i = 0; i < 20; ++i) times.push_back(10 * std::pow(1.002, i));
  EXPECT_FALSE(find(times).empty());
  for (std::size_t i = 1; i < times.size(); ++i) EXPECT_TRUE(find({times[i - 1], times[i]}).empty());
}

TEST(ChangePoints, leave_out_what_does_not_matter) {
  std::vector<double> times(10, 10.0);
  times.resize(20, 10.08);
  EXPECT_TRUE(find(times).empty());
  EXPECT_EQ(find(times, 0.005).size(), 1u);
}

TEST(ChangePoints, lie_at_the_places_allowed) {
  std::vector<double> times(6, 10.0);
  times.resize(12, 10.5);
  const std::vector<std::size_t> places = {4, 8};
  const auto found = change_points(series_of(times), places, 0.01, 0.05);
  ASSERT_FALSE(found.empty());
  for (const ChangePoint& point : found) EXPECT_TRUE(point.index == 4 || point.index == 8);
}

}  // namespace
}  // namespace gemmtune::stats
