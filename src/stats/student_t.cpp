#include "stats/student_t.h"

#include "util/error.h"

#include <cmath>

namespace gemmtune::stats {

namespace {

/// Continued fraction of the incomplete beta function by Lentz's method (Abramowitz and Stegun 26.5.8);
/// converges quickly for x < (a + 1) / (a + b + 2).
double beta_fraction(double a, double b, double x) {
  constexpr double kTiny = 1e-300, kEnough = 1e-15;
  double c = 1, d = 1 - (a + b) * x / (a + 1);
  d = 1 / (std::abs(d) < kTiny ? kTiny : d);
  double value = d;
  const auto step = [&](double numerator) {
    d = 1 + numerator * d;
    d = 1 / (std::abs(d) < kTiny ? kTiny : d);
    c = 1 + numerator / c;
    if (std::abs(c) < kTiny) c = kTiny;
    value *= c * d;
    return std::abs(c * d - 1) < kEnough;
  };
  for (int i = 1; i < 10000; ++i) {
    const double m = i;
    step(m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m)));
    if (step(-(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1)))) break;
  }
  return value;
}

double incomplete_beta(double a, double b, double x) {
  if (x <= 0) return 0;
  if (x >= 1) return 1;
  const double front =
      std::exp(std::lgamma(a + b) - std::lgamma(a) - std::lgamma(b) + a * std::log(x) + b * std::log1p(-x));
  if (x < (a + 1) / (a + b + 2)) return front * beta_fraction(a, b, x) / a;
  return 1 - front * beta_fraction(b, a, 1 - x) / b;
}

}  // namespace

double student_t_p_value(double t, double degrees) {
  ensure(degrees > 0, "degrees of freedom are positive");
  if (std::isinf(degrees)) return std::erfc(std::abs(t) / std::sqrt(2.0));
  if (std::isinf(t)) return 0;
  return incomplete_beta(degrees / 2, 0.5, degrees / (degrees + t * t));
}

double student_t_limit(double p_value, double degrees) {
  ensure(p_value > 0 && p_value <= 1, "a p value lies between 0 and 1");
  // A comparison asks for the same limit for each of its problems, and 100 steps take 50 us.
  static thread_local double known_p = 0, known_degrees = 0, known_limit = 0;
  if (p_value == known_p && degrees == known_degrees) return known_limit;
  double low = 0, high = 1;
  while (student_t_p_value(high, degrees) > p_value && high < 1e12) high *= 2;
  for (int i = 0; i < 100; ++i) {
    const double middle = (low + high) / 2;
    (student_t_p_value(middle, degrees) > p_value ? low : high) = middle;
  }
  known_p = p_value;
  known_degrees = degrees;
  return known_limit = (low + high) / 2;
}

}  // namespace gemmtune::stats
