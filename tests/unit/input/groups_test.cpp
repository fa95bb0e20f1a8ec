#include "input/groups.h"

#include "complaint_of.h"
#include "input/command_line.h"
#include "input/shapes.h"
#include "input/shapes_text.h"

#include <span>

namespace gemmtune::input {
namespace {

class GroupsOfASet : public InTemporaryFolder {
 protected:
  static ShapeSet read(const std::string& problems) {
    write("bad.json", R"({"schema": "gemmtune.shapes/1", "problems": [)" + problems + "]}");
    return read_shapes("bad.json");
  }
  /// Of a contiguous problem with these members besides its sizes.
  static std::string complaint_about(const std::string& members,
                                     const std::string& kernel = "grouped_contiguous_1d2d") {
    return complaint_of(
        [&] { read(R"({"kernel": ")" + kernel + R"(", "n": 512, "k": 512)" + members + "}"); });
  }
  static Problem groups(const std::string& members, const std::string& kernel = "grouped_contiguous_1d2d") {
    return read(R"({"kernel": ")" + kernel + R"(", "n": 512, "k": 512)" + members + "}").problems.front();
  }
};

TEST_F(GroupsOfASet, groups_are_described_by_mean_and_spread_by_sizes_or_by_routing) {
  const Problem spread = groups(R"(, "groups": 8, "m_per_group": 4096, "spread": 0.3, "seed": 7)");
  EXPECT_EQ(spread.groups, 8);
  EXPECT_EQ(spread.m_per_group, 4096);
  EXPECT_EQ(spread.spread, 0.3);
  EXPECT_EQ(spread.group_seed, 7);
  EXPECT_EQ(spread.alignment, 128);
  EXPECT_EQ(spread.layout, "indices");
  EXPECT_EQ(spread.m, 4096);
  const Problem sizes = groups(R"(, "group_sizes": [0, 128, 1])");
  EXPECT_EQ(sizes.groups, 3);
  EXPECT_EQ(sizes.group_sizes, (std::vector<std::int64_t>{0, 128, 1}));
  for (const char* routing : {"uniform", "zipf:1.2", "one_hot"})
    EXPECT_EQ(groups(R"(, "groups": 4, "m_per_group": 0.25, "empty": 0.5, "routing": ")" +
                     std::string(routing) + "\"")
                  .routing,
              routing);
  const Problem ragged = groups(R"(, "groups": 4, "m_per_group": 9, "alignment": 1)");
  EXPECT_EQ(ragged.layout, "offsets") << "nothing else can say where they end";
  EXPECT_EQ(groups(R"(, "groups": 4, "m_per_group": 9, "max_m": 64)", "grouped_masked_1d2d").max_m, 64);
}

TEST_F(GroupsOfASet, a_list_of_means_stands_for_one_problem_each) {
  const ShapeSet set =
      read(R"({"kernel": "k_grouped_1d1d", "groups": 2, "k_per_group": [128, 256], "m": [8, 16], "n": 8})");
  std::string all;
  for (const Problem& problem : set.problems) all += describe(problem) + "\n";
  EXPECT_EQ(
      all,
      "k_grouped_1d1d:groups=2,k_per_group=128,m=8,n=8\nk_grouped_1d1d:groups=2,k_per_group=256,m=8,n=8\n"
      "k_grouped_1d1d:groups=2,k_per_group=128,m=16,n=8\nk_grouped_1d1d:groups=2,k_per_group=256,m=16,n=8\n");
}

TEST_F(GroupsOfASet, complains_about_groups) {
  const std::string at = "bad.json: /problems/0";
  EXPECT_EQ(complaint_about(""), at + ": give either \"m_per_group\" or \"group_sizes\"");
  EXPECT_EQ(complaint_about(R"(, "m_per_group": 1, "group_sizes": [1])"),
            at + ": give either \"m_per_group\" or \"group_sizes\"");
  EXPECT_EQ(complaint_about(R"(, "m_per_group": 1)"), at + ": \"groups\" is missing");
  EXPECT_EQ(complaint_about(R"(, "groups": 0, "m_per_group": 1)"),
            at + "/groups: expected a positive integer, got 0");
  EXPECT_EQ(complaint_about(R"(, "groups": 2, "m_per_group": 0)"),
            at + "/m_per_group: expected a number above 0, at most 2147483647, got 0");
  EXPECT_EQ(complaint_about(R"(, "groups": 3, "group_sizes": [1, 2])"),
            at + "/group_sizes: 2 sizes of 3 groups");
  EXPECT_EQ(complaint_about(R"(, "group_sizes": [0, 0])"),
            at + "/group_sizes: at least one group needs rows");
  std::string many = "1";
  for (int i = 1; i <= 65536; ++i) many += ",1";
  EXPECT_EQ(complaint_about(R"(, "group_sizes": [)" + many + "]"),
            at + "/group_sizes: more than 65536 groups");
  EXPECT_EQ(complaint_about(R"(, "group_sizes": [1], "spread": 0.1)"),
            at + "/spread: has no meaning beside \"group_sizes\"");
  EXPECT_EQ(complaint_about(R"(, "groups": 2, "m_per_group": 1, "spread": 0.1, "routing": "uniform")"),
            at + ": sizes follow from \"spread\" or from \"routing\"; give one of them");
  EXPECT_EQ(complaint_about(R"(, "groups": 2, "m_per_group": 1, "routing": "zipf:11")"),
            at + "/routing: expected uniform, one_hot or zipf:S with S above 0, at most 10, got \"zipf:11\"");
  EXPECT_EQ(complaint_about(R"(, "groups": 2, "m_per_group": 1, "empty": 1)"),
            at + "/empty: a number below 1: at least one group needs rows");
  EXPECT_EQ(complaint_about(R"(, "groups": 2, "m_per_group": 1, "alignment": 16)"),
            at + "/alignment: expected one of 1, 32, 64, 128, got 16");
  EXPECT_EQ(complaint_about(R"(, "groups": 2, "m_per_group": 1, "alignment": 1, "layout": "indices")"),
            at + ": groups of alignment 1 are given by offsets: \"layout\": \"offsets\"");
  EXPECT_EQ(complaint_about(R"(, "groups": 2, "m_per_group": 1, "m": 4)"),
            at + ": unknown key \"m\" (did you mean \"n\"?)");
  EXPECT_EQ(complaint_about(R"(, "groups": 2, "m_per_group": 65, "max_m": 64)", "grouped_masked_1d2d"),
            at + ": max_m 64 has no room for a group of 65 rows");
  EXPECT_EQ(complaint_about(R"(, "groups": 2, "m_per_group": 65)", "grouped_masked_1d2d"),
            at + ": \"max_m\" is missing");
  EXPECT_EQ(
      complaint_about(R"(, "groups": 65536, "m_per_group": 2147483647)"),
      at + ": m x n x k is too large: the work of "
           "grouped_contiguous_1d2d:groups=65536,m_per_group=2147483647,n=512,k=512 does not fit 64 bits");
}

TEST_F(GroupsOfASet, m_or_k_is_the_mean_rounded_up) {
  EXPECT_EQ(groups(R"(, "groups": 4, "m_per_group": 0.25)").m, 1);
  EXPECT_EQ(groups(R"(, "groups": 4, "m_per_group": 64.5)").m, 65);
  EXPECT_EQ(groups(R"(, "group_sizes": [0, 3])").m, 2);
  const Problem inner = parse_problem("k_grouped_1d1d:groups=4,k_per_group=500,m=16,n=8");
  EXPECT_EQ(inner.k, 512) << "up to 128, which a scale covers";
  EXPECT_EQ(inner.m, 16);
}

TEST_F(GroupsOfASet, of_rows_that_draw_their_group_there_is_a_limit) {
  EXPECT_EQ(
      complaint_about(R"(, "groups": 2, "m_per_group": 8388609, "routing": "uniform")"),
      "bad.json: /problems/0: \"routing\" draws the group of each row, of at most 16777216; \"spread\" has "
      "no such limit");
  EXPECT_EQ(complaint_about(R"(, "groups": 2, "m_per_group": 8388608, "routing": "uniform")").substr(0, 12),
            "no complaint");
}

/// What a line says can be given to `--problem`.
TEST_F(GroupsOfASet, described_in_one_line_are_read_as_what_they_were) {
  std::size_t grouped = 0;
  for (const ShapeSet& set : builtin_shape_sets())
    for (const std::vector<Problem>& problems : {set.problems, set.missing})
      for (const Problem& problem : problems) {
        const ShapeSet again = parse_problems(describe(problem));
        ASSERT_EQ(again.problems.size() + again.missing.size(), 1u) << describe(problem);
        const Problem& read = again.problems.empty() ? again.missing.front() : again.problems.front();
        EXPECT_EQ(problem_id(read), problem_id(problem)) << describe(problem);
        grouped += problem.groups != 0;
      }
  EXPECT_GT(grouped, 100u);
  EXPECT_EQ(parse_problems("grouped_contiguous_1d2d:group_sizes=7,n=8,k=128").problems.front().group_sizes,
            std::vector<std::int64_t>{7})
      << "one size is no list";
}

TEST_F(GroupsOfASet, complains_about_one_that_is_there_twice) {
  const std::string problem = R"({"kernel": "dense_1d1d", "m": 1, "n": 8, "k": 128})";
  EXPECT_EQ(complaint_of([&] { read(problem + "," + problem); }),
            "bad.json: /problems/1: dense_1d1d:m=1,n=8,k=128 is there already, at /problems/0");
}

TEST_F(GroupsOfASet, more_than_fit_into_a_set_are_refused) {
  std::string list = "[1";
  for (int i = 2; i <= 1000; ++i) list += "," + std::to_string(i);
  EXPECT_EQ(complaint_about(R"(, "groups": 1, "m_per_group": )" + list + R"(], "weight": 1)").substr(0, 13),
            "no complaint");
  EXPECT_EQ(complaint_of([&] {
              read(R"({"kernel": "dense_1d1d", "m": )" + list + R"(], "n": )" + list + R"(], "k": 128})");
            }),
            "bad.json: /problems/0: more than 100000 problems after expansion; split the file");
}

TEST_F(GroupsOfASet, texts_of_sets_are_read_as_what_they_were) {
  std::vector<Problem> problems;
  for (const char* flag :
       {"dense_1d2d:m=1/2/4,n=8,k=128,name=a \"b\"",
        "dense_bf16:m=1,n=8,k=8,out=fp32,accumulate=true,weight=0.125",
        "dense_1d2d:m=7,n=8,k=128,a_pitch=256,data=zeros,recipe=ue8m0",
        "grouped_contiguous_1d2d:groups=8,m_per_group=0.3,routing=zipf:1.2,seed=3,n=8,k=128",
        "grouped_contiguous_1d2d:group_sizes=1/0/2,alignment=1,n=8,k=128",
        "grouped_masked_1d2d:groups=8,m_per_group=20/40,spread=0.3,empty=0.25,max_m=64,n=8,k=128",
        "k_grouped_1d1d:groups=4,k_per_group=512,m=16,n=8,accumulate=true"}) {
    const ShapeSet set = parse_problems(flag);
    for (const Problem& problem : set.problems) problems.push_back(problem);
    problems.insert(problems.end(), set.missing.begin(), set.missing.end());
  }
  const std::string text = shapes_text("all", "of \"every\" kind", problems);
  EXPECT_NE(text.find(R"("m": [1, 2, 4], "n": 8)"), std::string::npos) << text;
  EXPECT_NE(text.find(R"("m_per_group": [20, 40], "spread")"), std::string::npos) << text;
  const ShapeSet again = parse_shapes("text", text);
  EXPECT_EQ(again.description, "of \"every\" kind");
  std::string before, after;
  for (const Problem& problem : problems)
    before += describe(problem) + " " + problem.name + " " + std::to_string(problem.weight) + "\n";
  for (const Problem& problem : again.problems)
    after += describe(problem) + " " + problem.name + " " + std::to_string(problem.weight) + "\n";
  for (const Problem& problem : again.missing)
    after += describe(problem) + " " + problem.name + " " + std::to_string(problem.weight) + "\n";
  EXPECT_EQ(before, after);
}

TEST_F(GroupsOfASet, flags_say_lists_with_slashes) {
  EXPECT_EQ(parse_problems("dense_1d2d:m=1/2,n=8/16,k=128").problems.size(), 4u);
  EXPECT_EQ(complaint_of([] { parse_problem("dense_1d2d:m=1/2,n=8,k=128"); }),
            "--problem dense_1d2d:m=1/2,n=8,k=128: expected one problem, not a list of them");
  EXPECT_EQ(complaint_of([] { parse_problems("dense_1d2d:m=1/x,n=8,k=128"); }),
            "--problem dense_1d2d:m=1/x,n=8,k=128: /m: expected a positive integer, got \"1/x\"");
}

}  // namespace
}  // namespace gemmtune::input
