// NVIDIA's tools as processes: found, run, heard.
#pragma once

#include "profile/command_lines.h"

#include <string>
#include <string_view>

namespace gemmtune::profile {

/// The path of `ncu`, `nsys` or `compute-sanitizer`: in PATH, else in the bin/ of $CUDA_HOME, $CUDA_PATH or
/// /usr/local/cuda; empty where there is none.
std::string find_tool(std::string_view name);

struct Ended {
  int exit_code = 0;  ///< 128 + N when signal N ended it
  std::string output;
};

/// Runs it to its end; what it prints on stdout and stderr goes on to our stderr at once and is kept. Throws
/// InternalError when it cannot be started.
Ended run_shown(const CommandLine& line);

/// The same, but its stdout alone is kept, and not shown.
Ended run_read(const CommandLine& line);

}  // namespace gemmtune::profile
