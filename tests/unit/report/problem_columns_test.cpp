#include "report/problem_columns.h"

#include <gtest/gtest.h>

namespace gemmtune::report {
namespace {

Problem square(OutputType out, std::int64_t d_pitch) {
  Problem p;
  p.m = p.n = p.k = 4096;
  p.out = out, p.d_pitch = d_pitch;
  return p;
}

/// The rows of a table of these problems, as CSV.
std::string table_of(const std::vector<Problem>& problems) {
  Grid grid;
  const Distinctions apart = distinctions(problems, [](const Problem& p) { return p; });
  grid.columns = problem_columns(apart);
  for (const Problem& p : problems) grid.rows.push_back(problem_cells(p, apart));
  return render(grid, Format::csv);
}

TEST(ProblemColumns, say_the_form_where_a_problem_has_another_than_the_default) {
  EXPECT_EQ(
      table_of({square(OutputType::bf16, 0), square(OutputType::fp32, 0), square(OutputType::fp32, 5120)}),
      "name,m,n,k,form\n"
      ",4096,4096,4096,\n"
      ",4096,4096,4096,out=fp32\n"
      ",4096,4096,4096,\"out=fp32,d_pitch=5120\"\n");
}

TEST(ProblemColumns, say_the_kernel_where_there_are_several) {
  Problem other = square(OutputType::bf16, 0);
  other.kernel = "dense_bf16";
  EXPECT_EQ(table_of({square(OutputType::bf16, 0), other}),
            "kernel,name,m,n,k\n"
            "dense_1d2d,,4096,4096,4096\n"
            "dense_bf16,,4096,4096,4096\n");
}

TEST(ProblemColumns, say_no_form_where_all_have_the_default) {
  EXPECT_EQ(table_of({square(OutputType::bf16, 0)}), "name,m,n,k\n,4096,4096,4096\n");
}

}  // namespace
}  // namespace gemmtune::report
