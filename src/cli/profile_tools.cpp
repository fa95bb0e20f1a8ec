#include "cli/profile_tools.h"

#include "cli/log.h"
#include "profile/tool.h"
#include "util/error.h"

#include <system_error>

namespace gemmtune::cli {

namespace fs = std::filesystem;

namespace {

/// What ncu passes on from the program below it; its own codes mean something else.
ExitCode passed_on(int code) {
  return code == kExitWrongResults || code == kExitNoGpu ? static_cast<ExitCode>(code) : kExitUsage;
}

}  // namespace

profile::CommandLine again(const profile::Target& target) {
  return profile::reproduction(fs::read_symlink("/proc/self/exe").string(), target);
}

fs::path report_path(const std::string& folder, const profile::Target& target) {
  std::error_code error;
  fs::create_directories(folder, error);
  if (error) throw UserError("--out " + folder + ": " + error.message());
  return (fs::path(folder) / profile::report_name(target)).lexically_normal();
}

std::string require_tool(const std::string& name) {
  const std::string path = profile::find_tool(name);
  if (path.empty())
    throw UserError(
        "there is no " + name +
        " in PATH or in /usr/local/cuda/bin; a full CUDA toolkit has it. Without --run, --sanitize "
        "and --diff, `gemmtune profile` prints the lines to run where it is installed");
  return path;
}

std::string tool_or_name(const std::string& name) {
  const std::string path = profile::find_tool(name);
  return path.empty() ? name : path;
}

profile::Counters collect(const std::string& ncu, const fs::path& report, const profile::Target& target) {
  const fs::path file = report.string() + profile::kReportExtension;
  std::error_code ignored;
  fs::remove(file, ignored);  // one of before must not pass for this one
  const auto line = profile::ncu_line(ncu, report, again(target));
  log_info("{}", profile::shell_text(line));
  const profile::Ended ended = profile::run_shown(line);
  if (ended.output.find("ERR_NVGPUCTRPERM") != std::string::npos)
    throw UserError(
        "ncu may not read the counters of this GPU (ERR_NVGPUCTRPERM): run as root, give a container the "
        "capability SYS_ADMIN, or load the driver with NVreg_RestrictProfilingToAdminUsers=0");
  if (!fs::exists(file, ignored))
    throw UserError("ncu has left no report (exit code " + std::to_string(ended.exit_code) +
                        "); what it said stands above",
                    passed_on(ended.exit_code));
  if (ended.exit_code != 0) log_warn("ncu ended with exit code {}", ended.exit_code);
  log_info("kept {}; Nsight Compute opens it, with the kernel's source", file.string());
  return read_report(ncu, file);
}

profile::Counters read_report(const std::string& ncu, const fs::path& file) {
  if (!fs::exists(file)) throw UserError(file.string() + ": there is no such report");
  return profile::read_counters(profile::run_read(profile::ncu_import_line(ncu, file)).output, file.string());
}

}  // namespace gemmtune::cli
