#include "core/json.h"

#include <gtest/gtest.h>

#include <sys/resource.h>

namespace gemmtune {
namespace {

std::string repeated(std::string_view piece, std::size_t times) {
  std::string text;
  text.reserve(piece.size() * times);
  for (std::size_t i = 0; i < times; ++i) text += piece;
  return text;
}

std::string nested(std::size_t depth) {
  return repeated("[", depth) + repeated("]", depth);
}

long peak_mib() {
  rusage usage{};
  ::getrusage(RUSAGE_SELF, &usage);
  return usage.ru_maxrss / 1024;
}

TEST(ParseJson, reads_as_deep_as_any_file_of_ours_is_and_no_deeper) {
  EXPECT_FALSE(parse_json(nested(kMostJsonDepth)).is_discarded());
  EXPECT_TRUE(parse_json(nested(kMostJsonDepth + 1)).is_discarded());
  EXPECT_EQ(why_no_json(nested(kMostJsonDepth + 1)), "JSON nested deeper than 64 levels");
  for (const char* open : {"[", "{\"a\":", "[[],{\"a\":"})
    EXPECT_TRUE(parse_json(repeated(open, 200'000)).is_discarded()) << open;
}

TEST(ParseJson, counts_no_brackets_in_texts) {
  EXPECT_FALSE(
      parse_json("[\"" + repeated("[", 1000) + "\", \"\\\"" + repeated("{", 1000) + "\"]").is_discarded());
  EXPECT_FALSE(parse_json("[" + repeated("[],", 1000) + "[]]").is_discarded()) << "beside each other";
}

TEST(ParseJson, builds_what_the_text_says) {
  const std::string text =
      R"({"a":[1,-2,3.5,"x\n\u00e9",true,false,null,[],{}],"b":{"c":{"d":[{"e":1},{"f":[2]}]},"g":18446744073709551615},"":[[]]})";
  EXPECT_EQ(parse_json(text), Json::parse(text));
  EXPECT_EQ(json_text(parse_json(text)), json_text(Json::parse(text))) << "in the same order";
  for (const char* scalar : {"1", "\"x\"", "null", " [ ] "})
    EXPECT_EQ(parse_json(scalar), Json::parse(scalar));
  for (const char* broken :
       {"", "{", "[1,]", "{\"a\"}", "{\"a\":1,}", "1 2", "1e999", "NaN", "\"\xff\"", "[1"})
    EXPECT_TRUE(parse_json(broken).is_discarded()) << broken;
}

TEST(ParseJson, of_two_members_with_one_name_finds_the_first) {
  EXPECT_EQ(parse_json(R"({"a":1,"a":2})").at("a"), 1);
}

TEST(ParseJson, says_why_a_text_is_none) {
  EXPECT_EQ(why_no_json("{\"a\": 1"), "not JSON");
  EXPECT_EQ(why_no_json("]]]]"), "not JSON");
  EXPECT_TRUE(parse_json("\"open").is_discarded());
}

// As large as a worker's message may be.
TEST(ParseJson, takes_bounded_memory_of_whatever_text) {
#ifdef __SANITIZE_ADDRESS__
  GTEST_SKIP() << "the sanitizer's own memory counts too";
#endif
  constexpr std::size_t kMessage = std::size_t{64} << 20;
  for (const std::string piece : {"[", "[0],", "{\"\":0},"}) {
    const std::string text = "[" + repeated(piece, kMessage / piece.size()) + "0]";
    parse_json(text);
    EXPECT_LT(peak_mib(), 1400) << piece;
  }
  EXPECT_FALSE(parse_json("[" + repeated("1.25,", 7'000'000) + "0]").is_discarded())
      << "as many samples as fit";
}

}  // namespace
}  // namespace gemmtune
