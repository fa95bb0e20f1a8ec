// `gemmtune shapes`: from a model's config.json to the problem set of the GEMMs it runs. Needs no GPU and no
// worker.
#include "cli/commands.h"
#include "cli/log.h"
#include "cli/output.h"
#include "core/groups.h"
#include "input/builtin.h"
#include "input/command_line.h"
#include "input/complaint.h"
#include "input/groups.h"
#include "input/shapes.h"
#include "input/shapes_text.h"
#include "layers/step.h"
#include "report/grid.h"
#include "util/error.h"
#include "util/text.h"

#include <limits>
#include <memory>
#include <set>

namespace gemmtune::cli {

namespace {

constexpr const char* kSetFormat = "set";

struct Options {
  std::string model;
  int tensor = 1;
  int expert = 1;
  std::string phase = "prefill";
  std::string tokens;
  std::string routing = "uniform";
  int seed = 0;
  std::string layers;
  std::vector<std::string> problems;
  std::string with;
  std::string name;
  std::string description;
  OutputOptions output{kSetFormat, ""};
};

layers::Phase phase_of(const std::string& word) {
  return word == "decode"  ? layers::Phase::decode
         : word == "train" ? layers::Phase::train
                           : layers::Phase::prefill;
}

/// What is measured where nothing was said.
const char* default_tokens(layers::Phase phase) {
  switch (phase) {
    case layers::Phase::prefill:
      return "512,1024,2048,4096,8192";
    case layers::Phase::decode:
      return "1,8,16,32,64,128,256";
    case layers::Phase::train:
      break;
  }
  return "4096";
}

/// `1,16,64`, or `1:10,16:70,64:20` with how many steps are of each size.
std::vector<layers::Tokens> tokens_of(const std::string& text) {
  std::vector<layers::Tokens> all;
  std::set<std::int64_t> seen;
  double total = 0;
  std::size_t counted = 0;
  for (const std::string& word : split(text, ',')) {
    const auto colon = word.find(':');
    layers::Tokens tokens;
    const bool understood =
        parse_whole(std::string_view(word).substr(0, colon), tokens.count) && tokens.count >= 1 &&
        tokens.count <= std::numeric_limits<std::int32_t>::max() &&
        (colon == std::string::npos || (parse_whole(std::string_view(word).substr(colon + 1), tokens.share) &&
                                        tokens.share > 0 && tokens.share <= 1e9));
    if (!understood)
      throw UserError(
          "--tokens: expected sizes from 1 to 2147483647 with commas between, 1,16,64, or each with "
          "how many steps have it, 1:10,16:70,64:20; got " +
          input::quote(word));
    if (!seen.insert(tokens.count).second)
      throw UserError("--tokens: " + std::to_string(tokens.count) + " is there twice");
    counted += colon != std::string::npos;
    total += tokens.share;
    all.push_back(tokens);
  }
  if (counted != 0 && counted != all.size())
    throw UserError("--tokens: give how many steps there are to each size, or to none");
  if (counted != 0)
    for (layers::Tokens& tokens : all) tokens.share /= total;
  return all;
}

layers::Step step_of(const Options& options) {
  layers::Step step;
  step.phase = phase_of(options.phase);
  step.parallel = {options.tensor, options.expert};
  step.tokens = tokens_of(options.tokens.empty() ? default_tokens(step.phase) : options.tokens);
  if (const auto complaint = input::complaint_about_routing(options.routing))
    throw UserError("--routing: " + *complaint);
  step.routing = options.routing;
  step.seed = options.seed;
  if (!options.layers.empty()) step.layers = split(options.layers, ',');
  return step;
}

/// "deepseek-v3-tp8-decode".
std::string set_name(const layers::Model& model, const Options& options) {
  std::string name = model.name;
  if (options.tensor > 1) name += "-tp" + std::to_string(options.tensor);
  if (options.expert > 1) name += "-ep" + std::to_string(options.expert);
  return options.phase == "prefill" ? name : name + "-" + options.phase;
}

std::string set_description(const layers::Model& model, const Options& options) {
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
  if (options.model.empty() && options.problems.empty() && options.with.empty())
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
  if (!options.model.empty()) {
    const layers::Step step = step_of(options);
    const layers::Model model = layers::read_model(options.model);
    const layers::StepProblems made = layers::problems_of(model, step);
    problems.insert(problems.end(), made.problems.begin(), made.problems.end());
    name = set_name(model, options);
    description = set_description(model, options);
    for (const std::string& layers : made.left_out) log_info("{}: left out: {}", model.name, layers);
    for (const std::string& doubt : model.doubts) log_warn("{}: {}", model.name, doubt);
    for (const auto& [layer, why] : made.flaws)
      log_warn("{}: blocks of 128 do not fit: {}; {} would do", layer, why.what, why.changes);
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
  command.option("--model", options->model, "config.json, or a built-in model (see \"gemmtune list models\")")
      .type_name("FILE")
      .suggests(known_names(input::kModels));
  command.option("--tp", options->tensor, "GPUs that share each layer")
      .type_name("N")
      .range(1, layers::kMostGpus);
  command
      .option(
          "--ep", options->expert,
          "GPUs among which the experts are shared out; more of them than --tp take tokens of their own each")
      .type_name("N")
      .range(1, layers::kMostGpus);
  command.option("--phase", options->phase, "prompts, one token a sequence, or forward and backward")
      .words({"prefill", "decode", "train"});
  command
      .option("--tokens", options->tokens,
              "tokens of one GPU in a step, 1,16,64, or with how many steps have so many, 1:10,16:70,64:20")
      .type_name("LIST")
      .default_text("512 to 8192; decode 1 to 256; train 4096");
  command
      .option("--routing", options->routing, "how tokens choose their experts: uniform, zipf:1.2 or one_hot")
      .type_name("WORD");
  command.option("--seed", options->seed, "of what is drawn")
      .type_name("N")
      .range(0, std::numeric_limits<int>::max());
  command.option("--layers", options->layers, "these layers alone, with commas between: q_b,o_proj")
      .type_name("LIST")
      .default_text("all");
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
