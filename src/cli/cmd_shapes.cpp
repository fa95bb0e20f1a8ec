// `gemmtune shapes`: from a model's config.json to the problem set of the GEMMs it runs. Needs no GPU and no
// worker.
#include "cli/commands.h"
#include "cli/model_options.h"
#include "cli/output.h"
#include "core/groups.h"
#include "input/builtin.h"
#include "input/command_line.h"
#include "input/shapes.h"
#include "input/shapes_text.h"
#include "layers/step.h"
#include "report/grid.h"
#include "util/error.h"

#include <memory>

namespace gemmtune::cli {

namespace {

constexpr const char* kSetFormat = "set";

struct Options {
  ModelOptions model;
  std::vector<std::string> problems;
  std::string with;
  std::string name;
  std::string description;
  OutputOptions output{kSetFormat, ""};
};

std::string set_description(const layers::Model& model, const ModelOptions& options) {
  std::string text = model.name + ", " + options.phase + ", TP " + std::to_string(options.tensor) + ", EP " +
                     std::to_string(options.expert) + "; weight: how often a step runs it";
  const std::string sourced = text + ". Source: " + model.source;
  constexpr std::size_t kMost = 200;  // of a description
  return model.source.empty() || sourced.size() > kMost ? text : sourced;
}

void append(const input::ShapeSet& set, std::vector<Problem>& problems) {
  problems.insert(problems.end(), set.problems.begin(), set.problems.end());
  problems.insert(problems.end(), set.missing.begin(), set.missing.end());
}

report::Grid grid_of(const std::vector<Problem>& problems) {
  using report::Cell;
  report::Grid grid{{{"name", "layer"},
                     {"kernel", "kernel"},
                     {"m", "M"},
                     {"n", "N"},
                     {"k", "K"},
                     {"groups", "groups"},
                     {"mean", "rows a group", 2},
                     {"weight", "weight", 2}},
                    {}};
  for (const Problem& p : problems) {
    const double mean = p.m_per_group + p.k_per_group;
    grid.rows.push_back({p.name, p.kernel, shares_out_rows(p) ? Cell() : Cell(p.m), p.n,
                         shares_out_inner(p) ? Cell() : Cell(p.k), is_grouped(p) ? Cell(p.groups) : Cell(),
                         mean == 0 ? Cell() : Cell(mean), p.weight});
  }
  return grid;
}

int run(const Options& options) {
  if (options.model.model.empty() && options.problems.empty() && options.with.empty())
    throw UserError(
        "which model? Name a config.json or a built-in model (--model deepseek-v3; `gemmtune list "
        "models` shows them), or give --problem");
  std::vector<Problem> problems;
  std::string name = "problems", description;
  if (!options.with.empty()) {
    const input::ShapeSet set = input::read_shapes(options.with);
    name = set.name;
    description = set.description;
    append(set, problems);
  }
  if (!options.model.model.empty()) {
    const layers::Step step = step_of(options.model);
    const layers::Model model = layers::read_model(options.model.model);
    const layers::StepProblems made = problems_of_step(model, step);
    problems.insert(problems.end(), made.problems.begin(), made.problems.end());
    name = set_name(model, options.model);
    description = set_description(model, options.model);
  }
  for (const std::string& text : options.problems) append(input::parse_problems(text), problems);
  if (!options.name.empty()) name = options.name;
  if (!options.description.empty()) description = options.description;

  const std::string text = input::shapes_text(name, description, problems);
  // What is written can be read: twice the same problem, or a name that is none, is found here.
  input::parse_shapes("the set", text);
  if (options.output.format == kSetFormat)
    emit(text, options.output);
  else
    emit(report::render(grid_of(problems), report::parse_format(options.output.format),
                        screen_of(options.output)),
         options.output);
  return kExitOk;
}

std::vector<std::string> known_names(const input::Kind& kind) {
  const auto names = input::builtin_names(kind);
  return {names.begin(), names.end()};
}

}  // namespace

Run add_shapes(Command& command) {
  auto options = std::make_shared<Options>();
  command.description(
      "Writes the problem set of a model: every linear layer of a step on one GPU, merged as serving engines "
      "merge them, with its kernel, and as weight how often a step runs it. Reads the config.json of Hugging "
      "Face. Says which layers blocks of 128 do not fit, and what it did not understand. Problems of kernels "
      "that this build lacks are written too. Needs no GPU.");
  add_model_options_alone(command, options->model, "--seed",
                          "config.json, or a built-in model (see \"gemmtune list models\")");
  command
      .option("--problem", options->problems,
              "a further problem, as dense_1d2d:m=1/64,n=2112,k=7168,name=q_a; repeat for more")
      .type_name("TEXT");
  command.option("--with", options->with, "a problem set whose problems come first")
      .type_name("FILE")
      .suggests(known_names(input::kShapes));
  command.option("--name", options->name, "of the set").type_name("TEXT");
  command.option("--description", options->description, "of the set").type_name("TEXT");
  add_output_options(command, options->output, {kSetFormat});
  command.footer(
      "Examples\n"
      "  gemmtune shapes --model deepseek-v3 --tp 8 --phase decode -o decode.json\n"
      "  gemmtune shapes --model ./config.json --tp 8 --ep 8 --format table\n"
      "  gemmtune shapes --model kimi-k2 --layers q_b,o_proj --tokens 1,64,4096");
  return [options] { return run(*options); };
}

}  // namespace gemmtune::cli
