// `gemmtune profile`: one launch of one configuration, for Nsight and for compute-sanitizer.
#include "cli/command.h"
#include "cli/output.h"
#include "cli/policy_options.h"
#include "cli/profile_target.h"
#include "cli/row_output.h"
#include "core/serialise.h"
#include "profile/figures.h"
#include "profile/sanitizer.h"
#include "profile/tool.h"
#include "report/grid.h"
#include "util/error.h"

#include <CLI/CLI.hpp>
#include <spdlog/spdlog.h>

#include <filesystem>
#include <memory>
#include <vector>

namespace gemmtune::cli {

namespace {

namespace fs = std::filesystem;
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

std::string this_program() {
  return fs::read_symlink("/proc/self/exe").string();
}

profile::CommandLine again(const Target& target) {
  return profile::reproduction(this_program(), target);
}

/// Without an extension, in a folder that is there.
fs::path report_path(const Options& options, const Target& target) {
  std::error_code error;
  fs::create_directories(options.out, error);
  if (error) throw UserError("--out " + options.out + ": " + error.message());
  return (fs::path(options.out) / profile::report_name(target)).lexically_normal();
}

std::string require_tool(const std::string& name, const std::string& package) {
  const std::string path = profile::find_tool(name);
  if (path.empty())
    throw UserError(
        "there is no " + name + " in PATH or in /usr/local/cuda/bin; it is part of " + package +
        " and of the full CUDA toolkit. Without --run and --sanitize, `gemmtune profile` prints the lines "
        "to run where it is installed");
  return path;
}

std::string require_ncu() {
  return require_tool("ncu", "Nsight Compute");
}

std::string or_name(const std::string& path, const char* name) {
  return path.empty() ? name : path;
}

void print_lines(const Options& options, const Target& target) {
  const fs::path report = report_path(options, target);
  const auto line = [](const profile::CommandLine& words) { return profile::shell_text(words); };
  spdlog::info("counters and source, with Nsight Compute:\n  {}",
               line(profile::ncu_line(or_name(profile::find_tool("ncu"), "ncu"), report, again(target))));
  spdlog::info("a timeline, with Nsight Systems:\n  {}",
               line(profile::nsys_line(or_name(profile::find_tool("nsys"), "nsys"), report, again(target))));
  spdlog::info("the same launch again:\n  {}", line(again(target)));
}

/// Throws UserError when ncu has left no report.
void collect(const std::string& ncu, const fs::path& report, const Target& target) {
  const fs::path file = report.string() + ".ncu-rep";
  std::error_code ignored;
  fs::remove(file, ignored);  // one of before must not pass for this one
  const auto line = profile::ncu_line(ncu, report, again(target));
  spdlog::info("{}", profile::shell_text(line));
  const profile::Ended ended = profile::run_shown(line);
  if (ended.output.find("ERR_NVGPUCTRPERM") != std::string::npos)
    throw UserError(
        "ncu may not read the counters of this GPU (ERR_NVGPUCTRPERM): run as root, give a container the "
        "capability "
        "SYS_ADMIN, or load the driver with NVreg_RestrictProfilingToAdminUsers=0");
  const ExitCode code = ended.exit_code == kExitWrongResults ? kExitWrongResults : kExitUsage;
  if (ended.exit_code != 0 || !fs::exists(file, ignored))
    throw UserError("ncu has left no report (exit code " + std::to_string(ended.exit_code) +
                        "); what it said stands above",
                    code);
  spdlog::info("kept {}; Nsight Compute opens it, with the kernel's source", file.string());
}

std::vector<profile::Figure> read_report(const std::string& ncu, const fs::path& report, bool all) {
  const profile::Ended ended = profile::run_read(profile::ncu_import_line(ncu, report));
  const auto counters = profile::read_counters(ended.output, report.string() + ".ncu-rep");
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
  emit(report::render(grid, report::parse_format(output.format)), output);
}

int run_ncu(const Options& options, const std::string& ncu, const Target& target) {
  const fs::path report = report_path(options, target);
  collect(ncu, report, target);
  spdlog::info("counts of one launch with a cold L2, replayed by ncu: its time is no sweep's");
  emit_grid(grid_of(read_report(ncu, report, options.all)), options.output);
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
    spdlog::info("{}", profile::shell_text(line));
    const profile::Ended ended = profile::run_shown(line);
    const auto finding = profile::read_sanitizer(ended.output, ended.exit_code);
    using enum profile::SanitizerOutcome;
    found |= finding.outcome == errors || finding.outcome == failed;
    if (finding.outcome == unsupported) spdlog::warn("{} cannot check this: {}", tool, finding.example);
    grid.rows.push_back({tool, std::string(to_string(finding.outcome)), std::int64_t{finding.errors},
                         describe(target.problem), target.config, finding.example});
  }
  emit_grid(grid, options.output);
  return found ? kExitWrongResults : kExitOk;
}

constexpr std::string_view kReport = ".ncu-rep";

/// A kept report, or a configuration that is profiled now.
std::vector<profile::Figure> side(const Options& options, const std::string& ncu, const std::string& which) {
  if (which.ends_with(kReport)) {
    if (!fs::exists(which)) throw UserError("--diff " + which + ": there is no such file");
    return read_report(ncu, which.substr(0, which.size() - kReport.size()), options.all);
  }
  const Problem problem = problem_of(options.selection);
  const DeviceLimits limits = limits_under_profiler(gpu_worker_command(options.machine));
  const Target target{problem, concrete_config(which, problem, limits), options.machine.device,
                      options.policy.seed};
  const fs::path report = report_path(options, target);
  collect(ncu, report, target);
  return read_report(ncu, report, options.all);
}

int diff(const Options& options) {
  const std::string ncu = require_ncu();
  const auto before = side(options, ncu, options.diff[0]);
  const auto after = side(options, ncu, options.diff[1]);
  spdlog::info("A: {}\nB: {}", options.diff[0], options.diff[1]);
  emit_grid(grid_of(profile::changes(before, after)), options.output);
  return kExitOk;
}

int run(const Options& options) {
  if (!options.diff.empty()) return diff(options);
  const std::string tool = !options.run.empty() ? require_ncu()
                           : !options.sanitize.empty()
                               ? require_tool("compute-sanitizer", "Compute Sanitizer")
                               : "";
  const Problem problem = problem_of(options.selection);
  const workers::Command worker = gpu_worker_command(options.machine);
  const Config config = config_of(options.selection, problem, limits_under_profiler(worker));
  const Target target{problem, config, options.machine.device, options.policy.seed};
  if (!options.run.empty()) return run_ncu(options, tool, target);
  if (!options.sanitize.empty()) return sanitize(options, tool, target);
  print_lines(options, target);
  workers::turn_into(worker, {"profile", to_json(ProfileRequest{problem, config, target.seed}).dump()});
}

}  // namespace

