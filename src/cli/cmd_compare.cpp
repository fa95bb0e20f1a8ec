// `gemmtune compare`: has anything become slower, wrong, or gone? Needs no GPU and no worker.
#include "cli/commands.h"
#include "cli/compare_input.h"
#include "cli/gate_options.h"
#include "cli/log.h"
#include "compare/compare.h"
#include "util/error.h"
#include "util/shell.h"

#include <future>
#include <memory>

namespace gemmtune::cli {

namespace {

struct Options {
  std::string base, next;
  bool force = false;
  GateOptions gate;
  ComparisonOutputs outputs;
};

bool has_winners(const compare::Side& side) {
  for (const compare::Run& run : side.runs)
    if (!run.winners.empty()) return true;
  return false;
}

/// A board differs from another of its kind by some per cent, a policy from another by more.
void refuse_unlike(const std::vector<std::string>& differences, bool force) {
  if (differences.empty()) return;
  std::string text;
  for (const std::string& difference : differences) text += (text.empty() ? "" : "; ") + difference;
  if (!force)
    throw UserError("these cannot be compared: " + text +
                    ". Measure both sides alike, or compare all the same by --force");
  log_warn("compared by force: {}", text);
}

int run(const Options& options) {
  check_further(options.outputs.further);
  const Gate gate = gate_of(options.gate);
  auto reading = std::async(std::launch::async, [&] { return read_side(options.next); });
  const compare::Side base = read_side(options.base), next = reading.get();
  if (!has_winners(base))
    throw UserError(options.base +
                    ": nothing was timed here, so there is nothing to compare with; "
                    "\"gemmtune report " +
                    shell_quoted(options.base) + "\" says why");
  const std::vector<std::string> differences = compare::differences(base, next);
  refuse_unlike(differences, options.force);
  compare::Comparison comparison = compare::compare(base, next, gate);
  comparison.forced = differences;
  if (comparison.overall == std::nullopt && !comparison.only_in_next.empty())
    throw UserError(options.base + " and " + options.next + " have no problem in common");
  return emit_comparison(comparison, options.outputs);
}

}  // namespace

Run add_compare(Command& command) {
  auto options = std::make_shared<Options>();
  command.description(
      "Says of each problem whether the new results are slower, faster, the same, wrong or missing, or that "
      "it "
      "cannot be told. BASE and NEW are each a folder of a sweep, a journal or the rows of a bench, or a "
      "folder "
      "of several of these: several processes tell more than many samples of one. Figures of another device "
      "or "
      "policy are refused. Exit code 4: something is slower or missing; 3: something is wrong.");
  command.option("base", options->base, "what was before").type_name("FOLDER").required();
  command.option("new", options->next, "what is now").type_name("FOLDER").required();
  add_gate_options(command, options->gate);
  command.flag("--force", options->force, "compare what is unlike all the same");
  add_comparison_outputs(command, options->outputs);
  command.footer(
      "Examples\n"
      "  cd results/h100-sxm && gemmtune compare dsv3-{energy,again}/races.jsonl.gz\n"
      "  for i in 1 2 3; do\n"
      "    gemmtune bench --table TABLE --format jsonl -o new/$i.jsonl\n"
      "  done\n"
      "  gemmtune compare base new --write markdown=note.md --write junit=compare.xml");
  return [options] { return run(*options); };
}

}  // namespace gemmtune::cli
