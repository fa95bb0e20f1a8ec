#include "report/grid.h"

#include "report/json.h"
#include "report/markdown.h"
#include "report/terminal.h"
#include "util/error.h"

#include <gtest/gtest.h>

namespace gemmtune::report {
namespace {

const Column kTwoDigits = {"x", "x", 2};

TEST(Cell, is_short_for_people_and_exact_for_files) {
  EXPECT_EQ(for_people(1.005e3 / 3, kTwoDigits), "335.00");
  EXPECT_EQ(for_files(0.1), "0.1");
  EXPECT_EQ(for_files(1.0 / 3), "0.3333333333333333");
  EXPECT_EQ(for_people({}, kTwoDigits), "-");
  EXPECT_EQ(for_files({}), "");
  EXPECT_EQ(for_files(Config{{"block_m", 64}, {"stages", 8}}), "block_m=64,stages=8");
  EXPECT_EQ(fixed(1e300, 0).size(), 301u);
}

TEST(Cell, cannot_drive_a_terminal) {
  EXPECT_EQ(for_files(std::string("a\x1b[31mb\nc\x7f\xc2\x9b"
                                  "d")),
            "a [31mb c  d");
  EXPECT_EQ(for_files(std::string("µ · \xc2")), "µ · \ufffd");
}

TEST(ShortForm, leaves_out_what_is_usual) {
  EXPECT_EQ(short_form({{"block_m", 64},
                        {"block_n", 112},
                        {"stages", 8},
                        {"cluster_m", 2},
                        {"cluster_n", 1},
                        {"num_sms", 132},
                        {"raster", 8}}),
            "64x112 s8 c2x1 132sm r8");
  EXPECT_EQ(
      short_form({{"block_m", 64}, {"block_n", 112}, {"cluster_m", 1}, {"cluster_n", 1}, {"split_m", 4}}),
      "64x112 split_m=4");
  EXPECT_EQ(short_form({{"block_m", 64}, {"block_n", 32}, {"k_groups", 2}, {"split_k", 2}, {"stages", 12}}),
            "64x32 k2 split2 s12");
  EXPECT_EQ(short_form({{"answer", 3}}), "answer=3");
}

Grid sample() {
  return {{{"name", "layer"}, {"time_us", "µs", 1}, {"note", "note"}},
          {{std::string("a|b"), 9.25, std::string("say \"hi\", <b>")},
           {std::string("c"), {}, std::string("*x*")}}};
}

TEST(Grid, is_aligned_by_characters_not_bytes) {
  EXPECT_EQ(render(sample(), Format::table),
            "layer   µs  note\n"
            "a|b    9.2  say \"hi\", <b>\n"
            "c        -  *x*\n");
}

TEST(Grid, is_escaped_in_markdown) {
  EXPECT_EQ(render(sample(), Format::md),
            "| layer | µs | note |\n"
            "| --- | --: | --- |\n"
            "| a\\|b | 9.2 | say \"hi\", &lt;b> |\n"
            "| c | - | \\*x\\* |\n");
  EXPECT_EQ(escape_markdown("a\nb `c` _d_ [e] \\"), "a b \\`c\\` \\_d\\_ \\[e] \\\\");
}

TEST(Grid, is_quoted_in_csv) {
  EXPECT_EQ(render(sample(), Format::csv),
            "name,time_us,note\n"
            "a|b,9.25,\"say \"\"hi\"\", <b>\"\n"
            "c,,*x*\n");
}

TEST(Grid, starts_a_csv_line_with_an_empty_field_where_there_is_one) {
  EXPECT_EQ(render({{{"a", ""}, {"b", ""}}, {{{}, std::int64_t{1}}}}, Format::csv), "a,b\n,1\n");
}

TEST(Grid, keeps_types_in_json) {
  EXPECT_EQ(
      render({{{"a", ""}, {"b", ""}, {"c", ""}}, {{std::int64_t{1}, {}, Config{{"x", 2}}}}}, Format::jsonl),
      "{\"a\":1,\"b\":null,\"c\":{\"x\":2}}\n");
  EXPECT_EQ(render({{{"a", ""}}, {}}, Format::json), "[]\n");
}

TEST(Format, has_five_names) {
  for (std::string_view name : format_names())
    EXPECT_EQ(format_names()[static_cast<std::size_t>(parse_format(name))], name);
  EXPECT_EQ(parse_format("md"), Format::md);
  EXPECT_THROW(parse_format("xml"), UserError);
}

}  // namespace
}  // namespace gemmtune::report
