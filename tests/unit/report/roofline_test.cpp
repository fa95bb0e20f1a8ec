#include "report/roofline.h"

#include "fixtures/reports.h"
#include "report/points.h"

#include <gtest/gtest.h>

namespace gemmtune::report {
namespace {

using namespace fixtures;
using Level = Roof::Level;

constexpr const char* kH100 = "NVIDIA H100 80GB HBM3";

Environment h100() {
  Environment environment;
  environment.device = kH100;
  return environment;
}

Ceiling ceiling(const char* name, PowerRegime regime, double value, const char* unit, std::int64_t bytes = 0,
                double sm_clock_mhz = 0) {
  Ceiling c;
  c.name = name, c.regime = regime, c.value = value, c.unit = unit, c.bytes = bytes;
  c.sm_clock_mhz = sm_clock_mhz;
  return c;
}

Ceilings measured() {
  constexpr auto kBurst = PowerRegime::burst;
  Ceilings ceilings;
  ceilings.environment.device = kH100;
  ceilings.timestamp = "2026-11-21T12:00:00Z";
  ceilings.ceilings = {ceiling("hbm_read", kBurst, 2700, "GB/s", 4'000'000'000),
                       ceiling("cold_read", kBurst, 2700, "GB/s", 4'000'000'000),
                       ceiling("cold_read", kBurst, 1000, "GB/s", 4'000'000),
                       ceiling("hbm_read", PowerRegime::sustained, 2900, "GB/s", 4'000'000'000),
                       ceiling("l2_read", kBurst, 6000, "GB/s"),
                       ceiling("fp8_wgmma", kBurst, 1700, "TFLOPS", 0, 1500),
                       ceiling("fp8_wgmma_promoted", kBurst, 1600, "TFLOPS", 0, 1500),
                       ceiling("launch_us", kBurst, 2, "us")};
  return ceilings;
}

Work work(double flops, double bytes, double time_us,
          operation::ComputeRoof roof = operation::ComputeRoof::fp8_promoted) {
  Work w;
  w.flops = flops;
  w.bytes = w.read_bytes = bytes;
  w.time_us = time_us;
  w.compute_roof = roof;
  return w;
}

TEST(WorkOf, a_table_entry_is_cold_unless_its_policy_says_warm) {
  EXPECT_TRUE(work_of(entry(128, 10, {}, {}), "cold_memset512-event-burst-w1-n15")->cold);
  EXPECT_FALSE(work_of(entry(128, 10, {}, {}), "warm-event-burst-w1-n15")->cold);
  EXPECT_TRUE(work_of(entry(128, 10, {}, {}), "cold_memset512x7-event-burst-w1-n15")->flushed);
  EXPECT_FALSE(work_of(entry(128, 10, {}, {}), "cold_overlapped-event-burst-w1-n15")->flushed);
}

TEST(Roofs, are_the_datasheets_where_nothing_was_measured) {
  const Roofs roofs = make_roofs(h100(), std::nullopt);
  EXPECT_FALSE(roofs.measured);
  EXPECT_EQ(roofs.find(Level::hbm)->value, 3350);
  EXPECT_EQ(roofs.find(Level::l2), nullptr);
  EXPECT_NE(roofs.source.find("datasheet of the H100 SXM"), std::string::npos);
  EXPECT_NE(roofs.source.find("gemmtune ceilings"), std::string::npos);
}

TEST(Roofs, are_measured_in_bursts_where_the_folder_has_ceilings) {
  const Roofs roofs = make_roofs(h100(), measured());
  EXPECT_TRUE(roofs.measured);
  EXPECT_EQ(roofs.find(Level::hbm)->value, 2700);  // the longest stream, not the sustained one
  EXPECT_EQ(roofs.find(Level::fp8_promoted)->sm_clock_mhz, 1500);
  EXPECT_EQ(roofs.find(Level::bf16)->label, "BF16, datasheet");  // was not measured
  EXPECT_NE(roofs.source.find("datasheet were not"), std::string::npos);
}

TEST(Roofs, that_are_simulated_do_not_look_measured) {
  Ceilings ceilings = measured();
  ceilings.environment.simulated = true;
  const Roofs roofs = make_roofs(h100(), ceilings);
  EXPECT_TRUE(roofs.simulated);
  EXPECT_NE(roofs.source.find("SIMULATED"), std::string::npos);
  EXPECT_EQ(roofs.source.find("measured on"), std::string::npos);
  EXPECT_EQ(make_roofs(h100(), measured()).source.find("SIMULATED"), std::string::npos);
}

TEST(Roofs, of_another_device_are_not_used) {
  Ceilings other = measured();
  other.environment.device = "NVIDIA H200";
  const Roofs roofs = make_roofs(h100(), other);
  EXPECT_EQ(roofs.find(Level::hbm)->value, 3350);
  EXPECT_NE(roofs.source.find("another device"), std::string::npos);
  EXPECT_TRUE(make_roofs(Environment{}, std::nullopt).roofs.empty());
}

TEST(Placement, is_below_the_lower_of_both_roofs) {
  const Roofs roofs = make_roofs(h100(), std::nullopt);
  const auto memory = place(roofs, work(3350e5, 3350e3, 2));  // 1 us of bytes
  ASSERT_TRUE(memory);
  EXPECT_EQ(memory->bound, "HBM, datasheet");
  EXPECT_NEAR(memory->percent(), 50, 1e-9);
  EXPECT_NEAR(memory->intensity, 100, 1e-9);
  const auto compute = place(roofs, work(1978.9e6 * 10, 1000, 20));
  EXPECT_EQ(compute->bound, "FP8, datasheet");
  EXPECT_NEAR(compute->percent(), 50, 1e-9);
  EXPECT_NEAR(compute->tflops, 989.45, 1e-6);
}

TEST(Placement, scales_rates_to_the_clock_that_was_observed) {
  const Roofs roofs = make_roofs(h100(), measured());
  Work w = work(1600e6, 1000, 2);  // 1 us at 1500 MHz
  EXPECT_NEAR(place(roofs, w)->percent(), 50, 1e-9);
  w.sm_clock_mhz = 1500;
  EXPECT_NEAR(place(roofs, w)->percent(), 50, 1e-9);
  w.sm_clock_mhz = 750;
  EXPECT_NEAR(place(roofs, w)->percent(), 100, 1e-9);
}

TEST(Placement, holds_each_product_to_its_own_arithmetic) {
  const Roofs roofs = make_roofs(h100(), measured());
  const auto bound = [&](const std::string& provider, const std::string& kernel = "dense_1d2d") {
    Row row = library_row(provider, 64, 0, 10);
    row.problem.kernel = kernel;
    row.flops = 1'000'000'000, row.bytes = 1000;
    return place(roofs, work_of(row))->bound;
  };
  EXPECT_EQ(bound(provider::kGemmtune), "FP8 wgmma, promoted");
  EXPECT_EQ(bound(provider::kCublasLtBlock), "FP8 wgmma, promoted");
  EXPECT_EQ(bound(provider::kCublasLtTensor), "FP8 wgmma");
  EXPECT_EQ(bound(provider::kCublasBf16), "BF16, datasheet");
  EXPECT_EQ(bound(provider::kGemmtune, "dense_tensor"), "FP8 wgmma");
  EXPECT_EQ(bound(provider::kGemmtune, "dense_bf16"), "BF16, datasheet");
  EXPECT_EQ(bound(provider::kCublasLtTensor, "dense_bf16"), "FP8 wgmma") << "its own, whatever stands beside";
}

TEST(Placement, holds_small_kernels_to_the_read_of_their_size) {
  const Roofs roofs = make_roofs(h100(), measured());
  EXPECT_NEAR(place(roofs, work(1e6, 4e6, 8))->percent(), 50, 1e-9);  // 4 us at 1000 GB/s
  const double between_us = (4 + 4e9 / 2700e3) / 2;
  EXPECT_NEAR(place(roofs, work(1e6, (4e6 + 4e9) / 2, between_us))->percent(), 100, 1e-9);
}

TEST(Placement, shows_what_is_asked_of_the_L2_without_being_bound_by_it) {
  const Roofs roofs = make_roofs(h100(), measured());
  Work w = work(1e6, 1000, 20);
  const double percent = place(roofs, w)->percent();
  EXPECT_FALSE(place(roofs, w)->l2_intensity);
  w.l2_bytes = 600e6;  // 100 us
  EXPECT_NEAR(*place(roofs, w)->l2_intensity, 1 / 600.0, 1e-12);
  EXPECT_EQ(place(roofs, w)->percent(), percent);
  EXPECT_EQ(place(roofs, w)->above, "");
}

TEST(Placement, above_a_roof_is_an_accounting_error) {
  const Roofs roofs = make_roofs(h100(), std::nullopt);
  EXPECT_EQ(place(roofs, work(1e6, 3350e3, 0.97))->above, "HBM, datasheet");
  EXPECT_EQ(place(roofs, work(1e6, 3350e3, 0.99))->above, "");  // within what processes differ by
  EXPECT_EQ(place(roofs, work(1978.9e6, 1, 0.97))->above, "FP8, datasheet");
  Work written = work(1e6, 3350e3, 0.97);
  written.read_bytes = 1e6;  // D may stay in the L2
  EXPECT_EQ(place(roofs, written)->above, "");
  Work warm = work(1e6, 3350e3, 0.5);
  warm.cold = false;
  EXPECT_EQ(place(roofs, warm)->above, "");
}

TEST(Placement, without_a_flush_the_bandwidth_alone_is_a_floor) {
  const Roofs roofs = make_roofs(h100(), measured());
  Work w = work(1, 4e6, 3);  // cold reads of 4 MB take 4 us behind a flush
  EXPECT_NE(place(roofs, w)->above, "");
  w.flushed = false;
  EXPECT_EQ(place(roofs, w)->above, "");
  EXPECT_LT(place(roofs, w)->percent(), 100);
}

TEST(Roofs, of_another_board_are_called_so) {
  Environment other = h100();
  EXPECT_NE(make_roofs(other, measured()).source.find("measured on this GPU"), std::string::npos);
  other.uuid = "GPU-other";
  EXPECT_NE(make_roofs(other, measured()).source.find("another board of this kind"), std::string::npos);
}

TEST(Placement, above_the_promoted_rate_alone_is_none) {
  const Roofs roofs = make_roofs(h100(), measured());
  EXPECT_EQ(place(roofs, work(1650e6, 1, 1))->above, "");
  EXPECT_EQ(place(roofs, work(1750e6, 1, 1))->above, "FP8 wgmma");
}

TEST(Placement, needs_roofs_and_a_time) {
  EXPECT_FALSE(place(Roofs{}, work(1, 1, 1)));
  EXPECT_FALSE(place(make_roofs(h100(), std::nullopt), work(1, 1, 0)));
  EXPECT_FALSE(place(make_roofs(h100(), std::nullopt), work(1, 0, 1)));
}

Row counted(Row row) {
  row.flops = 2 * row.problem.m * row.problem.n * row.problem.k;
  row.bytes = row.problem.n * row.problem.k;
  return row;
}

TEST(Points, are_the_winner_and_the_fastest_of_each_rival_of_its_race) {
  Journal journal;
  Row elsewhere = library_row(provider::kCublasLtBlock, 64, 2, 11);
  elsewhere.run_id = "run0";  // another race
  Row screened = library_row(provider::kCublasBf16, 64, 0, 12);
  screened.stage = Stage::screen;
  Row deepgemm = library_row("deepgemm", 64, 0, 14);  // of a script: takes no part in races
  deepgemm.run_id = "peers";
  deepgemm.policy = "other";
  journal.rows = {row(64, config(64), 10),
                  row(64, config(96), 10.5),
                  elsewhere,
                  screened,
                  library_row(provider::kCublasLtBlock, 64, 0, 20),
                  library_row(provider::kCublasLtBlock, 64, 1, 15),
                  deepgemm};
  for (Row& row : journal.rows) row = counted(row);
  Table table;
  table.environment = h100();
  table.entries = {entry(64, 10, 15, {})};
  const std::vector<Point> points = make_points(table, journal, make_roofs(h100(), std::nullopt));
  ASSERT_EQ(points.size(), 3u);
  EXPECT_EQ(points[0].provider, provider::kGemmtune);
  EXPECT_EQ(points[0].config, config(64));
  EXPECT_TRUE(points[0].placement->l2_intensity);
  EXPECT_EQ(points[1].provider, provider::kCublasLtBlock);
  EXPECT_EQ(points[1].time_us, 15);
  EXPECT_EQ(points[2].provider, "deepgemm");
}

TEST(Points, stand_by_the_bytes_that_were_counted) {
  Row winner = counted(row(64, config(64), 10));
  const Roofs roofs = make_roofs(h100(), std::nullopt);
  const auto by_tiles = place(roofs, work_of(winner));
  EXPECT_FALSE(by_tiles->dram_intensity);
  const auto flops = static_cast<double>(winner.flops);
  winner.counters = Counters();
  winner.counters->dram_read_bytes = flops / 100;
  winner.counters->dram_write_bytes = flops / 100;
  winner.counters->l2_bytes = flops / 10;
  const auto placed = place(roofs, work_of(winner));
  EXPECT_DOUBLE_EQ(*placed->dram_intensity, 50);
  EXPECT_DOUBLE_EQ(*placed->l2_intensity, 10);
  EXPECT_EQ(placed->intensity, by_tiles->intensity) << "the roofline is over what is necessary";
}

TEST(Points, come_from_the_table_where_there_is_no_journal) {
  Table table;
  table.environment = h100();
  table.entries = {entry(64, 10, 15, {})};
  const std::vector<Point> points = make_points(table, {}, make_roofs(h100(), std::nullopt));
  ASSERT_EQ(points.size(), 1u);
  EXPECT_NEAR(points[0].placement->tflops, 200, 1e-3);
  EXPECT_NEAR(points[0].placement->intensity, 200e3 / 1500, 1e-2);
}

}  // namespace
}  // namespace gemmtune::report
