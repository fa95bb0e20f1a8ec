#include "cli/bench_against.h"
#include "cli/commands.h"
#include "cli/counters_option.h"
#include "cli/gate_options.h"
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
#include "cli/standing.h"
#include "input/command_line.h"
#include "report/problem_columns.h"
#include "report/warnings.h"
#include "store/table.h"
#include "tune/given.h"
#include "util/error.h"

#include <algorithm>
#include <memory>
#include <optional>
#include <vector>

namespace gemmtune::cli {

namespace {

struct Options {
  Selection selection;
  std::string table;
  std::string against;
  MachineOptions machine;
  Policy policy;
  std::optional<Timer> timer;
  bool counters = false;
  std::optional<std::string> baselines;
  OutputOptions output;
  GateOptions gate;
  std::vector<std::string> further;
};

report::Cell millions(const std::optional<double>& value) {
  return cell(value ? std::optional(*value * 1e-6) : std::nullopt);
}

report::Grid grid_of(const std::vector<Row>& rows) {
  const report::Distinctions apart = report::distinctions(rows, [](const Row& row) { return row.problem; });
  const bool counted = std::ranges::any_of(rows, [](const Row& row) { return row.counters.has_value(); });
  report::Grid grid;
  grid.columns = report::joined(report::problem_columns(apart), {{"provider", "provider"},
                                                                 {"config", "configuration"},
                                                                 {"time_us", "µs", 2},
                                                                 {"time_us_low", "low", 2},
                                                                 {"time_us_high", "high", 2},
                                                                 {"tflops", "TFLOP/s", 0},
                                                                 {"gbps", "GB/s", 0}});
  if (counted)
    grid.columns = report::joined(grid.columns, {{"bytes", "must move MB", 1},
                                                 {"dram_read_bytes", "DRAM read MB", 1},
                                                 {"dram_write_bytes", "written MB", 1},
                                                 {"l2_bytes", "L2 MB", 1},
                                                 {"tensor_active_percent", "tensor %", 1}});
  grid.columns.push_back({"reason", ""});
  for (const Row& row : rows) {
    auto cells = report::joined(report::problem_cells(row.problem, apart),
                                {row.provider, row.config, cell(row.time_us), cell(row.time_us_low),
                                 cell(row.time_us_high), cell(row.tflops), cell(row.gbps)});
    const Counters counters = row.counters.value_or(Counters());
    if (counted)
      cells = report::joined(cells, {millions(static_cast<double>(row.bytes)),
                                     millions(counters.dram_read_bytes), millions(counters.dram_write_bytes),
                                     millions(counters.l2_bytes), cell(counters.tensor_active_percent)});
    cells.push_back(row.reason);
    grid.rows.push_back(std::move(cells));
  }
  return grid;
}

/// Those of --shapes and --problem; none where neither is given.
std::vector<Problem> selected(const Selection& selection) {
  if (selection.shapes.empty() && selection.problems.empty()) return {};
  return read_problems(selection).problems;
}

std::vector<Problem> problems_of(const std::vector<GivenConfigs>& given) {
  std::vector<Problem> problems;
  for (const GivenConfigs& one : given) problems.push_back(one.problem);
  return problems;
}

void warn(const std::vector<Row>& rows) {
  report::WarningCounts warnings;
  for (const Row& row : rows) report::count_warnings(row, warnings);
  for (const std::string& line : report::sentences(warnings)) log_warn("{}", line);
}

/// The comparison for people and as JSON; the rows where it is rows that are asked for.
int emit_contest(const ContestResult& contest, const Options& options) {
  const report::Format format = report::parse_format(options.output.format);
  if (format == report::Format::jsonl || format == report::Format::csv) {
    write_further(contest.comparison, options.further);
    emit(render_rows(contest.rows, grid_of(contest.rows), options.output), options.output);
    return exit_code_of(contest.comparison);
  }
  const std::string name = format == report::Format::md ? "markdown" : options.output.format;
  return emit_comparison(contest.comparison, {name, options.output.file, options.further});
}

bool was_timed(const Row& row) {
  return row.time_us.has_value();
}

/// What is timed: configurations, or problems without any for the libraries alone.
std::vector<GivenConfigs> given_by(const Options& options, bool libraries_alone) {
  if (libraries_alone) return without_configs(read_problems(options.selection).problems);
  if (options.table.empty() == options.selection.configs.empty())
    throw UserError(
        "what is to be timed? Give --config (one or more), --table with a sweep's table.json, or --baselines "
        "for the libraries alone");
  return options.table.empty()
             ? given_by_flags(read_work(options.selection))
             : given_by_table(options.table, selected(options.selection), options.policy.regime);
}

int bench(Options& options) {
  check_further(options.further);
  const BaselineChoice baselines = input::parse_baselines(options.baselines.value_or("all"));
  const bool libraries_alone =
      options.baselines && !baselines.empty() && options.table.empty() && options.selection.configs.empty();
  const Gate gate = gate_of(options.gate);
  const std::atomic<bool>& stop = watch_for_interrupts();
  ProgressLine progress;
  Contest contest;
  contest.next = given_by(options, libraries_alone);
  const bool against = !options.against.empty();
  if (against)
    contest.base = given_by_table(options.against, problems_of(contest.next), options.policy.regime);
  const Machine machine = open_machine(options.machine);
  const Environment environment = require_gpu(*machine.device);
  options.policy.timer = choose_timer(options.timer, options.policy, environment);
  const DeviceLimits limits = limits_of(environment);
  const tune::SweepPlan plan = make_plan(against ? both_sides(contest) : contest.next, limits);
  if (!libraries_alone) require_candidates(plan);
  warn_of_illegal(plan);
  progress.compiling(plan.cubins.size());
  workers::CompileAhead compiling = compile_ahead(plan, machine.compilers, options.machine.jobs, stop, {},
                                                  [&progress] { progress.compiled(); });

  const tune::Cubins cubins = cubins_of(compiling);
  for (const std::string& path : {options.table, options.against})
    if (!path.empty()) {
      const Table table = in_regime(store::read_table(path), options.policy.regime);
      warn_unless_fresh(path, table, environment, options.policy.name(), cubins_now(table, plan, cubins));
    }
  const RunHeader run = new_run(environment, options.policy);
  tune::GivenRun given(*machine.device, progress, {run.run_id, run.environment}, options.policy, stop);
  log_info("{}, {}", environment.device, options.policy.name());
  if (!against) {
    const bool counters = options.counters && can_count(*machine.device);
    const std::vector<Row> rows = given.bench(plan, cubins, {baselines, counters});
    warn(rows);
    emit(render_rows(rows, grid_of(rows), options.output), options.output);
    if (libraries_alone && !rows.empty() && std::ranges::none_of(rows, &was_timed))
      throw UserError("no algorithm of the libraries was timed: " + rows.front().reason);
    return interrupted_exit_code();
  }
  const ContestResult result =
      hold_contest(contest, plan, limits, run, gate,
                   [&](const tune::SweepPlan& left) { return given.bench(left, cubins, {.libraries = {}}); });
  warn(result.rows);
  if (const int code = interrupted_exit_code(); code != kExitOk) return code;
  if (result.comparison.problems.empty())
    throw UserError(options.against +
                    ": none of its configurations could be timed here, so there is nothing to compare with");
  return emit_contest(result, options);
}

}  // namespace

Run add_bench(Command& command) {
  const auto options = std::make_shared<Options>();
  options->policy.copies = kDefaultCopies;
  options->policy.samples = 30;
  options->policy.max_samples = 200;
  options->policy.precision = 0.003;
  command.description(
      "Times given configurations, or those of a table, interleaved with cuBLASLt's algorithms in one "
      "process. What is wrong is not timed. JSON and JSON Lines hold every sample. With --against, the "
      "configurations of another table are interleaved with them in place of cuBLASLt, and each problem gets "
      "a verdict as in \"gemmtune compare\": what is unsure is timed again, up to three times.");
  add_problem_options(command, options->selection);
  add_config_option(command, options->selection);
  command
      .option("--table", options->table,
              "table.json of a sweep: its configuration for each problem, where it has one for launches back "
              "to back "
              "that one unless --regime is burst; without problems, all of it")
      .type_name("FILE");
  Option& baselines =
      command
          .option("--baselines", options->baselines,
                  "algorithms of cuBLASLt to time: all, none, or some of its providers, each with or without "
                  "the number of one algorithm, as cublaslt_tensor:2,cublas_bf16; without configurations "
                  "and table, these alone")
          .type_name("WORDS")
          .default_text("all");
  add_device_option(command, options->machine);
  add_jobs_option(command, options->machine);
  add_policy_options(command, options->policy, options->timer);
  Option& counters = add_counters_option(command, options->counters, "each contender");
  add_output_options(command, options->output);
  Option& against =
      command
          .option("--against", options->against,
                  "table.json of a sweep: say whether the configurations above are slower than its own")
          .type_name("FILE");
  add_gate_options(command, options->gate);
  add_write_option(command, options->further);
  for (const char* flag :
       {"--policy", "--min-effect", "--fail-on", "--budget", "--geomean-budget", "--write"})
    command.at(flag).needs(against);
  counters.excludes(against);
  baselines.excludes(against);
  command.footer(
      "Examples\n"
      "  gemmtune bench --problem dense_1d2d:m=64,n=2112,k=7168 \\\n"
      "    --config block_m=64,block_n=64 --config block_m=64,block_n=128\n"
      "  gemmtune bench --table results/h100-sxm/dsv3/table.json --format jsonl\n"
      "  gemmtune bench --table results/h100-sxm/dsv3/table.json --counters\n"
      "  gemmtune bench --table results/h100-sxm/dsv3/table.json --regime blocks \\\n"
      "    --l2 cold_rotate\n"
      "  gemmtune bench --problem dense_1d2d:m=64,n=2112,k=7168 \\\n"
      "    --baselines cublaslt_tensor:2,cublas_bf16\n"
      "  gemmtune bench --table new/table.json --against base/table.json");
  return [options] { return bench(*options); };
}

}  // namespace gemmtune::cli
