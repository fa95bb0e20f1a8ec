#include "core/warnings.h"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <fstream>
#include <set>

namespace gemmtune {
namespace {

TEST(Warnings, each_have_a_sentence_and_advice) {
  for (const Warning& warning : warnings()) {
    EXPECT_TRUE(std::string(warning.meaning).ends_with('.')) << warning.code;
    EXPECT_TRUE(std::string(warning.advice).ends_with('.')) << warning.code;
    EXPECT_EQ(find_warning(warning.code)->meaning, warning.meaning);
  }
  EXPECT_EQ(find_warning("of a later version"), nullptr);
}

TEST(Warnings, are_the_list_of_the_schema) {
  std::ifstream file(std::string(GEMMTUNE_SOURCE_DIR) + "/configs/schema/journal.schema.json");
  const auto schema = nlohmann::json::parse(file);
  std::set<std::string> listed = schema["definitions"]["row"]["properties"]["warnings"]["items"]["enum"];
  std::set<std::string> ours;
  for (const Warning& warning : warnings()) ours.insert(warning.code);
  EXPECT_EQ(ours, listed);
}

Row cold_row(const std::string& device, double time_us) {
  Row row;
  row.device = device;
  row.problem.m = 1000, row.problem.n = 1000, row.problem.k = 33'500'000;
  row.bytes = 3'350'000'000 + 2'000'000;  // 1 ms of an H100's bandwidth to read, and D
  row.time_us = time_us;
  return row;
}

TEST(BeatsMemory, is_a_cold_time_below_what_reading_takes) {
  const std::string h100 = "NVIDIA H100 80GB HBM3";
  EXPECT_TRUE(beats_memory(cold_row(h100, 999)));
  EXPECT_FALSE(beats_memory(cold_row(h100, 1001)));
  EXPECT_FALSE(beats_memory(cold_row("NVIDIA H200", 999)));
  EXPECT_TRUE(beats_memory(cold_row("NVIDIA H200", 690)));
}

TEST(BeatsMemory, is_measured_against_the_floor_where_there_is_one_that_fits) {
  // 3350 MB in 1.2 ms; the datasheet says 1 ms. Five per cent below it may be another board.
  const ColdReadFloor floor{1, {{1, 2}, {3350, 1200}}, Timer::cupti};
  Row row = cold_row("NVIDIA H100 80GB HBM3", 1130);
  row.timer = Timer::cupti;
  EXPECT_TRUE(beats_memory(row, &floor));
  row.time_us = 1150;
  EXPECT_FALSE(beats_memory(row, &floor));
  row.device = "Other GPU", row.time_us = 1130;
  EXPECT_TRUE(beats_memory(row, &floor)) << "whatever is known of its datasheet";
  row.timer = Timer::event;
  EXPECT_TRUE(beats_memory(row, &floor)) << "event times are longer";
  const ColdReadFloor by_event{1, floor.mb_us, Timer::event};
  row.timer = Timer::cupti;
  EXPECT_FALSE(beats_memory(row, &by_event));
  row.l2 = L2Policy::cold_rotate;
  EXPECT_FALSE(beats_memory(row, &floor)) << "no dirty lines in its way";
}

TEST(BeatsMemory, is_not_said_where_nothing_is_known) {
  EXPECT_FALSE(beats_memory(cold_row("Other GPU", 1)));
  Row row = cold_row("NVIDIA H200", 1);
  row.l2 = L2Policy::warm;
  EXPECT_FALSE(beats_memory(row));
  row = cold_row("NVIDIA H200", 1);
  row.simulated = true;
  EXPECT_FALSE(beats_memory(row));
  row = cold_row("NVIDIA H200", 1);
  row.time_us.reset();
  EXPECT_FALSE(beats_memory(row));
}

}  // namespace
}  // namespace gemmtune
