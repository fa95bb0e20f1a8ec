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
  records.kernels = {{60, 100, 900'000, "hold"},
                     {70, 1'000'000, 1'008'064, "gemm_a"},
                     {80, 2'000'000, 2'010'016, "gemm_b"},
                     {90, 2'011'000, 2'031'000, "stamp_clocks"}};
  return records;
}

constexpr std::array<std::uint64_t, 2> kLaunches{7, 8};

std::vector<double> durations_us(const CuptiRecords& records) {
  std::vector<double> durations;
  for (const TracedLaunch& launch : traced_launches(records, kLaunches))
    durations.push_back(launch.duration_us);
  return durations;
}

std::string complaint(const CuptiRecords& records) {
  try {
    traced_launches(records, kLaunches);
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
  EXPECT_EQ(durations_us(two_launches()), (std::vector<double>{8.064, 10.016}));
}

TEST(CuptiRecords, several_kernels_last_from_the_first_start_to_the_last_end) {
  CuptiRecords records = two_launches();
  records.kernels.push_back({71, 1'009'000, 1'012'000});
  EXPECT_EQ(durations_us(records)[0], 12);
  records.kernels.push_back({70, 998'000, 999'000});  // in whatever order they come
  EXPECT_EQ(durations_us(records)[0], 14);
}

TEST(CuptiRecords, a_launch_names_its_own_kernels_in_the_order_of_starting) {
  CuptiRecords records = two_launches();
  records.kernels.push_back({70, 998'000, 999'000, "clear"});  // in whatever order they come
  records.kernels.push_back({71, 1'009'000, 1'012'000, "reduce"});
  const auto launches = traced_launches(records, kLaunches);
  EXPECT_EQ(launches[0].kernels, (std::vector<std::string>{"clear", "gemm_a", "reduce"}));
  EXPECT_EQ(launches[1].kernels, std::vector<std::string>{"gemm_b"});
}

TEST(CuptiRecords, a_kernel_without_a_name_counts_all_the_same) {
  CuptiRecords records = two_launches();
  for (KernelRecord& kernel : records.kernels) kernel.name = nullptr;
  EXPECT_TRUE(traced_launches(records, kLaunches)[0].kernels.empty());
  EXPECT_EQ(durations_us(records)[0], 8.064);
}

TEST(ShortKernelName, is_what_stands_before_template_arguments_and_parameters) {
  EXPECT_EQ(short_kernel_name("nvjet_sm90_tst_64x32_64x16_1x2_h_bz_splitK_TNT"),
            "nvjet_sm90_tst_64x32_64x16_1x2_h_bz_splitK_TNT");
  EXPECT_EQ(short_kernel_name("void cublasLt::splitKreduce_kernel<32, 16, int>(cublasLt::Params<int>)"),
            "cublasLt::splitKreduce_kernel");
  EXPECT_EQ(short_kernel_name("cublasLt::reduce(int)"), "cublasLt::reduce");
  EXPECT_EQ(short_kernel_name("voidless"), "voidless");
  EXPECT_EQ(short_kernel_name("void at::native::(anonymous namespace)::reduce<2>(int (*)(int))"),
            "at::native::{anonymous}::reduce");
  EXPECT_EQ(short_kernel_name("std::enable_if<!(false), void>::type gemvx::kernel<int, float>(int)"),
            "gemvx::kernel");
}

TEST(ShortKernelName, is_demangled) {
  EXPECT_EQ(short_kernel_name("_ZN8cublasLt19splitKreduce_kernelILi32EfEEvPT0_"),
            "cublasLt::splitKreduce_kernel");
  EXPECT_EQ(short_kernel_name("_ZN8cublasLt6reduceEi"), "cublasLt::reduce");
  EXPECT_EQ(short_kernel_name("_Znot a mangled name"), "_Znot a mangled name");
  EXPECT_EQ(short_kernel_name("f"), "f") << "not float";
}

TEST(CuptiRecords, a_launch_of_an_earlier_round_counts_for_nobody) {
  CuptiRecords records = two_launches();
  records.launches.push_back({50, 6});
  records.kernels.push_back({50, 1, 2});
  EXPECT_EQ(durations_us(records), (std::vector<double>{8.064, 10.016}));
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
