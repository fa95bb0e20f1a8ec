// The C++ header and the Python module, compiled and imported, asked the same questions as the table.
#include "export/formats.h"
#include "fixtures/exported.h"
#include "store/table.h"
#include "util/atomic_file.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <random>
#include <sstream>

namespace gemmtune::exports {
namespace {

using namespace fixtures;

constexpr const char* kAskHeader = R"(#include "table.h"
#include "table.h"
#include <iostream>
#include <string>
namespace t = gemmtune_table;
static_assert(t::find("dense_1d2d", 64, 2112, 7168).match == t::Match::exact);
static_assert(t::find("dense_1d2d", 65, 2112, 7168).entry->m == 128);
static_assert(t::find("dense_1d2d", 64, 2112, 7168, {true, true}).entry->form.accumulate);
int main() {
  std::string kernel;
  std::int64_t m, n, k;
  t::Form form;
  const char* const names[] = {"none", "exact", "bucket", "largest"};
  while (std::cin >> kernel >> m >> n >> k >> form.fp32_out >> form.accumulate >> form.a_pitch >> form.b_pitch >>
         form.d_pitch) {
    const t::Found found = t::find(kernel, m, n, k, form);
    std::cout << names[static_cast<int>(found.match)];
    if (found.entry != nullptr)
      std::cout << ' ' << found.entry->m << ' ' << found.entry->config_id << ' ' << found.entry->config.block_m;
    std::cout << '\n';
  }
}
)";

constexpr const char* kAskModule = R"(import sys
import table
for line in sys.stdin:
    kernel, *numbers = line.split()
    m, n, k, fp32, accumulate, a, b, d = map(int, numbers)
    match, entry = table.find(kernel, m, n, k, "fp32" if fp32 else "bf16", bool(accumulate), a, b, d)
    print(match, *([entry["m"], entry["config_id"], entry["config"]["block_m"]] if entry else []))
)";

/// Sizes near the tuned ones and far from them, and every form.
std::vector<Problem> questions(const Table& table) {
  std::mt19937 random(7);
  const auto one_of = [&](std::vector<std::int64_t> values) { return values[random() % values.size()]; };
  std::vector<Problem> asked;
  for (int i = 0; i < 600; ++i) {
    Problem p = table.entries[random() % table.entries.size()].problem;
    p.m = i % 2 ? std::max<std::int64_t>(1, p.m + one_of({-1, 0, 1})) : one_of({1, 17, 63, 300, 9999});
    if (i % 5 == 0) p.n = one_of({576, 2112, 640});
    if (i % 7 == 0) p.kernel = one_of({0, 1}) ? "dense_1d1d" : "dense_1d2d";
    if (i % 11 == 0) p.accumulate = one_of({0, 1});
    asked.push_back(p);
  }
  return asked;
}

std::string question_text(const Problem& p) {
  // Pitches of tight rows are asked for both ways: 0 and the number of columns.
  std::ostringstream text;
  text << p.kernel << ' ' << p.m << ' ' << p.n << ' ' << p.k << ' ' << (p.out == OutputType::fp32) << ' '
       << p.accumulate << ' ' << (p.m % 2 ? p.a_pitch : p.a_stride()) << ' ' << p.b_stride() << ' '
       << (p.m % 2 ? p.d_pitch : p.d_stride()) << '\n';
  return text.str();
}

std::string answer_text(const Table& table, const Problem& p) {
  const store::Lookup found = store::lookup(table, p);
  if (found.entry == nullptr) return "none\n";
  const std::int64_t tuned = found.entry->problem.m;
  const char* match = found.match == store::Match::exact ? "exact" : tuned > p.m ? "bucket" : "largest";
  std::ostringstream text;
  text << match << ' ' << tuned << ' ' << config_id(found.entry->config) << ' '
       << found.entry->config.at("block_m") << '\n';
  return text.str();
}

class GeneratedCode : public testing::Test {
 protected:
  GeneratedCode() {
    std::string asked;
    for (const Problem& p : questions(source_.table)) {
      asked += question_text(p);
      expected_ += answer_text(source_.table, p);
    }
    write_text(folder_ / "asked", asked);
    for (const char* match : {"none", "exact", "bucket", "largest"})
      EXPECT_NE(expected_.find(match), std::string::npos) << match;
  }

  int run(const std::string& command) {
    return std::system(("cd " + folder_.path().string() + " && " + command).c_str());
  }

  ScratchFolder folder_;
  Source source_ = lookup_source();
  std::string expected_;
};

TEST_F(GeneratedCode, of_cpp_answers_as_the_table_does) {
  write_text(folder_ / "table.h", write_cpp_header(source_).at(0).bytes);
  write_text(folder_ / "ask.cpp", kAskHeader);
  ASSERT_EQ(run(std::string(GEMMTUNE_CXX) + " -std=c++17 -Wall -Wextra -Werror -pedantic ask.cpp -o ask"), 0);
  ASSERT_EQ(run("./ask < asked > answered"), 0);
  EXPECT_EQ(read_file(folder_ / "answered"), expected_);
}

TEST_F(GeneratedCode, of_python_answers_as_the_table_does) {
  write_text(folder_ / "table.py", write_python(source_).at(0).bytes);
  write_text(folder_ / "ask.py", kAskModule);
  ASSERT_EQ(run(std::string(GEMMTUNE_PYTHON) + " -B ask.py < asked > answered"), 0);
  EXPECT_EQ(read_file(folder_ / "answered"), expected_);
}

}  // namespace
}  // namespace gemmtune::exports
