// The products that one GPU computes in a step of a model, as the problems of a set.
#pragma once

#include "core/problem.h"
#include "layers/layer.h"

#include <cstdint>
#include <string>
#include <vector>

namespace gemmtune::layers {

/// Steps of so many tokens of one GPU, and how many of all steps they are; 1 each where that was not said.
struct Tokens {
  std::int64_t count = 1;
  double share = 1;
};

struct Step {
  Phase phase = Phase::prefill;
  Parallel parallel;
  std::vector<Tokens> tokens;
  std::string routing = "uniform";  ///< how rows choose their experts
  std::int64_t seed = 0;            ///< of what is drawn
  std::vector<std::string> layers;  ///< names of those wanted; empty: all
};

/// A layer that blocks of 128 cannot hold.
struct Flaw {
  std::string layer;
  Unblocked why;
};

struct StepProblems {
  std::vector<Problem> problems;  ///< a problem that several layers are is there once
  std::vector<Flaw> flaws;
  std::vector<std::string> left_out;  ///< linear layers that are not among the products
};

/// Throws UserError where the model cannot be shared out so, or has no layer of a name asked for.
StepProblems problems_of(const Model& model, const Step& step);

}  // namespace gemmtune::layers
