// How a candidate fared. A failure is data: it is returned by value and stored as a row.
#pragma once

#include "core/names.h"
#include "util/result.h"

#include <string>

namespace gemmtune {

/// How far a failure can be laid at the door of what was asked. Not stored: it decides who is asked again.
enum class Blame {
  clear,      ///< the worker lives and says what was wrong
  uncertain,  ///< the worker was lost meanwhile: by this request, or by something else just then
  innocent,   ///< the request never came to be launched: its worker could not be made ready
};

struct Failure {
  Invalidity invalidity = Invalidity::runtime;
  std::string reason;
  Blame blame = Blame::clear;
};

template <typename Value>
using Outcome = Result<Value, Failure>;

}  // namespace gemmtune
