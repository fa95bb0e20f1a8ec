// How a candidate fared. A failure is data: it is returned by value and stored as a row.
#pragma once

#include "core/names.h"
#include "util/result.h"

#include <string>

namespace gemmtune {

struct Failure {
  Invalidity invalidity = Invalidity::runtime;
  std::string reason;
};

template <typename Value>
using Outcome = Result<Value, Failure>;

}  // namespace gemmtune
