// The exact commands that profile one configuration: what is printed for people is what `--run` runs.
#pragma once

#include "core/config.h"
#include "core/problem.h"

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace gemmtune::profile {

/// A program and its arguments.
using CommandLine = std::vector<std::string>;

struct Target {
  Problem problem;
  Config config;  ///< concrete
  std::string device = "0";
  std::uint64_t seed = 1;
};

/// The same launch again. `program` is gemmtune itself.
CommandLine reproduction(const std::string& program, const Target& target);

/// Everything that ncu can count, with the kernel's source, into `report` (a path without its .ncu-rep; one
/// that exists is replaced). Clocks are left alone: ncu would pin them below what a sweep runs at.
CommandLine ncu_line(const std::string& ncu, const std::filesystem::path& report, const CommandLine& target);

/// Of ncu's reports, ncu_line()'s among them.
inline constexpr const char* kReportExtension = ".ncu-rep";

/// What such a file holds, as the CSV that read_counters() takes.
CommandLine ncu_import_line(const std::string& ncu, const std::filesystem::path& file);

/// A timeline of the one launch.
CommandLine nsys_line(const std::string& nsys, const std::filesystem::path& report,
                      const CommandLine& target);

/// `tool`: memcheck, racecheck, synccheck or initcheck. Ends with kSanitizerFoundErrors when it finds some.
CommandLine sanitizer_line(const std::string& sanitizer, std::string_view tool, const CommandLine& target);

/// No exit code of gemmtune or of its worker.
inline constexpr int kSanitizerFoundErrors = 86;

/// Without an extension: `dense_1d2d-m64-n2112-k7168-<config_id>`.
std::string report_name(const Target& target);

/// To paste into a shell.
std::string shell_text(const CommandLine& line);

}  // namespace gemmtune::profile
