// The tables of a model's step.
#pragma once

#include "report/grid.h"
#include "report/model_step.h"

#include <string>
#include <vector>

namespace gemmtune::report {

/// A row a number of tokens and provider, ours first. A sum over a part of the step's products has no time a
/// token.
Grid steps_grid(const ModelTimes& times, bool for_files);

/// A row a product, those that the results lack among them.
Grid products_grid(const ModelTimes& times, bool for_files);

/// Energy of one call and of all, and theirs over ours. For people: for files it is in products_grid.
Grid energy_grid(const ModelTimes& times);

/// Those of most_to_gain.
Grid gains_grid(const ModelTimes& times, bool for_files);

/// The problems that the results lack, each once, as `--problem` takes them.
std::vector<std::string> missing_products(const ModelTimes& times);
/// Their layers, each with the tokens of the steps: "q_b (16, 64), o_proj (64)".
std::string missing_layers(const ModelTimes& times);

}  // namespace gemmtune::report
