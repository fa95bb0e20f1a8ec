#include "worker/measure/settling.h"

#include <gtest/gtest.h>

namespace gemmtune::measure {
namespace {

/// Seconds until a board has settled whose clock follows `mhz(seconds)`, read every 10 ms.
template <typename Clock>
double settled_after_s(Clock mhz) {
  Settling settling(100);
  for (int i = 1; i < 1000; ++i) {
    settling.add(100 + i * 0.01, mhz(i * 0.01));
    if (settling.settled()) return i * 0.01;
  }
  return 1000;
}

TEST(Settling, takes_a_second_at_least) {
  EXPECT_NEAR(settled_after_s([](double) { return 1980; }), 1.0, 0.06);
}

TEST(Settling, waits_while_the_clock_falls) {
  // 2 % a quarter of a second, for two seconds.
  EXPECT_NEAR(settled_after_s([](double s) { return s < 2 ? 1980 * (1 - 0.08 * s) : 1660; }), 2.5, 0.3);
}

TEST(Settling, looks_at_medians_and_not_at_single_readings) {
  int reading = 0;
  EXPECT_NEAR(settled_after_s([&](double) { return ++reading % 10 == 0 ? 300 : 1980; }), 1.0, 0.06);
}

TEST(Settling, gives_up_after_five_seconds) {
  EXPECT_NEAR(settled_after_s([](double s) { return 1980 - 300 * s; }), 5, 0.02);
}

TEST(Settling, compares_rounds_that_last_longer_than_a_window) {
  Settling settling(0);
  settling.add(0.8, 1700);
  settling.add(1.6, 1500);
  EXPECT_FALSE(settling.settled());
  settling.add(2.4, 1501);
  EXPECT_TRUE(settling.settled());
}

}  // namespace
}  // namespace gemmtune::measure
