#include "input/space_file.h"

#include "complaint_of.h"

namespace gemmtune::input {
namespace {

using Values = std::vector<ParameterValue>;

class Space : public InTemporaryFolder {
 protected:
  static SpaceSpec read(const std::string& parameters) {
    write("bad.json",
          R"({"schema": "gemmtune.space/1", "kernel": "dense_1d2d", "parameters": {)" + parameters + "}}");
    return read_spaces("bad.json").front();
  }
  static std::string complaint_about(const std::string& parameters) {
    return complaint_of([&] { read(parameters); });
  }
};

TEST_F(Space, reads_numbers_words_lists_and_ranges) {
  const SpaceSpec space =
      read(R"("block_m": 64, "block_n": {"from": 16, "to": 40, "step": 8}, "stages": ["max", 4],
                                  "num_sms": "minimal")");
  EXPECT_EQ(space.kernel, "dense_1d2d");
  EXPECT_EQ(space.source, "bad.json");
  EXPECT_EQ(space.parameters.at("block_m"), (Values{64}));
  EXPECT_EQ(space.parameters.at("block_n"), (Values{16, 24, 32, 40}));
  EXPECT_EQ(space.parameters.at("stages"), (Values{"max", 4}));
  EXPECT_EQ(space.parameters.at("num_sms"), (Values{"minimal"}));
}

TEST_F(Space, a_parameter_that_is_missing_takes_the_default_values) {
  const SpaceSpec space = read(R"("raster": 4)");
  EXPECT_EQ(space.parameters.at("raster"), (Values{4}));
  for (const SpaceSpec& each : default_spaces("dense_1d2d"))
    for (const auto& [name, values] : each.parameters)
      for (const ParameterValue& value : values)
        if (name != "raster" && name != "store_buffers") {
          EXPECT_EQ(std::ranges::count(space.parameters.at(name), value), 1) << name;
        }
  EXPECT_EQ(space.parameters.at("store_buffers"), (Values{0})) << "optional: as if it did not exist";
}

TEST_F(Space, a_range_ends_at_or_before_its_to) {
  EXPECT_EQ(read(R"("block_n": {"from": 16, "to": 31, "step": 8})").parameters.at("block_n"),
            (Values{16, 24}));
  EXPECT_EQ(read(R"("block_n": {"from": 16, "to": 16, "step": 8})").parameters.at("block_n"), (Values{16}));
}

TEST_F(Space, complains_about_values) {
  EXPECT_EQ(complaint_about(R"("blok_m": 64)"),
            "bad.json: /parameters: unknown key \"blok_m\" (did you mean \"block_m\"?)");
  EXPECT_EQ(complaint_about(R"("stages": "mx")"),
            "bad.json: /parameters/stages: expected a number or \"max\" or \"tile\", got \"mx\" (did you "
            "mean \"max\"?)");
  EXPECT_EQ(complaint_about(R"("block_m": [64, "all"])"),
            "bad.json: /parameters/block_m/1: expected a number, got \"all\"");
  EXPECT_EQ(complaint_about(R"("block_m": [])"),
            "bad.json: /parameters/block_m: the list is empty; give at least one value");
  EXPECT_EQ(complaint_about(R"("block_m": 64.5)"),
            "bad.json: /parameters/block_m: expected an integer from 0 to 1000000, got 64.5");
  EXPECT_EQ(complaint_about(R"("block_m": -64)"),
            "bad.json: /parameters/block_m: expected an integer from 0 to 1000000, got -64");
  EXPECT_EQ(complaint_about(R"("block_m": true)"),
            "bad.json: /parameters/block_m: expected an integer, got true");
}

TEST_F(Space, complains_about_ranges) {
  EXPECT_EQ(complaint_about(R"("block_n": {"from": 16, "to": 8, "step": 8})"),
            "bad.json: /parameters/block_n: the range is empty: \"from\" 16 is above \"to\" 8");
  EXPECT_EQ(complaint_about(R"("block_n": {"from": 16, "to": 32, "step": 0})"),
            "bad.json: /parameters/block_n/step: expected a positive integer, got 0");
  EXPECT_EQ(complaint_about(R"("block_n": {"from": 16, "to": 32})"),
            "bad.json: /parameters/block_n: \"step\" is missing");
  EXPECT_EQ(complaint_about(R"("block_n": {"from": 0, "to": 1000000, "step": 1})"),
            "bad.json: /parameters/block_n: more than 4096 values; choose a larger \"step\"");
}

TEST_F(Space, refuses_more_combinations_than_can_be_searched) {
  const std::string range = R"({"from": 0, "to": 3999, "step": 1})";
  EXPECT_EQ(complaint_about("\"block_m\": " + range + ", \"block_n\": " + range),
            "bad.json: more than 1000000 combinations of dense_1d2d; list fewer values");
}

TEST_F(Space, a_file_may_hold_several_of_several_kernels) {
  write("bad.json", R"({"schema": "gemmtune.space/1", "spaces": [
      {"kernel": ["dense_1d2d", "dense_bf16"], "parameters": {"swap_ab": 0, "raster": 4}},
      {"kernel": "dense_bf16", "parameters": {"swap_ab": 1}}]})");
  const auto spaces = read_spaces("bad.json");
  ASSERT_EQ(spaces.size(), 3u);
  EXPECT_EQ(spaces[0].kernel, "dense_1d2d");
  EXPECT_EQ(spaces[1].kernel, "dense_bf16");
  EXPECT_EQ(spaces[1].parameters.at("raster"), (Values{4}));
  EXPECT_EQ(spaces[2].kernel, "dense_bf16");
  EXPECT_EQ(spaces[2].parameters.at("swap_ab"), (Values{1}));
  write("bad.json", R"({"schema": "gemmtune.space/1", "spaces": [{"kernel": "dense_bf16", "raster": 4}]})");
  EXPECT_EQ(complaint_of([] { read_spaces("bad.json"); }), "bad.json: /spaces/0: unknown key \"raster\"");
}

