// Policies of a comparison, gemmtune.compare_policy/1: what fails a build.
#pragma once

#include "core/gate.h"

#include <string>

namespace gemmtune::input {

/// What the file does not say stays as it is in Gate. Throws UserError with file and JSON pointer.
Gate read_gate(const std::string& path);

/// `slower,missing,wrong`, or `none`. Throws UserError that begins with the flag.
std::set<CompareVerdict> parse_fail_on(const std::string& text);

}  // namespace gemmtune::input
