#include "model/machine.h"

#include <gtest/gtest.h>

namespace gemmtune::model {
namespace {

double floor_us(double megabytes) {
  return h100_sxm().cold_read_us(megabytes * 1e6);
}

TEST(Machine, reproduces_the_measured_floors) {
  for (const auto& [megabytes, us] : h100_sxm().cold_read_mb_us)
    EXPECT_NEAR(floor_us(megabytes), us, 1e-9) << megabytes;
}

TEST(Machine, floor_of_nothing_is_an_empty_kernel) {
  EXPECT_DOUBLE_EQ(floor_us(0), h100_sxm().empty_kernel_us);
}

TEST(Machine, floor_between_points_is_linear) {
  EXPECT_NEAR(floor_us((4.13 + 7.32) / 2), (4.06 + 5.34) / 2, 1e-9);
}

TEST(Machine, floor_past_the_last_point_keeps_its_bandwidth) {
  const double per_megabyte = (315.02 - 86.66) / (939.49 - 234.9);
  EXPECT_NEAR(floor_us(1939.49), 315.02 + 1000 * per_megabyte, 1e-6);
}

TEST(Machine, more_bytes_are_never_faster) {
  for (double megabytes = 0; megabytes < 1200; megabytes += 0.7)
    EXPECT_LT(floor_us(megabytes), floor_us(megabytes + 0.7)) << megabytes;
}

TEST(Machine, is_found_by_name_and_names_itself_simulated) {
  ASSERT_EQ(find_machine("h100-sxm"), &h100_sxm());
  EXPECT_EQ(find_machine("h100"), nullptr);
  for (const SimulatedMachine* machine : machines()) EXPECT_TRUE(machine->device.starts_with("simulated "));
}

}  // namespace
}  // namespace gemmtune::model
