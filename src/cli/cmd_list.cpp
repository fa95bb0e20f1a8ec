// `gemmtune list`: the kernels, problem sets and spaces that this build knows.
#include "cli/commands.h"
#include "cli/output.h"
#include "family/family.h"
#include "input/builtin.h"
#include "input/shapes.h"
#include "input/space_file.h"
#include "layers/model.h"
#include "report/grid.h"
#include "util/error.h"

#include <memory>

namespace gemmtune::cli {

namespace {

using report::Grid;

struct Options {
  std::string topic = "all";
  OutputOptions output;
};

void add_kernels(Grid& grid) {
  for (const family::Family* family : family::all()) {
    const std::string kernel(family->kernel());
    grid.rows.push_back({"kernel", kernel, std::string(family->description())});
    for (const family::Parameter& parameter : family->parameters())
      grid.rows.push_back(
          {"parameter", kernel + "." + std::string(parameter.name),
           std::string(parameter.meaning) + (parameter.launch_only ? " (costs no compilation)" : "")});
  }
}

void add_shapes(Grid& grid) {
  for (const input::ShapeSet& set : input::builtin_shape_sets())
    grid.rows.push_back({"shapes", set.name,
                         std::to_string(set.problems.size() + set.missing.size()) + " problems" +
                             (set.missing.empty() ? ""
                                                  : " (" + std::to_string(set.missing.size()) +
                                                        " of kernels that this build lacks)") +
                             ": " + set.description});
}

void add_models(Grid& grid) {
  for (const std::string_view name : input::builtin_names(input::kModels)) {
    const layers::Model model = layers::read_model(std::string(name));
    grid.rows.push_back(
        {"model", std::string(name), std::to_string(model.layers) + " layers: " + model.source});
  }
}

std::string text_of(const ParameterValue& value) {
  const auto* word = std::get_if<std::string>(&value);
  return word ? *word : std::to_string(std::get<std::int64_t>(value));
}

/// `64,128,256`; a long list by its first two values and its last.
std::string text_of(const std::vector<ParameterValue>& values) {
  constexpr std::size_t kMost = 6;
  if (values.size() > kMost)
    return text_of(values[0]) + "," + text_of(values[1]) + ",..," + text_of(values.back());
  std::string all;
  for (const ParameterValue& value : values) all += (all.empty() ? "" : ",") + text_of(value);
  return all;
}

void add_spaces(Grid& grid) {
  for (const SpaceSpec& space : input::builtin_spaces()) {
    std::string meaning =
        std::to_string(input::combinations(space)) + " combinations of " + space.kernel + ":";
    for (const auto& [name, values] : space.parameters) meaning += " " + name + "=" + text_of(values);
    grid.rows.push_back({"space", space.source, meaning});
  }
}

int run(const Options& options) {
  Grid grid{{{"kind", "kind"}, {"name", "name"}, {"meaning", "meaning"}}, {}};
  const bool all = options.topic == "all";
  if (all || options.topic == "kernels") add_kernels(grid);
  if (all || options.topic == "shapes") add_shapes(grid);
  if (all || options.topic == "models") add_models(grid);
  if (all || options.topic == "spaces") add_spaces(grid);
  emit(report::render(grid, report::parse_format(options.output.format), screen_of(options.output)),
       options.output);
  return kExitOk;
}

}  // namespace

Run add_list(Command& command) {
  auto options = std::make_shared<Options>();
  command.description(
      "Lists the kernels of this build with their parameters, the problem sets that --shapes knows by name, "
      "the models that `gemmtune shapes` knows by name, and the search spaces that --space knows by name.");
  command.option("topic", options->topic, "what to list")
      .words({"all", "kernels", "shapes", "models", "spaces"});
  add_output_options(command, options->output);
  command.footer(
      "Examples\n"
      "  gemmtune list\n"
      "  gemmtune list shapes --format json");
  return [options] { return run(*options); };
}

}  // namespace gemmtune::cli
