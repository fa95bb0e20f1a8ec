#include "stats/difference.h"

#include "stats/student_t.h"
#include "util/error.h"

#include <cmath>
#include <numeric>
#include <vector>

namespace gemmtune::stats {

namespace {

/// Values that share a mean, with the variance expected of each.
struct Group {
  double mean = 0;
  double mean_variance = 0;  ///< expected, of the mean
  double surprise = 0;       ///< squared deviations from the mean over what was expected of them
  double degrees = 0;        ///< of that
};

Group group_of(std::span<const LogFigure> figures, double between) {
  ensure(!figures.empty(), "a difference needs figures on both sides");
  Group group;
  const auto count = static_cast<double>(figures.size());
  for (const LogFigure& figure : figures) {
    group.mean += figure.value / count;
    group.mean_variance += (figure.error * figure.error + between * between) / count / count;
  }
  const double expected = group.mean_variance * count;
  for (const LogFigure& figure : figures)
    group.surprise += (figure.value - group.mean) * (figure.value - group.mean) / expected;
  group.degrees = count - 1;
  return group;
}

Difference moderated(double estimate, double expected_variance, double surprise, double degrees,
                     const ProcessNoise& noise) {
  const double total = noise.degrees + degrees;
  const double factor = (noise.degrees + surprise) / total;
  return {estimate, std::sqrt(expected_variance * factor), total};
}

}  // namespace

double Difference::p_value() const {
  return student_t_p_value(estimate / deviation, degrees);
}

double Difference::chance_of_less() const {
  // Both measurements err, and alike.
  const double one_side = student_t_p_value(estimate / (deviation * std::sqrt(2.0)), degrees) / 2;
  return estimate > 0 ? one_side : 1 - one_side;
}

Interval Difference::interval(double confidence) const {
  const double half = student_t_limit(1 - confidence, degrees) * deviation;
  return {estimate - half, estimate + half};
}

Difference difference(std::span<const LogFigure> base, std::span<const LogFigure> next,
                      const ProcessNoise& noise) {
  const Group a = group_of(base, noise.between), b = group_of(next, noise.between);
  return moderated(b.mean - a.mean, a.mean_variance + b.mean_variance, a.surprise + b.surprise,
                   a.degrees + b.degrees, noise);
}

Difference paired_difference(std::span<const LogFigure> base, std::span<const LogFigure> next,
                             const ProcessNoise& noise) {
  ensure(base.size() == next.size(), "pairs have two members");
  std::vector<LogFigure> differences;
  for (std::size_t i = 0; i < base.size(); ++i)
    differences.push_back({next[i].value - base[i].value, std::hypot(base[i].error, next[i].error)});
  // Between interleaved finalists of two sweeps 0.09 % was left of it. A whole one is charged: finalists of
  // one race are alike, base and new need not be.
  const Group group = group_of(differences, noise.between);
  return moderated(group.mean, group.mean_variance, group.surprise, group.degrees, noise);
}

Difference placed_difference(double estimate, std::span<const double> base, std::span<const double> next,
                             const ProcessNoise& noise) {
  ensure(base.size() == next.size() && base.size() > 1, "places are compared one by one, at least two");
  const auto places = static_cast<double>(base.size());
  std::vector<double> differences;
  for (std::size_t i = 0; i < base.size(); ++i) differences.push_back(std::log(next[i] / base[i]));
  const double mean = std::accumulate(differences.begin(), differences.end(), 0.0) / places;
  double squares = 0;
  for (const double difference : differences) squares += (difference - mean) * (difference - mean);
  const double of_places = squares / (places - 1) / places;
  const double of_processes = 2 * noise.between * noise.between;
  const double variance = of_places + of_processes;
  // Welch and Satterthwaite.
  const double degrees = variance * variance /
                         (of_places * of_places / (places - 1) + of_processes * of_processes / noise.degrees);
  return {estimate, std::sqrt(variance), degrees};
}

}  // namespace gemmtune::stats
