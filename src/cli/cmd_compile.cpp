#include "cli/commands.h"
#include "cli/interrupt.h"
#include "cli/log.h"
#include "cli/machine.h"
#include "cli/output.h"
#include "cli/plan.h"
#include "cli/progress.h"
#include "cli/row_output.h"
#include "cli/selection.h"
#include "family/family.h"
#include "report/grid.h"
#include "stats/summary.h"
#include "util/error.h"

#include <algorithm>
#include <memory>
#include <vector>

namespace gemmtune::cli {

namespace {

struct Options {
  Selection selection;
  MachineOptions machine;
  bool strict = false;
  OutputOptions output;
};

using Outcomes = std::vector<Outcome<CompileReport>>;

/// How each cubin is launched. Its candidates differ in the grid alone.
std::vector<family::LaunchShape> shapes_of(const tune::SweepPlan& plan) {
  std::vector<family::LaunchShape> shapes(plan.cubins.size());
  for (const tune::ProblemPlan& problem : plan.problems)
    for (const tune::Candidate& candidate : problem.candidates)
      shapes[candidate.cubin] =
          family::require(problem.problem.kernel).launch_shape(candidate.config, problem.problem);
  return shapes;
}

report::Grid grid_of(const tune::SweepPlan& plan, const Outcomes& cubins) {
  const std::vector<family::LaunchShape> shapes = shapes_of(plan);
  report::Grid grid;
  grid.columns = {{"kernel", "kernel"},       {"config", "configuration"},
                  {"registers", "registers"}, {"spill_bytes", "spilled B"},
                  {"smem_bytes", "shared B"}, {"ctas_per_sm", "CTAs/SM"},
                  {"cubin_bytes", "cubin B"}, {"compile_ms", "ms", 0},
                  {"cached", "cached"},       {"invalidity", "outcome", 0, outcome_tone},
                  {"reason", "reason"}};
  for (std::size_t i = 0; i < plan.cubins.size(); ++i) {
    std::vector<report::Cell> row = {plan.cubins[i].kernel, plan.cubins[i].config};
    if (const auto& cubin = cubins[i]) {
      row.insert(row.end(),
                 {std::int64_t{cubin->registers}, std::int64_t{cubin->spill_bytes}, shapes[i].smem_bytes,
                  std::int64_t{family::ctas_per_sm(shapes[i], cubin->registers)}, cubin->cubin_bytes,
                  cubin->compile_ms, std::int64_t{cubin->cached}, "correct", ""});
    } else {
      row.resize(grid.columns.size() - 2);
      row.push_back(std::string(to_string(cubin.error().invalidity)));
      row.push_back(cubin.error().reason);
    }
    grid.rows.push_back(std::move(row));
  }
  return grid;
}

/// Says how long the compiler took; what came from the cache took none.
void summarize(const Outcomes& cubins) {
  std::vector<double> fresh_ms;
  std::size_t failed = 0;
  for (const auto& cubin : cubins) {
    failed += !cubin;
    if (cubin && !cubin->cached) fresh_ms.push_back(cubin->compile_ms);
  }
  log_info("{} kernels: {} compiled, {} from the cache, {} failed", cubins.size(), fresh_ms.size(),
           cubins.size() - fresh_ms.size() - failed, failed);
  if (fresh_ms.empty()) return;
  log_info("compile time: median {:.0f} ms, worst {:.0f} ms", stats::median(fresh_ms),
           *std::max_element(fresh_ms.begin(), fresh_ms.end()));
}

Outcomes compile_all(const tune::SweepPlan& plan, unsigned jobs, const std::atomic<bool>& stop) {
  workers::CompileAhead compiling = compile_ahead(plan, compilers(), jobs, stop);
  const tune::Cubins cubin = cubins_of(compiling);
  Outcomes outcomes;
  ProgressLine progress;
  progress.begin("compile", plan.cubins.size(), static_cast<double>(plan.cubins.size()));
  for (std::size_t i = 0; i < plan.cubins.size(); ++i) {
    outcomes.push_back(cubin(i));
    progress.step(describe(plan.cubins[i].config), 1);
  }
  progress.end();
  return outcomes;
}

int compile(const Options& options) {
  const std::atomic<bool>& stop = watch_for_interrupts();
  const tune::SweepPlan plan = make_plan(read_work(options.selection), limits_of(options.machine), 0);
  require_candidates(plan);
  if (!options.selection.configs.empty()) warn_of_illegal(plan);
  const Outcomes cubins = compile_all(plan, options.machine.jobs, stop);
  if (stop) return interrupted_exit_code();
  emit(report::render(grid_of(plan, cubins), report::parse_format(options.output.format),
                      screen_of(options.output)),
       options.output);
  summarize(cubins);
  const bool any_failed = std::any_of(cubins.begin(), cubins.end(), [](const auto& cubin) { return !cubin; });
  return options.strict && any_failed ? kExitFailedCandidates : kExitOk;
}

}  // namespace

Run add_compile(Command& command) {
  const auto options = std::make_shared<Options>();
  // Which kernels are legal depends on the device, but none is needed for compiling them.
  options->machine.device = "sim:h100-sxm";
  command.description(
      "Compiles every kernel that a sweep of these problems on an H100 or H200 may need, into the cache: the "
      "sweep then starts at once. Needs no GPU. Shows of each its registers, spills and shared memory, how "
      "many of its CTAs an SM holds, and its compile time.");
  add_problem_options(command, options->selection);
  add_model_of_problems(command, options->selection);
  add_space_option(command, options->selection);
  add_config_option(command, options->selection);
  add_device_option(command, options->machine);
  add_jobs_option(command, options->machine);
  command.flag("--strict", options->strict, "exit 6 when a kernel does not compile");
  add_output_options(command, options->output);
  command.footer(
      "Examples\n"
      "  gemmtune compile --shapes dsv3.json\n"
      "  gemmtune compile --problem dense_1d2d:m=64,n=2112,k=7168 \\\n"
      "    --config block_m=64,block_n=64");
  return [options] { return compile(*options); };
}

}  // namespace gemmtune::cli
