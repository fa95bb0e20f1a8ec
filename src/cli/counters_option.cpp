#include "cli/counters_option.h"

#include "cli/log.h"
#include "report/grid.h"

#include <string>

namespace gemmtune::cli {

Option& add_counters_option(Command& command, bool& counters, const char* of_what) {
  return command.flag("--counters", counters,
                      std::string("count what ") + of_what +
                          " moves and computes too, over a launch that is not timed: bytes from memory and "
                          "L2, FP8 operations, activity of the tensor cores. Most machines let "
                          "administrators alone do that");
}

bool can_count(Worker& device) {
  const auto report = device.count({});
  if (!report) {
    log_warn("--counters: the GPU's counters cannot be read: {}. Everything else goes on without them",
             report.error().reason);
    return false;
  }
  for (const std::string& metric : report->unknown)
    log_warn("--counters: this GPU does not count {}: its column stays empty", report::one_line(metric));
  return true;
}

}  // namespace gemmtune::cli
