#include "core/same_machine.h"

#include <cmath>

namespace gemmtune {

std::vector<std::string> unlike(const Environment& then, const Environment& now) {
  std::vector<std::string> differences;
  const auto add = [&](const char* what, const std::string& before, const std::string& after) {
    if (before != after && !before.empty() && !after.empty())
      differences.push_back(std::string(what) + " " + before + ", now " + after);
  };
  const auto watts = [](const Environment& e) {
    return e.power_limit_w > 0 ? std::to_string(std::lround(e.power_limit_w)) + " W" : "";
  };
  add("board", then.uuid, now.uuid);
  add("power limit", watts(then), watts(now));
  add("driver", then.driver, now.driver);
  return differences;
}

}  // namespace gemmtune
