#include "model/ceilings.h"

#include <gtest/gtest.h>

#include <set>

namespace gemmtune::model {
namespace {

TEST(SimulatedCeilings, answer_every_probe_with_figures_that_agree_with_themselves) {
  std::set<std::string> names;
  for (const std::string_view probe : kProbes) {
    const auto ceilings = ceilings_of(h100_sxm(), std::string(probe));
    EXPECT_FALSE(ceilings.empty()) << probe;
    for (const Ceiling& c : ceilings) {
      names.insert(c.name);
      const double work = c.unit == "GB/s" ? static_cast<double>(c.bytes) * 1e-3 : c.flops * 1e-6;
      EXPECT_NEAR(c.value, c.unit == "us" ? c.time_us : work / c.time_us, 1e-6) << c.name;
      EXPECT_EQ(c.how, "simulated");
    }
  }
  for (const char* name :
       {"launch_us", "empty_kernel_us", "hbm_read", "hbm_write", "hbm_copy", "l2_read", "h2d", "d2h",
        "cold_read", "fp8_wgmma", "fp8_wgmma_promoted", "bf16_wgmma", "fp32_fma"})
    EXPECT_TRUE(names.contains(name)) << name;
  EXPECT_TRUE(ceilings_of(h100_sxm(), "other").empty());
}

TEST(SimulatedCeilings, have_the_floor_that_the_model_of_a_gemm_has) {
  Ceilings all;
  for (const std::string_view probe : kProbes)
    for (const Ceiling& c : ceilings_of(h100_sxm(), std::string(probe))) all.ceilings.push_back(c);
  const auto floor = cold_read_floor(all);
  ASSERT_TRUE(floor);
  for (const double bytes : {0.0, 14.68e6, 100e6, 2000e6})
    EXPECT_NEAR(floor->us(bytes), h100_sxm().cold_read_us(bytes), 0.05 * floor->us(bytes)) << bytes;
}

}  // namespace
}  // namespace gemmtune::model
