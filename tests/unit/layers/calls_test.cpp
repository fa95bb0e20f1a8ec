#include "layers/calls.h"

#include <gtest/gtest.h>

#include <map>
#include <string>

namespace gemmtune::layers {
namespace {

Model deepseek() {
  return read_model("deepseek-v3");
}

TEST(Calls, are_the_problems_of_the_step_as_often_as_it_weighs_them) {
  Step step;
  step.phase = Phase::decode;
  step.parallel = {8, 32};
  step.tokens = {{16, 1}, {64, 1}};
  const Model model = deepseek();
  std::map<std::string, double> weights, counts;
  for (const Problem& problem : problems_of(model, step).problems)
    weights[problem_id(problem)] = problem.weight;
  for (const Call& call : calls_of(model, step)) counts[problem_id(call.problem)] += call.count;
  EXPECT_EQ(counts, weights);
}

TEST(Calls, of_steps_with_shares_are_those_of_one_step) {
  Step step;
  step.tokens = {{512, 0.25}, {1024, 0.75}};
  step.layers = {"o_proj", "lm_head"};
  const std::vector<Call> calls = calls_of(deepseek(), step);
  ASSERT_EQ(calls.size(), 4U);
  EXPECT_EQ(calls[0].layer, "o_proj");
  EXPECT_EQ(calls[0].count, 61);
  EXPECT_EQ(calls[1].layer, "lm_head");
  EXPECT_EQ(calls[1].count, 1);
  EXPECT_EQ(calls[1].problem.m, 1) << "of a prompt the last token alone";
  EXPECT_EQ(calls[3].tokens, 1024);
}

TEST(Calls, of_layers_that_are_one_problem_are_there_twice) {
  const Model model = read_model(
      input::Document(
          "config.json",
          R"({"model_type": "llama", "num_hidden_layers": 4, "hidden_size": 1024, "vocab_size": 1000,
                          "intermediate_size": 1024, "num_attention_heads": 8, "num_key_value_heads": 8})"),
      "config.json");
  Step step;
  step.tokens = {{64, 1}};
  step.layers = {"o_proj", "down"};
  EXPECT_EQ(problems_of(model, step).problems.size(), 1U);
  const std::vector<Call> calls = calls_of(model, step);
  ASSERT_EQ(calls.size(), 2U);
  EXPECT_EQ(problem_id(calls[0].problem), problem_id(calls[1].problem));
}

}  // namespace
}  // namespace gemmtune::layers
