#include "cli/command.h"
#include "cli/interrupt.h"
#include "cli/machine.h"
#include "cli/output.h"
#include "cli/plan.h"
#include "cli/policy_options.h"
#include "cli/progress.h"
#include "cli/row_output.h"
#include "cli/run_record.h"
#include "cli/selection.h"
#include "family/family.h"
#include "report/warnings.h"
#include "store/table.h"
#include "tune/given.h"
#include "util/error.h"

#include <CLI/CLI.hpp>
#include <spdlog/spdlog.h>

#include <memory>
#include <optional>
#include <vector>

namespace gemmtune::cli {

namespace {

struct Options {
  Selection selection;
  std::string table;
  MachineOptions machine;
  Policy policy;
  std::optional<Timer> timer;
  OutputOptions output;
};

/// A space of one point. UserError when the table's kernel had fewer parameters than ours.
SpaceSpec space_of(const Config& config, const std::string& kernel, const std::string& source) {
  SpaceSpec space{source, kernel, {}};
  for (const auto& [name, value] : config) space.parameters[name] = {value};
  for (const family::Parameter& parameter : family::require(kernel).parameters())
    if (!space.parameters.contains(std::string(parameter.name)))
      throw UserError(source + ": " + describe(config) + " has no \"" + std::string(parameter.name) +
                      "\": the table is of an older gemmtune; sweep again");
  return space;
}

/// The table's configuration for each problem; without problems, every entry of the table.
tune::SweepPlan plan_from_table(const Options& options, const DeviceLimits& limits) {
  const Table table = store::read_table(options.table);
  std::vector<Problem> problems;
  if (!options.selection.shapes.empty() || !options.selection.problems.empty())
    problems = read_problems(options.selection).problems;
  else
    for (const TableEntry& entry : table.entries) problems.push_back(entry.problem);
  PlanBuilder builder(limits, 0);
  for (const Problem& problem : problems) {
    const store::Lookup found = store::lookup(table, problem);
    if (found.match == store::Match::none) {
      spdlog::warn("{}: {} has no entry for it", options.table, describe(problem));
      continue;
    }
    if (found.match == store::Match::bucket)
      spdlog::warn("{}: {} takes the configuration of {}", options.table, describe(problem),
                   describe(found.entry->problem));
    builder.add(problem, {space_of(found.entry->config, problem.kernel, options.table)});
  }
  return builder.take();
}

report::Grid grid_of(const std::vector<Row>& rows) {
  report::Grid grid;
  grid.columns = {{"m", "M"},
                  {"n", "N"},
                  {"k", "K"},
                  {"provider", "provider"},
                  {"config", "configuration"},
                  {"time_us", "µs", 2},
                  {"time_us_low", "low", 2},
                  {"time_us_high", "high", 2},
                  {"tflops", "TFLOP/s", 0},
                  {"gbps", "GB/s", 0},
                  {"reason", ""}};
  for (const Row& row : rows)
    grid.rows.push_back({row.problem.m, row.problem.n, row.problem.k, row.provider, row.config,
                         cell(row.time_us), cell(row.time_us_low), cell(row.time_us_high), cell(row.tflops),
                         cell(row.gbps), row.reason});
  return grid;
}

int bench(Options& options) {
  if (options.table.empty() == options.selection.configs.empty())
    throw UserError("what is to be timed? Give --config (one or more), or --table with a sweep's table.json");
  const std::atomic<bool>& stop = watch_for_interrupts();
  ProgressLine progress;
  const std::optional<Work> work =
      options.table.empty() ? std::optional(read_work(options.selection)) : std::nullopt;
  const Machine machine = open_machine(options.machine);
  const Environment environment = require_gpu(*machine.device);
  options.policy.timer = choose_timer(options.timer, environment);
  const DeviceLimits limits = limits_of(environment);
  const tune::SweepPlan plan = work ? make_plan(*work, limits, 0) : plan_from_table(options, limits);
  require_candidates(plan);
  warn_of_illegal(plan);
  workers::CompileAhead compiling = compile_ahead(plan, machine.compilers, options.machine.jobs, stop);

  const RunHeader run = new_run(environment, options.policy);
  tune::GivenRun given(*machine.device, progress, {run.run_id, run.environment}, options.policy, stop);
  const std::vector<Row> rows = given.bench(plan, cubins_of(compiling));
  spdlog::info("{}, {}", environment.device, options.policy.name());
  report::WarningCounts warnings;
  for (const Row& row : rows) report::count_warnings(row, warnings);
  for (const std::string& line : report::sentences(warnings)) spdlog::warn("{}", line);
  emit(render_rows(rows, grid_of(rows), options.output.format), options.output);
  return interrupted_exit_code();
}

}  // namespace

Run add_bench(CLI::App& command) {
  const auto options = std::make_shared<Options>();
  options->policy.copies = kDefaultCopies;
  options->policy.samples = 30;
  options->policy.max_samples = 200;
  options->policy.precision = 0.003;
  command.description(
      "Times given configurations, or those of a table, interleaved with every answer of cuBLASLt in one "
      "process. "
      "What is wrong is not timed. JSON and JSON Lines hold every sample.");
  add_problem_options(command, options->selection);
  add_config_option(command, options->selection);
  command
      .add_option("--table", options->table,
                  "table.json of a sweep: its configuration for each problem; without problems, all of it")
      ->type_name("FILE");
  add_device_option(command, options->machine);
  add_jobs_option(command, options->machine);
  add_policy_options(command, options->policy, options->timer);
  add_output_options(command, options->output);
  command.footer(
      "Examples\n"
      "  gemmtune bench --problem dense_1d2d:m=64,n=2112,k=7168 \\\n"
      "    --config block_m=64,block_n=64 --config block_m=64,block_n=128\n"
      "  gemmtune bench --table results/h100-sxm/dsv3/table.json --format jsonl");
  return [options] { return bench(*options); };
}

}  // namespace gemmtune::cli
