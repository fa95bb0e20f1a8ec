// Which step of which model a command is about: the options that `shapes`, `sweep` and `report` share.
#pragma once

#include "cli/command.h"
#include "layers/step.h"

#include <string>

namespace gemmtune::cli {

/// As given on the command line.
struct ModelOptions {
  std::string model;  ///< empty: none
  int tensor = 1;
  int expert = 1;
  std::string phase = "prefill";
  std::string tokens;
  std::string routing = "uniform";
  int seed = 0;
  std::string layers;
};

/// `seed_name`: "--seed" where nothing else is drawn. Without --model the others are refused.
void add_model_options(Command& command, ModelOptions& options, const std::string& seed_name,
                       const std::string& model_help);
/// Without that refusal, where a model is one of several sources.
void add_model_options_alone(Command& command, ModelOptions& options, const std::string& seed_name,
                             const std::string& model_help);

/// Throws UserError with the option for what cannot be understood.
layers::Step step_of(const ModelOptions& options);

/// As they are given again, with a blank before: ` --model deepseek-v3 --tp 8`; empty without a model. The
/// routing's seed is `--routing-seed` there.
std::string flags_of(const ModelOptions& options);

/// "deepseek-v3-tp8-decode".
std::string set_name(const layers::Model& model, const ModelOptions& options);

/// The problems of the step. Says on stderr what is left out of them, what was not understood of the model,
/// and which layers blocks of 128 do not fit.
layers::StepProblems problems_of_step(const layers::Model& model, const layers::Step& step);

}  // namespace gemmtune::cli
