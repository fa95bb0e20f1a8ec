#include "cli/model_options.h"

#include "cli/log.h"
#include "input/builtin.h"
#include "input/complaint.h"
#include "input/groups.h"
#include "util/error.h"
#include "util/shell.h"
#include "util/text.h"

#include <cstdint>
#include <limits>
#include <set>
#include <string_view>
#include <vector>

namespace gemmtune::cli {

namespace {

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

std::vector<std::string> known_models() {
  const auto names = input::builtin_names(input::kModels);
  return {names.begin(), names.end()};
}

}  // namespace

void add_model_options_alone(Command& command, ModelOptions& options, const std::string& seed_name,
                             const std::string& model_help) {
  command.option("--model", options.model, model_help).type_name("FILE").suggests(known_models());
  command.option("--tp", options.tensor, "GPUs that share each layer")
      .type_name("N")
      .range(1, layers::kMostGpus);
  command
      .option(
          "--ep", options.expert,
          "GPUs among which the experts are shared out; more of them than --tp take tokens of their own each")
      .type_name("N")
      .range(1, layers::kMostGpus);
  command.option("--phase", options.phase, "prompts, one token a sequence, or forward and backward")
      .words({"prefill", "decode", "train"});
  command
      .option("--tokens", options.tokens,
              "tokens of one GPU in a step, 1,16,64, or with how many steps have so many, 1:10,16:70,64:20")
      .type_name("LIST")
      .default_text("512 to 8192; decode 1 to 256; train 4096");
  command
      .option("--routing", options.routing, "how tokens choose their experts: uniform, zipf:1.2 or one_hot")
      .type_name("WORD");
  command.option(seed_name, options.seed, "of what is drawn")
      .type_name("N")
      .range(0, std::numeric_limits<int>::max());
  command.option("--layers", options.layers, "these layers alone, with commas between: q_b,o_proj")
      .type_name("LIST")
      .default_text("all");
}

void add_model_options(Command& command, ModelOptions& options, const std::string& seed_name,
                       const std::string& model_help) {
  add_model_options_alone(command, options, seed_name, model_help);
  for (const std::string& name :
       {std::string("--tp"), std::string("--ep"), std::string("--phase"), std::string("--tokens"),
        std::string("--routing"), seed_name, std::string("--layers")})
    command.at(name).needs(command.at("--model"));
}

layers::Step step_of(const ModelOptions& options) {
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

std::string set_name(const layers::Model& model, const ModelOptions& options) {
  std::string name = model.name;
  if (options.tensor > 1) name += "-tp" + std::to_string(options.tensor);
  if (options.expert > 1) name += "-ep" + std::to_string(options.expert);
  return options.phase == "prefill" ? name : name + "-" + options.phase;
}

std::string flags_of(const ModelOptions& options) {
  if (options.model.empty()) return "";
  const ModelOptions usual;
  std::string flags = " --model " + shell_quoted(options.model);
  const auto add = [&](const char* name, const std::string& value, const std::string& otherwise) {
    if (value != otherwise) flags += std::string(" ") + name + " " + shell_quoted(value);
  };
  add("--tp", std::to_string(options.tensor), std::to_string(usual.tensor));
  add("--ep", std::to_string(options.expert), std::to_string(usual.expert));
  add("--phase", options.phase, usual.phase);
  add("--tokens", options.tokens, usual.tokens);
  add("--routing", options.routing, usual.routing);
  add("--routing-seed", std::to_string(options.seed), std::to_string(usual.seed));
  add("--layers", options.layers, usual.layers);
  return flags;
}

layers::StepProblems problems_of_step(const layers::Model& model, const layers::Step& step) {
  layers::StepProblems made = layers::problems_of(model, step);
  for (const std::string& layers : made.left_out) log_info("{}: left out: {}", model.name, layers);
  for (const std::string& doubt : model.doubts) log_warn("{}: {}", model.name, doubt);
  for (const auto& [layer, why] : made.flaws)
    log_warn("{}: blocks of 128 do not fit: {}; {} would do", layer, why.what, why.changes);
  return made;
}

}  // namespace gemmtune::cli
