#include "export/formats.h"

#include "fixtures/exported.h"
#include "util/error.h"

#include <gtest/gtest.h>

#include <set>

namespace gemmtune::exports {
namespace {

using namespace fixtures;

TEST(Formats, have_names_and_meanings_that_fit_into_the_help) {
  std::set<std::string_view> names;
  for (const Format& format : formats()) {
    EXPECT_TRUE(names.insert(format.name).second) << format.name;
    EXPECT_LE(format.name.size(), 15u);
    EXPECT_LE(format.meaning.size(), 62u) << format.name;
  }
  EXPECT_EQ(find_format("python").name, "python");
  EXPECT_THROW(find_format("pythn"), UserError);
}

class TableFormats : public testing::TestWithParam<const char*> {};

TEST_P(TableFormats, give_every_problem_what_the_table_gives_it) {
  const Source source = lookup_source();
  const Format& format = find_format(GetParam());
  const report::Grid grid = format.read_back(format.write(source), source);
  // Each entry, and what lies above the largest M, of each of the eight series.
  ASSERT_EQ(grid.rows.size(), source.table.entries.size() + 8);
  EXPECT_EQ(grid.rows[1][3], report::Cell(std::string("2..16")));
  EXPECT_EQ(grid.rows[5][3], report::Cell(std::string("4097..")));
  EXPECT_EQ(grid.rows.back()[3], report::Cell(std::string("never")));  // the problem of other data
}

TEST_P(TableFormats, notice_when_the_file_says_another_thing_than_the_table) {
  const Source source = lookup_source();
  const Format& format = find_format(GetParam());
  const Files files = format.write(source);
  for (const auto& [from, to] : {std::pair{"4096", "4095"}, std::pair{"2112", "2113"},
                                 std::pair{"22.33", "22.34"}, std::pair{"8192", "8193"}}) {
    Files damaged = files;
    const std::size_t at = damaged[0].bytes.find(from);
    ASSERT_NE(at, std::string::npos) << from;
    damaged[0].bytes.replace(at, std::string(to).size(), to);
    EXPECT_THROW(format.read_back(damaged, source), InternalError) << from;
  }
}

TEST_P(TableFormats, notice_a_line_that_is_missing) {
  const Source source = lookup_source();
  const Format& format = find_format(GetParam());
  Source shorter = source;
  shorter.table.entries.pop_back();
  EXPECT_THROW(format.read_back(format.write(shorter), source), InternalError);
}

INSTANTIATE_TEST_SUITE_P(All, TableFormats, testing::Values("json", "csv", "cpp-header", "python"),
                         [](const auto& info) {
                           const std::string name = info.param;
                           return name == "cpp-header" ? "cpp_header" : name;
                         });

TEST(GeneratedCodeReader, takes_strings_as_they_are) {
  Source source = lookup_source();
  source.table.entries[0].problem.kernel = "a\"{b}\\";
  for (const char* name : {"cpp-header", "python"}) {
    const Format& format = find_format(name);
    EXPECT_EQ(format.read_back(format.write(source), source).rows[0][0],
              report::Cell(source.table.entries[0].problem.kernel));
  }
}

TEST(GeneratedNames, are_refused_where_they_cannot_be_identifiers) {
  Source source = lookup_source();
  source.table.entries[0].config["block m;"] = 1;
  EXPECT_THROW(write_cpp_header(source), UserError);
  EXPECT_THROW(write_python(source), UserError);
}

}  // namespace
}  // namespace gemmtune::exports
