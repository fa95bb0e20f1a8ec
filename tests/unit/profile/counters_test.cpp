#include "profile/counters.h"

#include "util/error.h"

#include <gtest/gtest.h>

namespace gemmtune::profile {
namespace {

// After `ncu --csv --page raw`: columns before the counters, a range in two lines, dimensions, thousands,
// lists of instances, "n/a".
constexpr const char* kHead =
    "==PROF== Connected to process 7\n"
    "\"ID\",\"Process ID\",\"Process Name\",\"Host Name\",\"thread Domain:Push/Pop_Range\",\"Kernel Name\","
    "\"Block Size\",\"CC\",\"dram__bytes_read.sum\",\"gpu__time_duration.sum\",\"launch__grid_size\","
    "\"launch__func_cache_config\",\"smsp__pcsamp_sample_buffer_full\",\"sm__cycles_active.avg\"\n"
    "\"\",\"\",\"\",\"\",\"\",\"\",\"\",\"\",\"byte\",\"ns\",\"\",\"\",\"\",\"cycle\"\n";
constexpr const char* kLaunch =
    "\"0\",\"7\",\"gemmtune-worker\",\"host\",\"\"\"<default domain>:profile,\nm=64,n=576\"\"\","
    "\"dense_1d2d\",\"(384, 1, 1)\",\"9.0\",\"1,234,567.5\",\"9,312\",\"132\",\"CachePreferNone\",\"n/a\","
    "\"1; 2; 3\"\n";

/// What it says of that; empty when it has read it.
std::string complaint(const std::string& csv) {
  try {
    read_counters(csv, "x.ncu-rep");
  } catch (const UserError& error) {
    return error.what();
  }
  return "";
}

TEST(Counters, are_the_numbers_under_their_names_with_units) {
  const Counters counters = read_counters(std::string(kHead) + kLaunch, "x.ncu-rep");
  EXPECT_EQ(counters.at("dram__bytes_read.sum").value, 1234567.5);
  EXPECT_EQ(counters.at("dram__bytes_read.sum").unit, "byte");
  EXPECT_EQ(counters.at("gpu__time_duration.sum").value, 9312);
  EXPECT_EQ(counters.at("launch__grid_size").value, 132);
  EXPECT_EQ(counters.size(), 3u) << "no process id, no capability, no words, no lists";
}

TEST(Counters, refuse_a_report_without_a_launch) {
  for (const std::string& csv : {std::string(), std::string("==ERROR== no\n"), std::string(kHead)})
    EXPECT_NE(complaint(csv).find("x.ncu-rep: ncu has recorded no launch"), std::string::npos) << csv;
}

TEST(Counters, stand_between_what_ncu_says_besides) {
  EXPECT_EQ(read_counters(std::string(kHead) + kLaunch + "==WARNING== this, and that\n", "x").size(), 3u);
}

TEST(Counters, refuse_a_report_of_several_launches) {
  EXPECT_NE(complaint(std::string(kHead) + kLaunch + kLaunch).find("2 launches"), std::string::npos);
}

TEST(Counters, are_not_read_from_a_line_that_is_cut) {
  const std::string whole = std::string(kHead) + kLaunch;
  for (std::size_t length = 0; length < whole.size() - 10; ++length)
    EXPECT_NE(complaint(whole.substr(0, length)), "") << length;
}

}  // namespace
}  // namespace gemmtune::profile