TEST_F(Space, complains_about_the_file_as_a_whole) {
  write("bad.json", R"({"schema": "gemmtune.space/1", "kernel": "dense", "parameters": {}})");
  EXPECT_TRUE(begins_with(complaint_of([] { read_spaces("bad.json"); }),
                          "bad.json: /kernel: unknown kernel \"dense\"; `gemmtune list`"));
  write("bad.json", R"({"schema": "gemmtune.shapes/1", "kernel": "dense_1d2d", "parameters": {}})");
  EXPECT_EQ(complaint_of([] { read_spaces("bad.json"); }),
            "bad.json: /schema: expected \"gemmtune.space/1\", got \"gemmtune.shapes/1\"");
  EXPECT_EQ(complaint_of([] { read_spaces("dense_1d2"); }),
            "no file and no built-in search space \"dense_1d2\" (did you mean \"dense_1d2d\"?); built in: "
            "balanced, dense_1d1d, dense_1d2d, dense_bf16, dense_tensor, grouped_contiguous_1d2d, "
            "grouped_masked_1d2d, k_grouped_1d1d, quick");
}

TEST(BuiltinSpaces, every_shipped_space_is_read) {
  const auto spaces = builtin_spaces();
  EXPECT_GE(spaces.size(), 1u);
  for (const SpaceSpec& space : spaces) EXPECT_GE(combinations(space), 2) << space.source;
  constexpr int kOthers = 2 * 4 * 3 * 2 * 2 * 2 * 2 * 3;
  EXPECT_EQ(default_spaces("dense_1d1d").size(), 2u);
  const auto own = default_spaces("dense_1d2d");
  ASSERT_EQ(own.size(), 3u);
  EXPECT_EQ(combinations(own[0]), 4 * 31 * kOthers) << "tokens as rows";
  EXPECT_EQ(combinations(own[1]), 18 * 4 * kOthers) << "tokens as columns";
  EXPECT_EQ(combinations(own[2]), 2 * 6 * 2 * 2 * 2 * 2 * 2 * 2 * 3) << "D in parts";
}

}  // namespace
}  // namespace gemmtune::input
