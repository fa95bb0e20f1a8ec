#include "workers/deadlines.h"

#include "util/error.h"
#include "util/text.h"

#include <cmath>
#include <cstdlib>
#include <string>

namespace gemmtune::workers {

Deadlines Deadlines::from_environment() {
  Deadlines deadlines;
  const char* const text = std::getenv("GEMMTUNE_DEADLINE_SCALE");
  if (text == nullptr || *text == '\0') return deadlines;
  char* end = nullptr;
  const double scale = std::strtod(text, &end);
  if (*end != '\0' || !std::isfinite(scale) || scale <= 0)
    throw UserError("GEMMTUNE_DEADLINE_SCALE: expected a number above 0, got \"" + printable(text) + "\"");
  for (double* seconds : {&deadlines.start, &deadlines.describe, &deadlines.compile, &deadlines.prepare,
                          &deadlines.baselines, &deadlines.verify, &deadlines.measure, &deadlines.count,
                          &deadlines.ceilings, &deadlines.quantise, &deadlines.per_launch})
    *seconds *= scale;
  return deadlines;
}

}  // namespace gemmtune::workers
