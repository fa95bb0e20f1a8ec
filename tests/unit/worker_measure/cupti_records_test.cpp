#include "worker/measure/cupti_records.h"

#include <gtest/gtest.h>

#include <array>

namespace gemmtune::measure {
namespace {

/// Launches 7 (API calls 70 and 71) and 8 (call 80), with a held stream (60) and a clock probe (90) that
/// belong to none.
CuptiRecords two_launches() {
  CuptiRecords records;
  records.launches = {{70, 7}, {71, 7}, {80, 8}};
  records.kernels = {
      {60, 100, 900'000}, {70, 1'000'000, 1'008'064}, {80, 2'000'000, 2'010'016}, {90, 2'011'000, 2'031'000}};
  return records;
}

constexpr std::array<std::uint64_t, 2> kLaunches{7, 8};

std::string complaint(const CuptiRecords& records) {
  try {
    durations_us(records, kLaunches);
  } catch (const CuptiError& error) {
    return error.what();
  }
  return "";
}

void expect_complaint(const CuptiRecords& records, const std::string& part) {
  const std::string text = complaint(records);
  EXPECT_NE(text.find(part), std::string::npos) << text;
  EXPECT_NE(text.find("--timer event"), std::string::npos) << text;
}

TEST(CuptiRecords, a_launch_lasts_as_long_as_its_kernel) {
  EXPECT_EQ(durations_us(two_launches(), kLaunches), (std::vector<double>{8.064, 10.016}));
}

TEST(CuptiRecords, several_kernels_last_from_the_first_start_to_the_last_end) {
  CuptiRecords records = two_launches();
  records.kernels.push_back({71, 1'009'000, 1'012'000});
  EXPECT_EQ(durations_us(records, kLaunches)[0], 12);
  records.kernels.push_back({70, 998'000, 999'000});  // in whatever order they come
  EXPECT_EQ(durations_us(records, kLaunches)[0], 14);
}

TEST(CuptiRecords, a_launch_of_an_earlier_round_counts_for_nobody) {
  CuptiRecords records = two_launches();
  records.launches.push_back({50, 6});
  records.kernels.push_back({50, 1, 2});
  EXPECT_EQ(durations_us(records, kLaunches), (std::vector<double>{8.064, 10.016}));
}

TEST(CuptiRecords, a_launch_without_a_kernel_is_an_error) {
  CuptiRecords records = two_launches();
  std::erase_if(records.kernels, [](const KernelRecord& kernel) { return kernel.correlation == 80; });
  expect_complaint(records, "no kernel of sample 2 of 2");
}

TEST(CuptiRecords, a_kernel_whose_launch_is_unknown_is_missed) {
  CuptiRecords records = two_launches();
  records.launches.pop_back();
  expect_complaint(records, "no kernel of sample 2 of 2");
}

TEST(CuptiRecords, lost_records_are_an_error_even_when_every_launch_has_a_kernel) {
  CuptiRecords records = two_launches();
  records.lost = 3;
  expect_complaint(records, "lost 3 activity records");
}

TEST(CuptiRecords, an_incomplete_record_is_an_error) {
  for (const KernelRecord& kernel : {KernelRecord{71, 0, 1'012'000}, KernelRecord{71, 1'009'000, 0}}) {
    CuptiRecords records = two_launches();
    records.kernels.push_back(kernel);
    expect_complaint(records, "without its start or end");
  }
}

}  // namespace
}  // namespace gemmtune::measure
