// A model's step for people and for programs.
#pragma once

#include "report/gnuplot_script.h"
#include "report/model_step.h"
#include "report/screen.h"

#include <string>

namespace gemmtune::report {

/// What is not in the sums, in a sentence.
std::string not_in_a_step(const ModelTimes& times);

/// Tables of the steps, of their products and of those with most to gain, with what they mean; as Markdown
/// too.
std::string model_text(const ModelTimes& times, const Report& report, bool as_markdown,
                       const Screen& screen = {});

/// gemmtune.model/1: configs/schema/model.schema.json.
std::string model_json(const ModelTimes& times, const Report& report);

/// Time a token over the tokens of a step: ours, and the step with each other provider's times where it has
/// one. Throws UserError where no step is whole.
Plot model_plot(const ModelTimes& times, const Report& report, Picture picture,
                const std::string& picture_file, const std::string& data_file);

}  // namespace gemmtune::report
