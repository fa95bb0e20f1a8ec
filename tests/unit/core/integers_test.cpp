#include "core/serialise.h"

#include <gtest/gtest.h>

namespace gemmtune {
namespace {

std::string complaint_about(const std::string& answers) {
  try {
    from_json<Baseline>(Json::parse(R"({"provider": "x", "refusal": "", "answers": )" + answers + "}"));
  } catch (const std::runtime_error& error) {
    return error.what();
  }
  return "";
}

TEST(Integers, that_do_not_fit_are_refused_and_not_bent) {
  EXPECT_EQ(complaint_about("2147483647"), "");
  EXPECT_EQ(complaint_about("-2147483648"), "");
  for (const char* bent :
       {"2147483648", "-2147483649", "4294967296", "18446744073709551615", "3e34", "1.5", "true"})
    EXPECT_EQ(complaint_about(bent), "\"answers\" is no integer of its range") << bent;
}

TEST(Integers, in_maps_are_held_to_the_same) {
  const char* end = R"({"run_id": "r", "timestamp": "t", "candidates": 1, "wall_s": {}, "pruned": )";
  EXPECT_EQ(from_json<RunEnd>(Json::parse(std::string(end) + R"({"a": 7}})")).pruned.at("a"), 7);
  for (const char* bent : {R"({"a": 1e300})", R"({"a": null})", "[1]"})
    EXPECT_THROW(from_json<RunEnd>(Json::parse(std::string(end) + bent + "}")), std::runtime_error) << bent;
}

}  // namespace
}  // namespace gemmtune
