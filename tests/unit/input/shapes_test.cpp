#include "input/shapes.h"

#include "complaint_of.h"
#include "input/strict_json.h"
#include "util/embedded.h"

#include <nlohmann/json.hpp>

namespace gemmtune::input {
namespace {

class Shapes : public InTemporaryFolder {
 protected:
  /// A set of these problems, one JSON object each with commas between.
  static ShapeSet read(const std::string& problems) {
    write("bad.json", R"({"schema": "gemmtune.shapes/1", "problems": [)" + problems + "]}");
    return read_shapes("bad.json");
  }
  static std::string complaint_about(const std::string& problems) {
    return complaint_of([&] { read(problems); });
  }
  static std::string complaint_about_file(const std::string& bytes) {
    write("bad.json", bytes);
    return complaint_of([] { read_shapes("bad.json"); });
  }
  static std::string list_of(std::size_t count) {
    std::string list = "[";
    for (std::size_t i = 1; i <= count; ++i) list += std::to_string(i) + (i < count ? "," : "]");
    return list;
  }
};

TEST_F(Shapes, a_list_expands_and_several_lists_multiply_m_slowest) {
  const auto problems = read(R"({"kernel": "dense_1d2d", "m": [1, 2], "n": [8, 16], "k": 128},
                                {"kernel": "dense_1d2d", "m": 3, "n": 8, "k": 128})")
                            .problems;
  std::string sizes;
  for (const Problem& p : problems) sizes += std::to_string(p.m) + "x" + std::to_string(p.n) + " ";
  EXPECT_EQ(sizes, "1x8 1x16 2x8 2x16 3x8 ");
}

TEST_F(Shapes, reads_every_field) {
  const ShapeSet set =
      read(R"({"name": "wgrad", "kernel": "dense_1d2d", "m": 7168, "n": 2112, "k": 4096, "out": "fp32",
                                "accumulate": true, "recipe": "ue8m0", "data": "integer", "weight": 0.5,
                                "a_pitch": 8192, "b_pitch": 4112, "d_pitch": 2120})");
  EXPECT_EQ(set.name, "bad") << "the file's stem, where there is no name";
  ASSERT_EQ(set.problems.size(), 1u);
  const Problem& p = set.problems[0];
  EXPECT_EQ(describe(p),
            "dense_1d2d:m=7168,n=2112,k=4096,out=fp32,accumulate=true,recipe=ue8m0,data=integer,"
            "a_pitch=8192,b_pitch=4112,d_pitch=2120");
  EXPECT_EQ(p.weight, 0.5);
  EXPECT_EQ(p.name, "wgrad");
}

TEST_F(Shapes, problems_that_no_kernel_can_run_are_not_a_mistake_of_the_file) {
  EXPECT_EQ(read(R"({"kernel": "dense_1d2d", "m": 1, "n": 7, "k": 100})").problems.size(), 1u);
}

TEST_F(Shapes, complains_about_a_size_with_its_pointer) {
  EXPECT_EQ(complaint_about(R"({"kernel": "dense_1d2d", "m": 1, "n": 8, "k": 128},
                               {"kernel": "dense_1d2d", "m": 1, "n": 8, "k": -1})"),
            "bad.json: /problems/1/k: expected a positive integer, got -1");
  EXPECT_EQ(complaint_about(R"({"kernel": "dense_1d2d", "m": [1, 4294967296], "n": 8, "k": 128})"),
            "bad.json: /problems/0/m/1: expected an integer from 1 to 2147483647, got 4294967296");
  EXPECT_EQ(complaint_about(R"({"kernel": "dense_1d2d", "m": [], "n": 8, "k": 128})"),
            "bad.json: /problems/0/m: the list is empty; give at least one value");
  EXPECT_EQ(complaint_about(R"({"kernel": "dense_1d2d", "m": 1, "n": "8", "k": 128})"),
            "bad.json: /problems/0/n: expected a positive integer, got \"8\"");
}

TEST_F(Shapes, complains_about_work_that_does_not_fit_64_bits) {
  EXPECT_EQ(complaint_about(R"({"kernel": "dense_1d2d", "m": 2147483647, "n": 2147483647, "k": 128})"),
            "bad.json: /problems/0: m x n x k is too large: the work of "
            "dense_1d2d:m=2147483647,n=2147483647,k=128 does not fit 64 bits");
}

TEST_F(Shapes, rows_without_a_gap_are_one_problem_however_they_are_spelled) {
  const auto problems = read(R"({"kernel": "dense_1d2d", "m": 4, "n": 64, "k": 128, "d_pitch": 64},
                                {"kernel": "dense_1d2d", "m": 4, "n": 64, "k": [128, 256], "a_pitch": 256})")
                            .problems;
  ASSERT_EQ(problems.size(), 3u);
  EXPECT_EQ(describe(problems[0]), "dense_1d2d:m=4,n=64,k=128");
  EXPECT_EQ(describe(problems[1]), "dense_1d2d:m=4,n=64,k=128,a_pitch=256");
  EXPECT_EQ(describe(problems[2]), "dense_1d2d:m=4,n=64,k=256");
}

TEST_F(Shapes, complains_about_rows_that_overlap) {
  EXPECT_EQ(complaint_about(R"({"kernel": "dense_1d2d", "m": 4, "n": 64, "k": 128, "b_pitch": 112})"),
            "bad.json: /problems/0: b_pitch 112 is less than the 128 elements of a row");
  EXPECT_EQ(complaint_about(R"({"kernel": "dense_1d2d", "m": 4, "n": [64, 72], "k": 128, "d_pitch": 64})"),
            "bad.json: /problems/0: d_pitch 64 is less than the 72 elements of a row");
  EXPECT_EQ(complaint_about(R"({"kernel": "dense_1d2d", "m": 4, "n": 64, "k": 128, "a_pitch": 0})"),
            "bad.json: /problems/0/a_pitch: expected a positive integer, got 0");
  EXPECT_EQ(complaint_about(
                R"({"kernel": "dense_1d2d", "m": 2147483647, "n": 8, "k": 128, "d_pitch": 2147483647})"),
            "bad.json: /problems/0: m x n x k is too large: the work of "
            "dense_1d2d:m=2147483647,n=8,k=128,d_pitch=2147483647 does not fit 64 bits");
}

TEST_F(Shapes, complains_about_fields) {
  EXPECT_EQ(complaint_about(R"({"kernel": "dense_1d2d", "m": 1, "n": 8})"),
            "bad.json: /problems/0: \"k\" is missing");
  EXPECT_EQ(complaint_about(R"({"kernel": "dense_1d2d", "m": 1, "n": 8, "k": 128, "wieght": 2})"),
            "bad.json: /problems/0: unknown key \"wieght\" (did you mean \"weight\"?)");
  EXPECT_EQ(complaint_about(R"({"kernel": "dense_1d2", "m": 1, "n": 8, "k": 128})"),
            "bad.json: /problems/0/kernel: unknown kernel \"dense_1d2\" (did you mean \"dense_1d2d\"?); "
            "`gemmtune list` "
            "shows the kernels of this build");
  EXPECT_EQ(complaint_about(R"({"kernel": "dense_1d2d", "m": 1, "n": 8, "k": 128, "out": "bf61"})"),
            "bad.json: /problems/0/out: expected one of bf16, fp32, got \"bf61\" (did you mean \"bf16\"?)");
  EXPECT_EQ(complaint_about(R"({"kernel": "dense_1d2d", "m": 1, "n": 8, "k": 128, "weight": 0})"),
            "bad.json: /problems/0/weight: expected a number above 0, at most 1e9, got 0");
  EXPECT_EQ(complaint_about(R"({"kernel": "dense_1d2d", "m": 1, "n": 8, "k": 128, "accumulate": 1})"),
            "bad.json: /problems/0/accumulate: expected true or false, got 1");
  EXPECT_EQ(complaint_about("7"), "bad.json: /problems/0: expected an object, got 7");
}

TEST_F(Shapes, complains_about_a_problem_that_is_there_twice_whatever_its_name) {
  EXPECT_EQ(complaint_about(R"({"kernel": "dense_1d2d", "m": [1, 2], "n": 8, "k": 128, "name": "a"},
                               {"kernel": "dense_1d2d", "m": 2, "n": 8, "k": 128, "name": "b", "weight": 3})"),
            "bad.json: /problems/1: dense_1d2d:m=2,n=8,k=128 is there already, at /problems/0");
  EXPECT_EQ(complaint_about(R"({"kernel": "dense_1d2d", "m": [2, 2], "n": 8, "k": 128})"),
            "bad.json: /problems/0: dense_1d2d:m=2,n=8,k=128 is there already, at /problems/0");
}

TEST_F(Shapes, refuses_too_many_problems_before_expanding_them) {
  const std::string sizes = list_of(1000);
  EXPECT_EQ(complaint_about(R"({"kernel": "dense_1d2d", "m": )" + sizes + R"(, "n": )" + sizes +
                            R"(, "k": )" + sizes + "}"),
            "bad.json: /problems/0: more than 100000 problems after expansion; split the file");
  EXPECT_EQ(complaint_about(R"({"kernel": "dense_1d2d", "m": 1, "n": 8, "k": 128},
                               {"kernel": "dense_1d2d", "m": )" +
                            list_of(100'000) + R"(, "n": 16, "k": 128})"),
            "bad.json: /problems/1: more than 100000 problems after expansion; split the file");
}

TEST_F(Shapes, refuses_a_list_that_is_too_long_by_itself) {
  EXPECT_EQ(
      complaint_about(R"({"kernel": "dense_1d2d", "m": )" + list_of(100'001) + R"(, "n": 8, "k": 128})"),
      "bad.json: /problems/0/m: more than 100000 problems after expansion; split the file");
}

TEST_F(Shapes, complains_about_the_file_as_a_whole) {
  EXPECT_EQ(complaint_about(""), "bad.json: /problems: the list is empty; give at least one value");
  EXPECT_EQ(complaint_about_file("[]"), "bad.json: expected an object, got an empty list");
  EXPECT_EQ(complaint_about_file("{}"),
            "bad.json: \"schema\" is missing; add \"schema\": \"gemmtune.shapes/1\"");
  EXPECT_EQ(complaint_about_file(R"({"schema": "gemmtune.shapes/2", "problems": []})"),
            "bad.json: /schema: expected \"gemmtune.shapes/1\", got \"gemmtune.shapes/2\"");
  EXPECT_EQ(complaint_about_file(R"({"schema": "gemmtune.shapes/1"})"), "bad.json: \"problems\" is missing");
  EXPECT_EQ(complaint_about_file(R"({"schema": "gemmtune.shapes/1", "name": "../x", "problems": []})"),
            "bad.json: /name: the name becomes a folder's name: letters, digits and -_+. only, got \"../x\"");
}

TEST_F(Shapes, refuses_a_file_above_16_mebibytes) {
  EXPECT_EQ(complaint_about_file(std::string(kMostBytes + 1, ' ')),
            "cannot read bad.json: it is larger than 16777216 bytes");
}

TEST_F(Shapes, complains_about_what_is_no_file) {
  std::filesystem::create_directory("folder");
  EXPECT_EQ(complaint_of([] { read_shapes("folder"); }), "cannot read folder: Is a directory");
  const std::string complaint = complaint_of([] { read_shapes("dsv4.json"); });
  EXPECT_TRUE(begins_with(complaint,
                          "no file and no built-in problem set \"dsv4.json\" (did you mean \"dsv3\"?); buil"))
      << complaint;
  EXPECT_NE(complaint.find("smoke"), std::string::npos) << "lists what there is";
}

TEST_F(Shapes, a_path_goes_before_a_built_in_name) {
  EXPECT_EQ(read_shapes("dsv3").problems.size(), 36u);
  write("dsv3.json", R"({"schema": "gemmtune.shapes/1", "problems":
                        [{"kernel": "dense_1d2d", "m": 1, "n": 8, "k": 128}]})");
  EXPECT_EQ(read_shapes("dsv3.json").problems.size(), 1u);
  EXPECT_EQ(read_shapes("dsv3").problems.size(), 36u);
}

TEST(BuiltinShapes, dsv3_is_the_six_layers_at_six_sizes) {
  const ShapeSet set = read_shapes("dsv3");
  EXPECT_EQ(set.name, "dsv3");
  ASSERT_EQ(set.problems.size(), 36u);
  EXPECT_EQ(describe(set.problems.front()), "dense_1d2d:m=1,n=2112,k=7168");
  EXPECT_EQ(describe(set.problems.back()), "dense_1d2d:m=4096,n=7168,k=2048");
  EXPECT_EQ(set.problems.front().weight, 61);
  EXPECT_EQ(set.problems.back().weight, 58);
}

TEST(BuiltinShapes, every_shipped_set_is_read_and_describes_itself) {
  std::size_t files = 0;
  for (const EmbeddedFile& file : embedded_files()) files += file.path.starts_with("configs/shapes/");
  const auto sets = builtin_shape_sets();
  EXPECT_EQ(sets.size(), files);
  EXPECT_GE(sets.size(), 3u);
  for (const ShapeSet& set : sets) {
    EXPECT_FALSE(set.description.empty()) << set.name;
    EXPECT_EQ(read_shapes(set.name).problems.size(), set.problems.size()) << "the name is the file's";
  }
}

template <typename Enum>
std::vector<std::string> spellings() {
  std::vector<std::string> all;
  for (const auto& [value, name] : names(Enum{})) all.emplace_back(name);
  return all;
}

TEST(ShapesSchema, lists_the_words_that_the_reader_knows) {
  const auto bytes = embedded_file("configs/schema/shapes.schema.json");
  ASSERT_TRUE(bytes);
  const auto fields = nlohmann::json::parse(*bytes)["definitions"]["problem"]["properties"];
  EXPECT_EQ(fields["out"]["enum"], spellings<OutputType>());
  EXPECT_EQ(fields["recipe"]["enum"], spellings<Recipe>());
  EXPECT_EQ(fields["data"]["enum"], spellings<DataKind>());
}

}  // namespace
}  // namespace gemmtune::input
