// `gemmtune profile`: one launch of one configuration, for Nsight and for compute-sanitizer.
#include "cli/commands.h"
#include "cli/log.h"
#include "cli/output.h"
#include "cli/policy_options.h"
#include "cli/profile_target.h"
#include "cli/profile_tools.h"
#include "cli/row_output.h"
#include "core/serialise.h"
#include "profile/figures.h"
#include "profile/sanitizer.h"
#include "profile/tool.h"
#include "report/grid.h"
#include "util/error.h"

#include <filesystem>
#include <memory>
#include <vector>

namespace gemmtune::cli {

namespace {

namespace fs = std::filesystem;
using profile::shell_text;
using profile::Target;

struct Options {
  ProfileSelection selection;
  std::string run;
  std::vector<std::string> sanitize;
  std::vector<std::string> diff;
  std::string out = ".";
  bool all = false;
  MachineOptions machine;
  Policy policy;  ///< its seed
  OutputOptions output;
};

Target target_of(const Options& options, const Problem& problem, const Config& config) {
  return {problem, config, options.machine.device, options.policy.seed};
}

void print_lines(const Options& options, const Target& target) {
  const fs::path report = report_path(options.out, target);
  log_info("counters and source, with Nsight Compute:\n  {}",
           shell_text(profile::ncu_line(tool_or_name("ncu"), report, again(target))));
  log_info("a timeline, with Nsight Systems:\n  {}",
           shell_text(profile::nsys_line(tool_or_name("nsys"), report, again(target))));
  log_info("the same launch again:\n  {}", shell_text(again(target)));
}

std::vector<profile::Figure> figures_of(const profile::Counters& counters, bool all) {
  return all ? profile::all_figures(counters) : profile::main_figures(counters);
}

report::Grid grid_of(const std::vector<profile::Figure>& figures) {
  report::Grid grid{{{"figure", "figure"}, {"value", "value", 2}, {"unit", "unit"}, {"metric", "metric"}},
                    {}};
  for (const profile::Figure& figure : figures)
    grid.rows.push_back({figure.name, cell(figure.value), figure.unit, figure.metric});
  return grid;
}

report::Grid grid_of(const std::vector<profile::Change>& changes) {
  report::Grid grid{{{"figure", "figure"},
                     {"a", "A", 2},
                     {"b", "B", 2},
                     {"unit", "unit"},
                     {"change", "change", 1},
                     {"change_unit", "in"},
                     {"metric", "metric"}},
                    {}};
  for (const profile::Change& change : changes) {
    const profile::Figure& before = change.before;
    grid.rows.push_back({before.name, cell(before.value), cell(change.after.value), before.unit,
                         cell(change.change), std::string(before.unit == "%" ? "points" : "%"),
                         before.metric});
  }
  return grid;
}

void emit_grid(const report::Grid& grid, const OutputOptions& output) {
  emit(report::render(grid, report::parse_format(output.format), screen_of(output)), output);
}

int run_ncu(const Options& options, const std::string& ncu, const Target& target) {
  const auto counters = collect(ncu, report_path(options.out, target), target);
  log_info("counts of one launch with a cold L2, replayed by ncu: its time is no sweep's");
  emit_grid(grid_of(figures_of(counters, options.all)), options.output);
  return kExitOk;
}

int sanitize(const Options& options, const std::string& sanitizer, const Target& target) {
  report::Grid grid{{{"tool", "tool"},
                     {"outcome", "outcome"},
                     {"errors", "errors"},
                     {"problem", "problem"},
                     {"config", "configuration"},
                     {"example", "the first it says"}},
                    {}};
  bool found = false;
  for (const std::string& tool : options.sanitize) {
    const auto line = profile::sanitizer_line(sanitizer, tool, again(target));
    log_info("{}", shell_text(line));
    const profile::Ended ended = profile::run_shown(line);
    const auto finding = profile::read_sanitizer(ended.output, ended.exit_code);
    using enum profile::SanitizerOutcome;
    found |= finding.outcome == errors || finding.outcome == failed;
    if (finding.outcome == unsupported) log_warn("{} cannot check this: {}", tool, finding.example);
    grid.rows.push_back({tool, std::string(to_string(finding.outcome)), std::int64_t{finding.errors},
                         describe(target.problem), target.config, finding.example});
  }
  emit_grid(grid, options.output);
  return found ? kExitWrongResults : kExitOk;
}

/// A kept report, or a configuration that is profiled now.
profile::Counters side(const Options& options, const std::string& ncu, const std::string& which) {
  if (which.ends_with(profile::kReportExtension)) return read_report(ncu, which);
  const Problem problem = problem_of(options.selection);
  const AskLimits limits = [&] { return limits_under_profiler(gpu_worker_command(options.machine)); };
  const Target target = target_of(options, problem, concrete_config(which, problem, limits));
  return collect(ncu, report_path(options.out, target), target);
}

int diff(const Options& options) {
  const std::string ncu = require_tool("ncu");
  const auto before = figures_of(side(options, ncu, options.diff[0]), options.all);
  const auto after = figures_of(side(options, ncu, options.diff[1]), options.all);
  log_info("A: {}\nB: {}", options.diff[0], options.diff[1]);
  emit_grid(grid_of(profile::changes(before, after)), options.output);
  return kExitOk;
}

int run(const Options& options) {
  if (!options.diff.empty()) return diff(options);
  // First what costs nothing to find missing.
  const std::string tool = !options.run.empty()        ? require_tool(options.run)
                           : !options.sanitize.empty() ? require_tool("compute-sanitizer")
                                                       : "";
  const Problem problem = problem_of(options.selection);
  const workers::Command worker = gpu_worker_command(options.machine);
  const Target target = target_of(
      options, problem, config_of(options.selection, problem, [&] { return limits_under_profiler(worker); }));
  if (!options.run.empty()) return run_ncu(options, tool, target);
  if (!options.sanitize.empty()) return sanitize(options, tool, target);
  print_lines(options, target);
  workers::turn_into(worker,
                     {"profile", json_text(to_json(ProfileRequest{problem, target.config, target.seed}))});
}

/// What is done with the launch besides making it.
void add_mode_options(Command& command, Options& options) {
  Option& run_option = command
                           .option("--run", options.run,
                                   "run the profiler here, keep its report, and show the figures that matter")
                           .words({"ncu"});
  Option& sanitize_option = command
                                .option("--sanitize", options.sanitize,
                                        "launch it below compute-sanitizer instead; repeat for more")
                                .words({"memcheck", "racecheck", "synccheck", "initcheck"})
                                .excludes(run_option);
  command
      .option(
          "--diff", options.diff,
          "two configurations, or two reports that were kept: their counters side by side, what changed most "
          "first")
      .type_name("A B")
      .arity({2, 2})
      .excludes(run_option)
      .excludes(sanitize_option);
}

}  // namespace

Run add_profile(Command& command) {
  const auto options = std::make_shared<Options>();
  command.description(
      "Validates one configuration and launches it once between cudaProfilerStart and Stop, in an NVTX range "
      "of "
      "its name, compiled with a line table whose sources are on disk. The process becomes the one that "
      "launches, and leaves CUPTI alone: put ncu, nsys or compute-sanitizer before it, as the lines that it "
      "prints do. Exit 3 when the configuration is wrong or a sanitizer finds an error.");
  add_profile_selection(command, options->selection);
  add_mode_options(command, *options);
  command.flag("--all", options->all, "every counter of the report, not only those that matter");
  command.option("--out", options->out, "folder that reports are kept in").type_name("DIR");
  add_device_option(command, options->machine);
  add_seed_option(command, options->policy);
  add_output_options(command, options->output);
  command.footer(
      "Examples\n"
      "  gemmtune profile --problem dense_1d2d:m=64,n=2112,k=7168 \\\n"
      "    --table results/h100-sxm/dsv3/table.json --run ncu\n"
      "  ncu --profile-from-start off gemmtune profile \\\n"
      "    --problem dense_1d2d:m=64,n=2112,k=7168 --config block_m=64,block_n=64\n"
      "  gemmtune profile --problem dense_1d2d:m=64,n=256,k=512 \\\n"
      "    --config block_m=64,block_n=64 --sanitize memcheck --sanitize racecheck\n"
      "  gemmtune profile --problem dense_1d2d:m=4096,n=4096,k=7168 \\\n"
      "    --diff block_m=128,block_n=128 block_m=256,block_n=128");
  return [options] { return run(*options); };
}

}  // namespace gemmtune::cli
