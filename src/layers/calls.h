// The products of a step one by one, as a model calls them.
#pragma once

#include "layers/step.h"

#include <cstdint>
#include <string>
#include <vector>

namespace gemmtune::layers {

/// A product of a step of so many tokens. Two layers may be the same problem: then there are two calls.
struct Call {
  std::int64_t tokens = 0;
  std::string layer;  ///< "q_b", "experts down EP32"
  Problem problem;
  double count = 0;  ///< how often one step runs it
};

/// For each number of tokens of the step, in their order, every product in the order in which a layer of the
/// model runs them. Their problems are those of problems_of, which is what a sweep of the model times. Throws
/// UserError as that does.
std::vector<Call> calls_of(const Model& model, const Step& step);

}  // namespace gemmtune::layers
