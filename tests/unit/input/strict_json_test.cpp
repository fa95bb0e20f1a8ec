#include "input/strict_json.h"

#include "complaint_of.h"
#include "input/strict_json_check.h"

#include <nlohmann/json.hpp>

#include <array>
#include <cstdint>
#include <limits>

namespace gemmtune::input {
namespace {

std::string complaint_about(const std::string& bytes) {
  return complaint_of([&] { Document("bad.json", bytes); });
}

/// What the access says about the value of "x" in {"x": VALUE}.
template <typename Access>
std::string complaint_about_x(const std::string& value, Access access) {
  const Document document("bad.json", "{\"x\":" + value + "}");
  return complaint_of([&] { access(document.root().member("x")); });
}

std::string nested(std::size_t depth) {
  return std::string(depth, '[') + std::string(depth, ']');
}

TEST(StrictJson, gives_line_and_column_of_a_syntax_error) {
  EXPECT_TRUE(begins_with(complaint_about("{\n  \"a\": 1,\n  }"), "bad.json: line 3, column 3: syntax e"));
  EXPECT_TRUE(begins_with(complaint_about(""), "bad.json: line 1, column 1: syntax "));
  EXPECT_TRUE(begins_with(complaint_about("[1, 2"), "bad.json: line 1, column 6: "));
}

TEST(StrictJson, refuses_what_other_readers_let_pass) {
  EXPECT_NE(complaint_about("{} x").find("line 1, column 4"), std::string::npos) << "trailing garbage";
  EXPECT_NE(complaint_about("{\"a\": NaN}").find("line 1, column 7"), std::string::npos);
  EXPECT_NE(complaint_about("{\"a\": 1e999}").find("number overflow"), std::string::npos);
  EXPECT_NE(complaint_about("// no comments\n{}").find("line 1, column 1"), std::string::npos);
  EXPECT_NE(complaint_about("\"\xff\"").find("ill-formed UTF-8"), std::string::npos);
}

TEST(StrictJson, sees_what_hides_behind_a_nul_byte) {
  using namespace std::string_literals;
  EXPECT_EQ(complaint_about("{}\0{"s), "bad.json: holds a NUL byte; it is no JSON text");
}

TEST(StrictJson, refuses_a_key_that_is_there_twice) {
  EXPECT_EQ(complaint_about(R"({"a": [{"k": 1}, {"k": 1, "n": 2, "k": 3}]})"),
            "bad.json: /a/1: the key \"k\" is there twice");
  EXPECT_EQ(complaint_about(R"({"a": 1, "a": 1})"), "bad.json: the key \"a\" is there twice");
}

TEST(StrictJson, allows_one_key_in_different_objects) {
  EXPECT_NO_THROW(Document("good.json", R"([{"k": 1}, {"k": {"k": 2}}])"));
}

TEST(StrictJson, refuses_deep_nesting_without_recursion) {
  EXPECT_NO_THROW(Document("good.json", nested(kMostDepth)));
  const std::string pointer = [] {
    std::string text;
    for (std::size_t i = 0; i < 32; ++i) text += "/0";
    return text;
  }();
  EXPECT_EQ(complaint_about(nested(33)), "bad.json: " + pointer + ": nested deeper than 32 levels");
  EXPECT_EQ(complaint_about(nested(1'000'000)), "bad.json: " + pointer + ": nested deeper than 32 levels");
}

TEST(StrictJson, escapes_pointers_and_strips_control_characters) {
  EXPECT_EQ(complaint_about(R"({"a/b~c\u001b[31m": {"x": 1, "x": 2}})"),
            "bad.json: /a~1b~0c[31m: the key \"x\" is there twice");
}

TEST(StrictJson, refuses_integers_that_the_library_would_bend) {
  const auto positive = [](const Node& node) { node.integer(1, 2147483647); };
  EXPECT_EQ(complaint_about_x("-1", positive), "bad.json: /x: expected a positive integer, got -1");
  EXPECT_EQ(complaint_about_x("0", positive), "bad.json: /x: expected a positive integer, got 0");
  EXPECT_EQ(complaint_about_x("4294967296", positive),
            "bad.json: /x: expected an integer from 1 to 2147483647, got 4294967296");
  EXPECT_EQ(complaint_about_x("18446744073709551615", positive),
            "bad.json: /x: expected an integer from 1 to 2147483647, got 18446744073709551615");
  EXPECT_EQ(complaint_about_x("3.9", positive),
            "bad.json: /x: expected an integer from 1 to 2147483647, got 3.9");
  EXPECT_EQ(complaint_about_x("3.0", positive),
            "bad.json: /x: expected an integer from 1 to 2147483647, got 3.0");
  EXPECT_EQ(complaint_about_x("99999999999999999999", positive),
            "bad.json: /x: expected an integer from 1 to 2147483647, got 1e+20");
  EXPECT_EQ(complaint_about_x("true", positive), "bad.json: /x: expected a positive integer, got true");
  EXPECT_EQ(complaint_about_x("\"64\"", positive), "bad.json: /x: expected a positive integer, got \"64\"");
  EXPECT_EQ(complaint_about_x("null", positive), "bad.json: /x: expected a positive integer, got null");
}

TEST(StrictJson, reads_integers_up_to_both_ends) {
  constexpr auto kMin = std::numeric_limits<std::int64_t>::min();
  constexpr auto kMax = std::numeric_limits<std::int64_t>::max();
  const Document document("good.json", "[-9223372036854775808, 9223372036854775807]");
  EXPECT_EQ(document.root().item(0).integer(kMin, kMax), kMin);
  EXPECT_EQ(document.root().item(1).integer(kMin, kMax), kMax);
}

TEST(StrictJson, names_the_type_it_wants) {
  EXPECT_EQ(complaint_about_x("\"1\"", [](const Node& node) { node.number(); }),
            "bad.json: /x: expected a number, got \"1\"");
  EXPECT_EQ(complaint_about_x("1", [](const Node& node) { node.boolean(); }),
            "bad.json: /x: expected true or false, got 1");
  EXPECT_EQ(complaint_about_x("[1]", [](const Node& node) { node.text(); }),
            "bad.json: /x: expected a text in quotes, got a list");
  EXPECT_EQ(complaint_about_x("{}", [](const Node& node) { node.size(); }),
            "bad.json: /x: expected a list, got an object");
  EXPECT_EQ(complaint_about_x("[]", [](const Node& node) { node.size(); }),
            "bad.json: /x: the list is empty; give at least one value");
  EXPECT_EQ(complaint_about_x("\"" + std::string(201, 'a') + "\"", [](const Node& node) { node.label(); }),
            "bad.json: /x: longer than 200 characters");
}

TEST(StrictJson, suggests_the_key_that_was_meant) {
  constexpr std::array<std::string_view, 2> kKeys = {"kernel", "problems"};
  const auto keys = [&](const Node& node) { node.allow(kKeys); };
  EXPECT_EQ(complaint_about_x(R"({"kernal": 1})", keys),
            "bad.json: /x: unknown key \"kernal\" (did you mean \"kernel\"?)");
  EXPECT_EQ(complaint_about_x(R"({"zebra": 1})", keys), "bad.json: /x: unknown key \"zebra\"");
  EXPECT_EQ(complaint_about_x("7", keys), "bad.json: /x: expected an object, got 7");
  EXPECT_EQ(complaint_about_x("{}", [](const Node& node) { node.member("kernel"); }),
            "bad.json: /x: \"kernel\" is missing");
}

TEST(StrictJson, cuts_long_texts_between_characters) {
  const std::string umlauts = [] {
    std::string text = "x";
    for (int i = 0; i < 60; ++i) text += "\xc3\xbc";
    return text;
  }();
  const std::string complaint =
      complaint_about_x("\"" + umlauts + "\"", [](const Node& node) { node.number(); });
  EXPECT_EQ(complaint, "bad.json: /x: expected a number, got \"" + umlauts.substr(0, 59) + "...\"");
}

}  // namespace
}  // namespace gemmtune::input
