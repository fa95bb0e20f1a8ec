#include "cli/gate_options.h"

#include "cli/output.h"
#include "input/gate_file.h"
#include "util/atomic_file.h"
#include "util/error.h"

#include <utility>

namespace gemmtune::cli {

namespace {

struct Further {
  const compare::OutputFormat* format;
  std::string file;
};

Further parse(const std::string& text) {
  const std::size_t equals = text.find('=');
  if (equals == std::string::npos || equals + 1 == text.size())
    throw UserError("--write " + text + ": expected FORMAT=FILE, such as junit=compare.xml");
  return {&compare::find_output_format(text.substr(0, equals)), text.substr(equals + 1)};
}

void add_percent(Command& command, const char* flag, std::optional<double>& target, const std::string& help) {
  command.option(flag, target, help).type_name("PERCENT").range(0.0, 1000.0).default_text("");
}

}  // namespace

void add_gate_options(Command& command, GateOptions& options) {
  command
      .option("--policy", options.file,
              "what fails, from a JSON file (gemmtune.compare_policy/1), with budgets and weights for "
              "single problems; the flags below go before it")
      .type_name("FILE");
  add_percent(command, "--min-effect", options.min_effect_percent,
              "a change below this does not matter; without it 1");
  command
      .option("--fail-on", options.fail_on,
              "what fails: words of slower,missing,wrong,unsure with commas between, or none; without it "
              "slower,missing,wrong")
      .type_name("WORDS")
      .suggests({"slower", "missing", "wrong", "unsure", "none", "slower,missing,wrong"})
      .default_text("");
  add_percent(command, "--budget", options.budget_percent,
              "a problem that is slower by at most this does not fail; without it 0");
  add_percent(command, "--geomean-budget", options.geomean_budget_percent,
              "fail when the geometric mean, by weight, is slower by more than this; without it never");
}

Gate gate_of(const GateOptions& options) {
  Gate gate = options.file.empty() ? Gate{} : input::read_gate(options.file);
  if (options.min_effect_percent) gate.min_effect = *options.min_effect_percent / 100;
  if (options.fail_on) gate.fail_on = input::parse_fail_on(*options.fail_on);
  if (options.budget_percent) gate.budget = *options.budget_percent / 100;
  if (options.geomean_budget_percent) gate.geomean_budget = *options.geomean_budget_percent / 100;
  return gate;
}

void add_comparison_outputs(Command& command, ComparisonOutputs& outputs) {
  std::vector<std::string> names;
  for (const compare::OutputFormat& format : compare::output_formats()) names.emplace_back(format.name);
  command.option("--format", outputs.format, "how the result looks").words(names);
  command.option("-o,--output", outputs.file, "write the result to FILE instead of stdout").type_name("FILE");
  add_write_option(command, outputs.further);
}

void add_write_option(Command& command, std::vector<std::string>& further) {
  command
      .option("--write", further,
              "write it to a file in another format as well, as junit=compare.xml; repeat for more")
      .type_name("FORMAT=FILE");
}

void check_further(const std::vector<std::string>& outputs) {
  for (const std::string& text : outputs) parse(text);
}

int exit_code_of(const compare::Comparison& comparison) {
  if (comparison.fails_with(CompareVerdict::wrong)) return kExitWrongResults;
  return comparison.fails() ? kExitRegression : kExitOk;
}

void write_further(const compare::Comparison& comparison, const std::vector<std::string>& outputs) {
  for (const std::string& text : outputs) {
    const Further further = parse(text);
    write_file_atomic(further.file, further.format->write(comparison));
  }
}

int emit_comparison(const compare::Comparison& comparison, const ComparisonOutputs& outputs) {
  write_further(comparison, outputs.further);
  const OutputOptions output{outputs.format, outputs.file};
  emit(outputs.format == compare::kTable ? compare::terminal(comparison, screen_of(output))
                                         : compare::find_output_format(outputs.format).write(comparison),
       output);
  return exit_code_of(comparison);
}

}  // namespace gemmtune::cli
