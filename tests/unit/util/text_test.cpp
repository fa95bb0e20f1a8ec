#include "util/text.h"

#include <gtest/gtest.h>

namespace gemmtune {
namespace {

TEST(Join, puts_separators_between_parts_alone) {
  EXPECT_EQ(join({}, " + "), "");
  EXPECT_EQ(join(std::vector<std::string>{"a"}, " + "), "a");
  EXPECT_EQ(join(std::vector<std::string>{"", "b", ""}, " + "), " + b + ");
}

TEST(Timestamp, is_utc_with_milliseconds_also_before_1970) {
  using namespace std::chrono;
  const auto at = [](long long ms) { return timestamp_utc(system_clock::time_point(milliseconds(ms))); };
  EXPECT_EQ(at(0), "1970-01-01T00:00:00.000Z");
  EXPECT_EQ(at(1234), "1970-01-01T00:00:01.234Z");
  EXPECT_EQ(at(-1), "1969-12-31T23:59:59.999Z");
  EXPECT_EQ(at(-12345678901), "1969-08-11T02:38:41.099Z");
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

TEST(WithoutLogCommands, breaks_them_where_a_line_begins) {
  EXPECT_EQ(without_log_commands("::error::x"), ": :error::x");
  EXPECT_EQ(without_log_commands("a\n  ::stop-commands::x\n##[group]"),
            "a\n  : :stop-commands::x\n# #[group]");
  for (const char* text : {"", "a ::error::x", "std::string", "# heading", ":", "a\n:b"})
    EXPECT_EQ(without_log_commands(text), text);
  EXPECT_EQ(without_log_commands("#\n#"), "#\n#");
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

TEST(Timestamp, after_another_is_a_millisecond_later) {
  EXPECT_EQ(timestamp_after("2026-11-21T09:21:00.123Z"), "2026-11-21T09:21:00.124Z");
  EXPECT_EQ(timestamp_after("2024-02-28T23:59:59.999Z"), "2024-02-29T00:00:00.000Z");
  EXPECT_EQ(timestamp_after("1969-12-31T23:59:59.998Z"), "1969-12-31T23:59:59.999Z");
  EXPECT_EQ(timestamp_after("1960-01-01T00:00:00.000Z"), "1960-01-01T00:00:00.001Z");
  for (const char* none : {"", "now", "9999-12-31T23:59:59.999Z", "2026-11-21T09:21:00.123Zz"})
    EXPECT_EQ(timestamp_after(none), none);
  EXPECT_GT(timestamp_utc(), "2020");
  EXPECT_EQ(timestamp_utc().size(), 24u);
}

}  // namespace
}  // namespace gemmtune
