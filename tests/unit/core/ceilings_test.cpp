#include "core/ceilings.h"

#include "core/serialise.h"

#include <gtest/gtest.h>

namespace gemmtune {
namespace {

Ceiling cold_read(std::int64_t bytes, double us) {
  Ceiling c;
  c.name = "cold_read";
  c.bytes = bytes;
  c.time_us = us;
  return c;
}

TEST(ColdReadFloor, is_made_of_the_cold_reads_in_any_order) {
  Ceilings ceilings;
  Ceiling empty, other = cold_read(9'000'000, 1);
  empty.name = "empty_kernel_us", empty.value = 1;
  other.name = "hbm_read";
  ceilings.ceilings = {cold_read(20'000'000, 11), other, cold_read(10'000'000, 6), empty};
  const auto floor = cold_read_floor(ceilings);
  ASSERT_TRUE(floor);
  EXPECT_DOUBLE_EQ(floor->us(0), 1);
  EXPECT_DOUBLE_EQ(floor->us(5e6), 3.5);
  EXPECT_DOUBLE_EQ(floor->us(10e6), 6);
  EXPECT_DOUBLE_EQ(floor->us(15e6), 8.5);
  EXPECT_DOUBLE_EQ(floor->us(40e6), 21) << "the bandwidth of the last stretch";
}

TEST(ColdReadFloor, takes_the_faster_of_two_figures_of_one_size) {
  Ceilings ceilings;
  ceilings.ceilings = {cold_read(10'000'000, 6), cold_read(10'000'000, 5)};
  EXPECT_DOUBLE_EQ(cold_read_floor(ceilings)->us(10e6), 5);
}

TEST(ColdReadFloor, is_not_there_without_cold_reads) {
  EXPECT_FALSE(cold_read_floor({}));
}

TEST(Ceiling, comes_back_as_it_was_and_leaves_out_what_is_unknown) {
  Ceiling c = cold_read(1 << 20, 3);
  c.unit = "GB/s", c.value = 300, c.how = "so";
  const Json json = to_json(c);
  EXPECT_EQ(json.at("bytes"), 1 << 20);
  for (const char* unknown : {"flops", "sm_clock_mhz", "power_w", "temperature_c", "throttle"})
    EXPECT_FALSE(json.contains(unknown)) << unknown;
  EXPECT_EQ(to_json(from_json<Ceiling>(json)), json);
  c.flops = 1, c.sm_clock_mhz = 2, c.power_w = 3, c.temperature_c = 4, c.throttle = 5;
  c.others = {{"otherwise", 299, 6, 7}};
  EXPECT_EQ(to_json(from_json<Ceiling>(to_json(c))), to_json(c));
  EXPECT_EQ(to_json(c).size(), 15u);
  EXPECT_EQ(from_json<Ceiling>(to_json(c)).others.at(0).value, 299);
}

}  // namespace
}  // namespace gemmtune
