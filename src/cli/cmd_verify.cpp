#include "cli/commands.h"
#include "cli/interrupt.h"
#include "cli/log.h"
#include "cli/machine.h"
#include "cli/output.h"
#include "cli/plan.h"
#include "cli/policy_options.h"
#include "cli/progress.h"
#include "cli/row_output.h"
#include "cli/run_record.h"
#include "cli/selection.h"
#include "report/problem_columns.h"
#include "tune/given.h"
#include "util/error.h"

#include <algorithm>
#include <memory>
#include <vector>

namespace gemmtune::cli {

namespace {

struct Options {
  Selection selection;
  MachineOptions machine;
  Policy policy;
  std::vector<std::string> data = {"normal", "integer", "integer_unit", "adversarial"};
  OutputOptions output;
};

/// Each problem once with each kind of data.
std::vector<Problem> with_data(const std::vector<Problem>& problems, const std::vector<std::string>& kinds) {
  std::vector<Problem> expanded;
  for (Problem problem : problems)
    for (const std::string& kind : kinds) {
      problem.data = *parse_name<DataKind>(kind);
      expanded.push_back(problem);
    }
  return expanded;
}

/// Millionths read better than exponents.
report::Cell ppm(const std::optional<double>& value) {
  return cell(value ? std::optional(*value * 1e6) : std::nullopt);
}

/// The data have a column of their own, so that they are not told as part of the form.
Problem without_data(Problem problem) {
  problem.data = DataKind::normal;
  return problem;
}

report::Grid grid_of(const std::vector<Row>& rows) {
  const report::Distinctions apart =
      report::distinctions(rows, [](const Row& row) { return without_data(row.problem); });
  report::Grid grid;
  grid.columns = report::joined(report::problem_columns(apart), {{"data", "data"},
                                                                 {"config", "configuration"},
                                                                 {"error_rms_ppm", "error rms (1e-6)", 2},
                                                                 {"error_max_ppm", "max (1e-6)", 2},
                                                                 {"invalidity", "outcome", 0, outcome_tone},
                                                                 {"reason", "reason"}});
  for (const Row& row : rows)
    grid.rows.push_back(
        report::joined(report::problem_cells(without_data(row.problem), apart),
                       {std::string(to_string(row.problem.data)), row.config, ppm(row.error_rms),
                        ppm(row.error_max), std::string(to_string(row.invalidity)), row.reason}));
  return grid;
}

int verify(const Options& options) {
  const std::atomic<bool>& stop = watch_for_interrupts();
  ProgressLine progress;
  Work work = read_work(options.selection);
  work.problems = with_data(work.problems, options.data);
  const Machine machine = open_machine(options.machine);
  const Environment environment = require_gpu(*machine.device);
  const tune::SweepPlan plan = make_plan(work, limits_of(environment), 0);
  require_candidates(plan);
  if (!options.selection.configs.empty()) warn_of_illegal(plan);
  progress.compiling(plan.cubins.size());
  workers::CompileAhead compiling = compile_ahead(plan, machine.compilers, options.machine.jobs, stop, {},
                                                  [&progress] { progress.compiled(); });

  const RunHeader run = new_run(environment, options.policy);
  tune::GivenRun given(*machine.device, progress, {run.run_id, run.environment}, options.policy, stop);
  const std::vector<Row> rows = given.verify(plan, cubins_of(compiling));
  emit(render_rows(rows, grid_of(rows), options.output), options.output);
  if (stop) return interrupted_exit_code();
  // What crashed or hung has not shown that it is right.
  const auto bad = std::count_if(rows.begin(), rows.end(), [](const Row& row) {
    return row.invalidity != Invalidity::correct && row.invalidity != Invalidity::constraints;
  });
  const auto right = std::count_if(rows.begin(), rows.end(),
                                   [](const Row& row) { return row.invalidity == Invalidity::correct; });
  log_info("{} of {} right", right, rows.size());
  return bad > 0 ? kExitWrongResults : kExitOk;
}

}  // namespace

Run add_verify(Command& command) {
  const auto options = std::make_shared<Options>();
  command.description(
      "Launches each configuration and compares its output with the reference, the FP64 product of the "
      "dequantised operands: with normal data, integers that must be exact bit by bit, and adversarial data. "
      "error_rms and error_max are the figures of its gates; what quantising costs is not in them "
      "(gemmtune accuracy). Exit 3 when one is wrong, crashes or hangs.");
  add_problem_options(command, options->selection);
  add_config_option(command, options->selection);
  add_space_option(command, options->selection);
  std::vector<std::string> words;
  for (const auto& [value, name] : names(DataKind{})) words.emplace_back(name);
  command.option("--data", options->data, "what the operands hold; repeat for more")
      .words(words)
      .default_text("normal, integer, integer_unit, adversarial");
  add_device_option(command, options->machine);
  add_jobs_option(command, options->machine);
  add_seed_option(command, options->policy);
  add_output_options(command, options->output);
  command.footer(
      "Examples\n"
      "  gemmtune verify --problem dense_1d2d:m=63,n=2112,k=7168 \\\n"
      "    --config block_m=64,block_n=112\n"
      "  gemmtune verify --config block_m=64,block_n=64 \\\n"
      "    --problem dense_1d2d:m=65,n=576,k=512,out=fp32,accumulate=true\n"
      "  gemmtune verify --shapes smoke.json --data integer");
  return [options] { return verify(*options); };
}

}  // namespace gemmtune::cli
