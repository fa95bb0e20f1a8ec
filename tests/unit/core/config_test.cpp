#include "core/config.h"

#include "core/serialise.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <set>
#include <thread>

namespace gemmtune {
namespace {

TEST(Config, is_a_map_of_numbers_by_name) {
  Config config = {{"stages", 4}, {"block_m", 64}, {"stages", 5}};
  EXPECT_EQ(describe(config), "block_m=64,stages=4");
  config["block_n"] = 96;
  ++config["block_m"];
  EXPECT_EQ(describe(config), "block_m=65,block_n=96,stages=4");
  EXPECT_EQ(config.at("block_n"), 96);
  EXPECT_THROW(config.at("block"), std::out_of_range);
  EXPECT_TRUE(config.contains("stages"));
  EXPECT_FALSE(config.contains("stage"));
  config.erase("block_n");
  config.erase("block_n");
  EXPECT_EQ(config, (Config{{"block_m", 65}, {"stages", 4}}));
  EXPECT_EQ(Config(std::map<std::string, std::int64_t>{{"x", 1}}), (Config{{"x", 1}}));
  EXPECT_TRUE(Config().empty());
  EXPECT_EQ(Config().begin(), Config().end());
}

TEST(Config, forgets_the_name_that_it_is_told_to) {
  const Config all = {{"block_m", 64}, {"block_n", 112}, {"stages", 4}};
  for (const char* name : {"block_m", "stages", "block_n", "stages"}) {
    Config fewer = all;
    fewer.erase(name);
    EXPECT_EQ(fewer.size(), 2U);
    for (const auto& [kept, value] : fewer) EXPECT_EQ(value, all.at(kept)) << "without " << name;
    EXPECT_FALSE(fewer.contains(name));
  }
}

TEST(Config, keeps_names_once_for_all) {
  const Config one = {{"block_m", 64}, {"block_n", 112}}, other = {{"block_n", 8}, {"block_m", 8}};
  EXPECT_EQ(&one.names(), &other.names());
  const Config* elsewhere = nullptr;
  std::thread([&] { elsewhere = new Config{{"block_m", 1}, {"block_n", 2}}; }).join();
  EXPECT_EQ(&one.names(), &elsewhere->names());
  delete elsewhere;
  EXPECT_LE(sizeof(Config), 32u);
}

/// The order of tables and reports.
TEST(Config, is_ordered_as_a_map_is) {
  const std::vector<std::map<std::string, std::int64_t>> maps = {
      {}, {{"a", 1}}, {{"a", 1}, {"b", 0}}, {{"a", 2}}, {{"b", 0}}, {{"b", -1}}, {{"a", 1}, {"c", -5}}};
  for (const auto& a : maps)
    for (const auto& b : maps) EXPECT_EQ(Config(a) < Config(b), a < b) << describe(Config(a));
}

TEST(Config, comes_back_from_json_in_any_order) {
  const Config config = {{"a", 1}, {"b", -2}, {"c", 3}};
  EXPECT_EQ(from_json<Config>(to_json(config)), config);
  EXPECT_EQ(from_json<Config>(parse_json(R"({"c": 3, "a": 1, "b": -2})")), config);
  EXPECT_EQ(parse_json(R"({"c": 3, "a": 1, "b": -2})").get<Config>(), config);
  EXPECT_EQ(json_text(Json(config)), R"({"a":1,"b":-2,"c":3})");
  EXPECT_THROW(from_json<Config>(parse_json(R"({"a": 1.5})")), std::runtime_error);
}

}  // namespace
}  // namespace gemmtune
