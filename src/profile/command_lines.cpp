#include "profile/command_lines.h"

#include "profile/figures.h"
#include "util/shell.h"

namespace gemmtune::profile {

namespace {

CommandLine joined(CommandLine line, const CommandLine& target) {
  line.insert(line.end(), target.begin(), target.end());
  line.push_back("--quiet");  // else gemmtune would print, inside the tool, how to run the tool
  return line;
}

}  // namespace

CommandLine reproduction(const std::string& program, const Target& target) {
  CommandLine line = {
      program, "profile", "--problem", describe(target.problem), "--config", describe(target.config)};
  if (target.device != "0") line.insert(line.end(), {"--device", target.device});
  if (target.seed != 1) line.insert(line.end(), {"--seed", std::to_string(target.seed)});
  return line;
}

CommandLine ncu_line(const std::string& ncu, const std::filesystem::path& report, const CommandLine& target) {
  return joined({ncu, "--set", "full", "--metrics", metrics_of_figures(), "--import-source", "yes",
                 "--clock-control", "none", "--profile-from-start", "off", "--target-processes", "all",
                 "--nvtx", "--force-overwrite", "--export", report.string()},
                target);
}

CommandLine ncu_import_line(const std::string& ncu, const std::filesystem::path& file) {
  // In another locale ncu writes commas for points.
  return {"/usr/bin/env", "LC_ALL=C", ncu,   "--import",      file.string(),
          "--csv",        "--page",   "raw", "--print-units", "base"};
}

CommandLine nsys_line(const std::string& nsys, const std::filesystem::path& report,
                      const CommandLine& target) {
  return joined({nsys, "profile", "--trace", "cuda,nvtx", "--capture-range", "cudaProfilerApi",
                 "--capture-range-end", "stop", "--force-overwrite", "true", "--output", report.string()},
                target);
}

CommandLine sanitizer_line(const std::string& sanitizer, std::string_view tool, const CommandLine& target) {
  return joined({sanitizer, "--tool", std::string(tool), "--error-exitcode",
                 std::to_string(kSanitizerFoundErrors), "--target-processes", "all"},
                target);
}

std::string report_name(const Target& target) {
  std::string name;
  for (const char c : describe(target.problem))
    if (c == ':' || c == ',')
      name += '-';
    else if (c != '=')
      name += c;
  return name + "-" + config_id(target.config);
}

std::string shell_text(const CommandLine& line) {
  std::string text;
  for (const std::string& word : line) text += (text.empty() ? "" : " ") + shell_quoted(word);
  return text;
}

}  // namespace gemmtune::profile
