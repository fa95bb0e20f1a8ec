#include "profile/counters.h"

#include "util/error.h"

#include <gtest/gtest.h>

namespace gemmtune::profile {
namespace {

// After `ncu --csv --page raw`: the columns before the counters, dimensions, thousands, lists of instances,
// "n/a".
constexpr const char* kHead =
    "==PROF== Connected to process 7\n"
    "\"ID\",\"Process ID\",\"Process Name\",\"Host Name\",\"thread Domain:Push/Pop_Range\",\"Kernel Name\","
    "\"Block Size\",\"CC\",\"dram__bytes_read.sum\",\"gpu__time_duration.sum\",\"launch__grid_size\","
    "\"launch__func_cache_config\",\"smsp__pcsamp_sample_buffer_full\",\"sm__cycles_active.avg\"\n"
    "\"\",\"\",\"\",\"\",\"\",\"\",\"\",\"\",\"byte\",\"ns\",\"\",\"\",\"\",\"cycle\"\n";
constexpr const char* kLaunch =
    "\"0\",\"7\",\"gemmtune-worker\",\"host\",\"\"\"<default domain>:profile dense_1d2d:m=64,n=576\"\"\","
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

TEST(Counters, read_lines_that_end_as_on_windows) {
  std::string csv = std::string(kHead) + kLaunch;
  for (std::size_t at = 0; (at = csv.find('\n', at)) != csv.npos; at += 2) csv.replace(at, 1, "\r\n");
  EXPECT_EQ(read_counters(csv, "x").size(), 3u);
}

TEST(Counters, refuse_a_report_without_a_launch) {
  for (const std::string& csv : {std::string(), std::string("==ERROR== no\n"), std::string(kHead)})
    EXPECT_NE(complaint(csv).find("x.ncu-rep: ncu has recorded no launch"), std::string::npos) << csv;
}

TEST(Counters, refuse_a_report_of_several_launches) {
  EXPECT_NE(complaint(std::string(kHead) + kLaunch + kLaunch).find("2 launches"), std::string::npos);
}

TEST(Counters, read_a_line_that_is_cut_as_far_as_it_goes) {
  const std::string whole = std::string(kHead) + kLaunch;
  for (std::size_t length = 0; length < whole.size(); ++length) {
    const std::string csv = whole.substr(0, length);
    if (!complaint(csv).empty()) continue;
    EXPECT_LE(read_counters(csv, "x").size(), 4u) << "a list that is cut may be a number";
  }
}

}  // namespace
}  // namespace gemmtune::profile
