#include "workers/deadlines.h"

#include "util/error.h"

#include <gtest/gtest.h>

#include <cstdlib>

namespace gemmtune::workers {
namespace {

class DeadlineScale : public testing::Test {
 protected:
  ~DeadlineScale() override { ::unsetenv("GEMMTUNE_DEADLINE_SCALE"); }
  static Deadlines scaled(const char* scale) {
    ::setenv("GEMMTUNE_DEADLINE_SCALE", scale, 1);
    return Deadlines::from_environment();
  }
};

TEST_F(DeadlineScale, multiplies_every_deadline) {
  const Deadlines normal, scaled_down = scaled("0.5");
  EXPECT_EQ(scaled_down.start, normal.start / 2);
  EXPECT_EQ(scaled_down.describe, normal.describe / 2);
  EXPECT_EQ(scaled_down.compile, normal.compile / 2);
  EXPECT_EQ(scaled_down.prepare, normal.prepare / 2);
  EXPECT_EQ(scaled_down.baselines, normal.baselines / 2);
  EXPECT_EQ(scaled_down.verify, normal.verify / 2);
  EXPECT_EQ(scaled_down.measure_of(8, 13), normal.measure_of(8, 13) / 2);
}

TEST_F(DeadlineScale, is_one_when_it_is_not_set) {
  EXPECT_EQ(Deadlines::from_environment().verify, Deadlines().verify);
  EXPECT_EQ(scaled("").verify, Deadlines().verify);
}

TEST_F(DeadlineScale, must_be_a_number_above_zero) {
  for (const char* bad : {"0", "-1", "nan", "inf", "fast", "1x"}) EXPECT_THROW(scaled(bad), UserError) << bad;
}

TEST(Deadlines, grow_with_the_launches_of_a_race) {
  const Deadlines deadlines;
  EXPECT_EQ(deadlines.measure_of(0, 13), deadlines.measure);
  EXPECT_DOUBLE_EQ(deadlines.measure_of(10, 100), deadlines.measure + 1000 * deadlines.per_launch);
}

}  // namespace
}  // namespace gemmtune::workers
