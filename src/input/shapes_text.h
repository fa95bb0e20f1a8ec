// Problem sets as text, gemmtune.shapes/1: what shapes.h reads.
#pragma once

#include "core/problem.h"

#include <span>
#include <string>

namespace gemmtune::input {

/// One line an entry. Neighbours that differ in nothing but M, or in nothing but the mean of their groups,
/// are one entry with a list.
std::string shapes_text(const std::string& name, const std::string& description,
                        std::span<const Problem> problems);

}  // namespace gemmtune::input
