#include "cli/model_report.h"

#include "cli/gnuplot.h"
#include "cli/log.h"
#include "core/groups.h"
#include "layers/calls.h"
#include "report/json.h"
#include "report/model_step.h"
#include "report/model_step_grids.h"
#include "report/model_step_text.h"
#include "util/error.h"

#include <algorithm>
#include <map>
#include <set>
#include <utility>

namespace gemmtune::cli {

namespace {

using report::Format;

std::set<std::string> problems_of(const std::vector<NamedReport>& reports) {
  std::set<std::string> ids;
  for (const NamedReport& named : reports)
    for (const report::Winner& winner : named.report->winners) ids.insert(problem_id(winner.entry.problem));
  return ids;
}

/// Sizes that a step of these results may have: M of their dense products.
std::vector<layers::Tokens> possible_tokens(const std::vector<NamedReport>& reports) {
  std::set<std::int64_t> sizes;
  for (const NamedReport& named : reports)
    for (const report::Winner& winner : named.report->winners)
      if (!is_grouped(winner.entry.problem)) sizes.insert(winner.entry.problem.m);
  std::vector<layers::Tokens> tokens;
  for (const std::int64_t size : sizes) tokens.push_back({size, 1});
  return tokens;
}

/// Steps of which the results have a product that no other of these steps has (lm_head of prompts is the same
/// in all).
void keep_measured(std::vector<layers::Call>& calls, const std::set<std::string>& measured) {
  std::map<std::string, std::set<std::int64_t>> steps_with;
  for (const layers::Call& call : calls) steps_with[problem_id(call.problem)].insert(call.tokens);
  std::set<std::int64_t> kept;
  for (const auto& [id, steps] : steps_with)
    if (steps.size() == 1 && measured.contains(id)) kept.insert(*steps.begin());
  std::erase_if(calls, [&](const layers::Call& call) { return !kept.contains(call.tokens); });
}

std::vector<layers::Call> calls_of(const layers::Model& model, const ModelOptions& options,
                                   const std::vector<NamedReport>& reports) {
  layers::Step step = step_of(options);
  if (!options.tokens.empty()) return layers::calls_of(model, step);
  std::vector<layers::Call> usual = layers::calls_of(model, step);
  step.tokens = possible_tokens(reports);
  std::vector<layers::Call> calls = layers::calls_of(model, step);
  keep_measured(calls, problems_of(reports));
  return calls.empty() ? usual : calls;
}

report::ModelStep model_step(const ModelOptions& options, const std::vector<NamedReport>& reports) {
  const layers::Model model = layers::read_model(options.model);
  report::ModelStep step{model.name, options.phase, options.tensor, options.expert, options.routing, {}, {}};
  for (const std::string& doubt : model.doubts) log_warn("{}: {}", model.name, doubt);
  for (layers::Call& call : calls_of(model, options, reports))
    step.calls.push_back({call.tokens, std::move(call.layer), std::move(call.problem), call.count});
  step.left_out = layers::problems_of(model, step_of(options)).left_out;
  return step;
}

void refuse_unlike(const std::vector<NamedReport>& reports) {
  const report::Report& first = *reports.front().report;
  for (const NamedReport& named : reports) {
    const report::Report& other = *named.report;
    if (other.environment.device != first.environment.device)
      throw UserError(named.path + " is of " + other.environment.device + ", and " + reports.front().path +
                      " of " + first.environment.device + ": their times do not belong into one sum");
    if (other.policy != first.policy)
      throw UserError(named.path + " has times of the policy " + other.policy + ", and " +
                      reports.front().path + " of " + first.policy +
                      ": their times do not belong into one sum");
  }
}

}  // namespace

void show_model(const ModelOptions& options, const std::vector<NamedReport>& reports,
                const OutputOptions& output) {
  refuse_unlike(reports);
  std::vector<const report::Report*> winners;
  for (const NamedReport& named : reports) winners.push_back(named.report);
  const report::Report& first = *winners.front();
  const report::ModelTimes times = report::model_times(model_step(options, reports), winners);
  if (output.format == "svg" || output.format == "png") {
    if (output.file.empty())
      throw UserError("--format " + output.format + " needs -o FILE." + output.format +
                      ": the data and the script of the picture are kept beside it");
    const report::Picture kind = output.format == "png" ? report::Picture::png : report::Picture::svg;
    return draw(
        [&](const std::string& picture, const std::string& data) {
          return report::model_plot(times, first, kind, picture, data);
        },
        output.file);
  }
  const Format format = report::parse_format(output.format);
  switch (format) {
    case Format::json:
      return emit(report::model_json(times, first), output);
    case Format::jsonl:
    case Format::csv:
      return emit(report::render(report::products_grid(times, true), format), output);
    case Format::table:
    case Format::md:
      return emit(report::model_text(times, first, format == Format::md, screen_of(output)), output);
  }
}

}  // namespace gemmtune::cli
