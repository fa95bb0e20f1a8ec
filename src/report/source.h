// One result folder among those that a picture or a page shows.
#pragma once

#include "report/report.h"

#include <string>

namespace gemmtune::report {

struct Source {
  std::string label;
  const Report* report = nullptr;
  const Journal* journal = nullptr;  ///< without rows where there is a table alone
};

}  // namespace gemmtune::report
