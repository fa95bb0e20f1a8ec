// Quantisers by name, and what is said of them on the pipe.
#include "core/quantise.h"

#include "core/json.h"
#include "core/serialise.h"

#include <gtest/gtest.h>

#include <stdexcept>

namespace gemmtune {
namespace {

const QuantiserKind kOther{OutputType::fp32, Recipe::ue8m0, true};

TEST(QuantiserKind, has_a_name_and_what_the_compiler_sees) {
  EXPECT_EQ(describe(QuantiserKind{}), "bf16 fp32 nearest");
  EXPECT_EQ(describe(kOther), "fp32 ue8m0 stochastic");
  EXPECT_EQ(
      compiled({}),
      (Config{{"both_units", kUnitsOfBoth}, {"input_bytes", 2}, {"powers_of_two", 0}, {"stochastic", 0}}));
  EXPECT_EQ(
      compiled(kOther),
      (Config{{"both_units", kUnitsOfBoth}, {"input_bytes", 4}, {"powers_of_two", 1}, {"stochastic", 1}}));
}

TEST(QuantiseMessages, say_the_same_again) {
  const QuantiseRequest request{kOther, QuantiserForm::both, 5, 256, 7, false, Timer::cupti};
  const auto again = from_json<QuantiseRequest>(parse_json(json_text(to_json(request))));
  EXPECT_EQ(again.kind, request.kind);
  EXPECT_EQ(again.form, request.form);
  EXPECT_EQ(json_text(to_json(again)), json_text(to_json(request)));

  QuantiseReport report{12, std::nullopt, std::nullopt};
  EXPECT_FALSE(from_json<QuantiseReport>(parse_json(json_text(to_json(report)))).speed);
  report.speed = Ceiling{}, report.copy = Ceiling{};
  report.speed->value = 900;
  const auto timed = from_json<QuantiseReport>(parse_json(json_text(to_json(report))));
  EXPECT_EQ(timed.matrices, 12);
  ASSERT_TRUE(timed.speed && timed.copy);
  EXPECT_EQ(timed.speed->value, 900);
}

TEST(QuantiseMessages, that_lack_something_are_refused) {
  Json json = to_json(QuantiseRequest{});
  json["form"] = "rows";
  EXPECT_THROW(from_json<QuantiseRequest>(json), std::runtime_error);
  EXPECT_THROW(from_json<QuantiseReport>(Json::object()), std::runtime_error);
}

}  // namespace
}  // namespace gemmtune
