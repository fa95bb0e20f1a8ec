#include "layers/calls.h"

#include <algorithm>
#include <utility>

namespace gemmtune::layers {

std::vector<Call> calls_of(const Model& model, const Step& step) {
  problems_of(model, step);  // what is wrong with the names of layers is said of all of them
  std::vector<std::string> names;
  for (const Layer& layer : forward_layers(model, step.phase))
    if (step.layers.empty() || std::ranges::find(step.layers, layer.name) != step.layers.end())
      names.push_back(layer.name);
  std::vector<Call> calls;
  Step one = step;
  for (const Tokens& tokens : step.tokens) {
    one.tokens = {{tokens.count, 1}};
    for (const std::string& name : names) {
      one.layers = {name};
      for (Problem& problem : problems_of(model, one).problems) {
        const double count = problem.weight;
        calls.push_back({tokens.count, problem.name, std::move(problem), count});
      }
    }
  }
  return calls;
}

}  // namespace gemmtune::layers
