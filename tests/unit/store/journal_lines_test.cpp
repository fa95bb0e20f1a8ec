#include "store/journal_lines.h"

#include <gtest/gtest.h>

#include <string>

namespace gemmtune::store {
namespace {

TEST(JournalLines, find_a_part_wherever_it_is_and_as_string_view_does) {
  const std::string line = "\"a\":\"\"ab\":\"a\"a\"";
  for (const std::string part : {"\"a\"", "\"", "a\"a\"", "\"ab\"", "no", "a\"a\"\""})
    for (std::size_t from = 0; from <= line.size() + 1; ++from)
      EXPECT_EQ(place_of(line, part, from), line.find(part, from)) << part << " from " << from;
}

/// However far from the end the last of a name is.
TEST(JournalLines, take_the_first_or_the_last_text_of_a_name) {
  for (const std::size_t behind : {0, 90, 128, 129, 1000, 1024, 1025, 9000}) {
    const std::string line =
        R"({"t":"one","in":{"t":"two"},"t":"three","x":")" + std::string(behind, '.') + "\"}";
    EXPECT_EQ(first_text_of(line, "t"), "one") << behind;
    EXPECT_EQ(last_text_of(line, "t"), "three") << behind;
    EXPECT_EQ(last_text_of(line, "x"), std::string(behind, '.')) << behind;
    EXPECT_EQ(last_text_of(line, "y"), "") << behind;
    EXPECT_EQ(first_text_of(line, "y"), "") << behind;
  }
  EXPECT_EQ(last_text_of("", "t"), "");
}

}  // namespace
}  // namespace gemmtune::store
