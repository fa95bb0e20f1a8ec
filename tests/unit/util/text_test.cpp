#include "util/text.h"

#include <gtest/gtest.h>

namespace gemmtune {
namespace {

TEST(Join, puts_separators_between_parts_alone) {
  EXPECT_EQ(join({}, " + "), "");
  EXPECT_EQ(join(std::vector<std::string>{"a"}, " + "), "a");
  EXPECT_EQ(join(std::vector<std::string>{"", "b", ""}, " + "), " + b + ");
}

TEST(Printable, removes_every_character_that_drives_a_terminal) {
  EXPECT_EQ(printable("a\033[31mb\r\n\x7f"), "a[31mb");
  EXPECT_EQ(printable("a\xc2\x9b"
                      "31mb"),
            "a31mb");
  EXPECT_EQ(printable_lines("a\n\tb\033"), "a\n\tb");
  EXPECT_EQ(without_controls("a\x1b"
                             "b\xc2\x80",
                             " "),
            "a b ");
}

TEST(Printable, leaves_text_alone) {
  for (const char* text : {"", "plain", "µs ≤ × \u00a0", "\U0001f600", "\ud7ff\ue000\U0010ffff"})
    EXPECT_EQ(printable(text), text);
}

TEST(Printable, replaces_what_is_no_utf8) {
  // Bytes that stand alone, cut off, longer than need be, halves of pairs, above the last.
  for (const char* bytes :
       {"\x9b", "\xff", "\xc2", "\xe2\x82", "\xc0\x9b", "\xe0\x80\x9b", "\xed\xa0\x80", "\xf4\x90\x80\x80"}) {
    const std::string clean = printable(bytes);
    EXPECT_TRUE(clean.starts_with("\ufffd")) << clean;
    EXPECT_EQ(printable(clean), clean);
  }
}

}  // namespace
}  // namespace gemmtune
