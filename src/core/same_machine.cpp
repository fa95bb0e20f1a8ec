#include "core/same_machine.h"

#include <cmath>

namespace gemmtune {

namespace {

class Differences {
 public:
  void add(const char* what, const std::string& before, const std::string& after) {
    if (before != after && !before.empty() && !after.empty())
      found_.push_back(std::string(what) + " " + before + ", now " + after);
  }
  /// 0 is unknown.
  void add(const char* what, double before, double after, const char* unit) {
    const auto text = [&](double value) {
      return value > 0 ? std::to_string(std::lround(value)) + unit : std::string();
    };
    add(what, text(before), text(after));
  }
  std::vector<std::string> take() { return std::move(found_); }

 private:
  std::vector<std::string> found_;
};

}  // namespace

std::vector<std::string> unlike(const Environment& then, const Environment& now) {
  Differences differences;
  differences.add("board", then.uuid, now.uuid);
  differences.add("power limit", then.power_limit_w, now.power_limit_w, " W");
  differences.add("driver", then.driver, now.driver);
  return differences.take();
}

std::vector<std::string> unlike(const RunHeader& then, const RunHeader& now) {
  const bool of_one_plan = then.part && now.part && then.part->plan == now.part->plan;
  return of_one_plan ? unlike_kinds(then.environment, now.environment)
                     : unlike(then.environment, now.environment);
}

std::vector<std::string> unlike_kinds(const Environment& then, const Environment& now) {
  Differences differences;
  constexpr double kMiB = 1 << 20;
  differences.add("device", then.device, now.device);
  differences.add("SMs", then.sms, now.sms, "");
  differences.add("memory", static_cast<double>(then.memory_bytes) / kMiB,
                  static_cast<double>(now.memory_bytes) / kMiB, " MiB");
  differences.add("power limit", then.power_limit_w, now.power_limit_w, " W");
  differences.add("clock", then.max_sm_clock_mhz, now.max_sm_clock_mhz, " MHz");
  differences.add("driver", then.driver, now.driver);
  return differences.take();
}

}  // namespace gemmtune