Run add_profile(CLI::App& command) {
  const auto options = std::make_shared<Options>();
  command.description(
      "Judges one configuration and launches it exactly once between cudaProfilerStart and Stop, in an NVTX "
      "range "
      "with its name; compiled with a line table whose sources are on disk, and with CUPTI left to the "
      "profiler. "
      "Prints the lines that profile it; works below ncu, nsys and compute-sanitizer as it is, because the "
      "process "
      "becomes the one that launches. Exit 3 when the configuration is wrong, or a sanitizer finds an "
      "error.");
  add_profile_selection(command, options->selection);
  CLI::Option* const run_option =
      command
          .add_option("--run", options->run,
                      "run the profiler here, keep its report, and show the figures that matter")
          ->check(CLI::IsMember(std::vector<std::string>{"ncu"}));
  CLI::Option* const sanitize_option =
      command
          .add_option("--sanitize", options->sanitize,
                      "launch it below compute-sanitizer instead; repeat for more")
          ->check(CLI::IsMember(std::vector<std::string>{"memcheck", "racecheck", "synccheck", "initcheck"}))
          ->allow_extra_args(false)
          ->excludes(run_option);
  command
      .add_option(
          "--diff", options->diff,
          "two configurations, or two reports that were kept: their counters side by side, what changed most "
          "first")
      ->type_name("A B")
      ->expected(2)
      ->excludes(run_option)
      ->excludes(sanitize_option);
  command.add_flag("--all", options->all, "every counter of the report, not only those that matter");
  command.add_option("--out", options->out, "folder that reports are kept in")->type_name("DIR");
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
