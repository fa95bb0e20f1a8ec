#include "input/gate_file.h"

#include "complaint_of.h"

namespace gemmtune::input {
namespace {

using Verdict = CompareVerdict;

class GateFile : public InTemporaryFolder {
 protected:
  static Gate read(const std::string& members) {
    write("gate.json",
          R"({"schema": "gemmtune.compare_policy/1")" + (members.empty() ? "" : ", " + members) + "}");
    return read_gate("gate.json");
  }
  static std::string complaint_about(const std::string& members) {
    return complaint_of([&] { read(members); });
  }
};

TEST_F(GateFile, leaves_what_it_does_not_say) {
  const Gate gate = read("");
  EXPECT_EQ(gate.min_effect, 0.01);
  EXPECT_EQ(gate.fail_on, (std::set<Verdict>{Verdict::slower, Verdict::missing, Verdict::wrong}));
  EXPECT_EQ(gate.budget, 0);
  EXPECT_FALSE(gate.geomean_budget.has_value());
}

TEST_F(GateFile, gives_single_problems_budgets_and_weights) {
  const Gate gate = read(R"("budget_percent": 2, "problems": [
    {"match": {"kernel": "dense_1d2d"}, "weight": 3},
    {"match": {"name": "o_proj", "m": 64}, "budget_percent": 5, "weight": 61}])");
  Problem problem;
  problem.m = 64;
  EXPECT_EQ(gate.budget_of(problem), 0.02);
  EXPECT_EQ(gate.weight_of(problem), 3);
  problem.name = "o_proj";
  EXPECT_EQ(gate.budget_of(problem), 0.05);
  EXPECT_EQ(gate.weight_of(problem), 61);
}

TEST_F(GateFile, complains_with_file_and_pointer) {
  EXPECT_EQ(complaint_about(R"("budget": 2)"), "gate.json: unknown key \"budget\"");
  EXPECT_NE(complaint_about(R"("min_effect_percnt": 2)").find("did you mean \"min_effect_percent\""),
            std::string::npos);
  EXPECT_NE(complaint_about(R"("budget_percent": -1)").find("/budget_percent: expected per cent"),
            std::string::npos);
  EXPECT_NE(complaint_about(R"("fail_on": ["faster"])").find("/fail_on/0: expected slower, missing"),
            std::string::npos);
  EXPECT_NE(complaint_about(R"("problems": [{"match": {"m": 64}}])").find("/problems/0: says nothing"),
            std::string::npos);
  EXPECT_NE(
      complaint_about(R"("problems": [{"match": {"kernel": "dense"}, "weight": 1}])").find("/match/kernel"),
      std::string::npos);
  EXPECT_NE(complaint_about(R"("problems": [{"match": {"m": 64}, "weight": 0}])")
                .find("/weight: expected a positive"),
            std::string::npos);
}

TEST_F(GateFile, wants_its_schema) {
  write("gate.json", R"({"schema": "gemmtune.compare_policy/2"})");
  EXPECT_NE(complaint_of([] { read_gate("gate.json"); }).find("/schema"), std::string::npos);
}

TEST(FailOn, is_a_list_of_words_or_none) {
  EXPECT_EQ(parse_fail_on("slower,unsure"), (std::set<Verdict>{Verdict::slower, Verdict::unsure}));
  EXPECT_TRUE(parse_fail_on("none").empty());
  EXPECT_NE(complaint_of([] { parse_fail_on("slwoer"); }).find("did you mean \"slower\""), std::string::npos);
  EXPECT_NE(complaint_of([] { parse_fail_on("same"); }).find("--fail-on"), std::string::npos);
  EXPECT_NE(complaint_of([] { parse_fail_on(""); }).find("--fail-on"), std::string::npos);
}

}  // namespace
}  // namespace gemmtune::input
