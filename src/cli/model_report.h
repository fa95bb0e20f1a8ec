// `gemmtune report --model`: what the results of sweeps come to in a step of a model.
#pragma once

#include "cli/model_options.h"
#include "cli/output.h"
#include "report/report.h"

#include <string>
#include <vector>

namespace gemmtune::cli {

/// One folder's.
struct NamedReport {
  std::string path;
  const report::Report* report = nullptr;
};

/// Throws UserError for results of several devices or policies, whose times do not belong into one sum.
/// Without
/// --tokens the steps are those of which the results have a product.
void show_model(const ModelOptions& options, const std::vector<NamedReport>& reports,
                const OutputOptions& output);

}  // namespace gemmtune::cli
