// What CUPTI's tables say of a Hopper's counters; no GPU is asked.
#include "worker/measure/counter_host.h"

#include "core/counters.h"
#include "profile/figures.h"

#include <gtest/gtest.h>

namespace gemmtune::measure {
namespace {

const std::string kHopper = "GH100";

TEST(CounterHost, knows_every_counter_of_a_row_on_a_hopper) {
  for (const CounterField& field : kCounterFields)
    EXPECT_TRUE(can_count(kHopper, {}, field.metric)) << field.metric;
  EXPECT_FALSE(can_count(kHopper, {}, "dram__bytes_told.sum"));
  EXPECT_FALSE(can_count(kHopper, {}, "smsp__issue_active.avg.pct"));
}

std::size_t passes(Image config) {
  CUpti_Profiler_Host_GetNumOfPasses_Params params{};
  params.structSize = CUpti_Profiler_Host_GetNumOfPasses_Params_STRUCT_SIZE;
  params.configImageSize = config.size();
  params.pConfigImage = config.data();
  EXPECT_EQ(cuptiProfilerHostGetNumOfPasses(&params), CUPTI_SUCCESS);
  return params.numOfPasses;
}

TEST(CounterHost, counts_all_of_them_in_one_launch) {
  std::vector<const char*> metrics;
  for (const CounterField& field : kCounterFields) metrics.push_back(field.metric);
  CounterHost host(kHopper);
  EXPECT_EQ(passes(host.configure(metrics)), 1u);
}

TEST(CounterHost, refuses_a_metric_that_there_is_not) {
  const char* const metric = "dram__bytes_told.sum";
  CounterHost host(kHopper);
  EXPECT_THROW(host.configure({&metric, 1}), CounterError);
  EXPECT_THROW(CounterHost("GH000"), CounterError);
}

TEST(CounterHost, knows_the_counters_that_profile_shows) {
  for (const profile::Figure& figure : profile::main_figures({})) {
    if (figure.metric.starts_with("launch__")) continue;  // ncu's own
    EXPECT_TRUE(can_count(kHopper, {}, figure.metric.c_str())) << figure.name << ": " << figure.metric;
  }
}

TEST(CounterTrouble, says_what_to_do_about_what_has_its_cause_elsewhere) {
  EXPECT_NE(
      counter_trouble(CUPTI_ERROR_INSUFFICIENT_PRIVILEGES).find("NVreg_RestrictProfilingToAdminUsers=0"),
      std::string::npos);
  EXPECT_NE(counter_trouble(CUPTI_ERROR_INSUFFICIENT_PRIVILEGES).find("CAP_SYS_ADMIN"), std::string::npos);
  EXPECT_NE(counter_trouble(CUPTI_ERROR_HARDWARE_BUSY).find("dcgmi profile --pause"), std::string::npos);
  EXPECT_EQ(counter_trouble(CUPTI_ERROR_OUT_OF_MEMORY), "CUPTI_ERROR_OUT_OF_MEMORY");
}

}  // namespace
}  // namespace gemmtune::measure
