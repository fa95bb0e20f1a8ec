// What compute-sanitizer found.
#pragma once

#include <string>
#include <string_view>

namespace gemmtune::profile {

enum class SanitizerOutcome {
  clean,
  errors,       ///< it found some
  unsupported,  ///< it says that it cannot check this
  failed,       ///< the program below it or the tool itself did not come to its end
};

std::string_view to_string(SanitizerOutcome outcome);

struct SanitizerFinding {
  SanitizerOutcome outcome = SanitizerOutcome::clean;
  long errors = 0;      ///< of all processes; hazards of racecheck, warnings included
  std::string example;  ///< the first thing that it says of one; empty when clean
};

/// From all that `compute-sanitizer` and the program below it have printed, and how it ended. Nothing is
/// taken for clean unless the tool has said so.
SanitizerFinding read_sanitizer(std::string_view output, int exit_code);

}  // namespace gemmtune::profile
