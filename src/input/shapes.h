// Problem sets, gemmtune.shapes/1: which GEMMs a model runs.
#pragma once

#include "core/problem.h"

#include <string>
#include <string_view>
#include <vector>

namespace gemmtune::input {

struct ShapeSet {
  std::string name;  ///< fit for a folder's name
  std::string description;
  std::vector<Problem>
      problems;  ///< in the file's order; of an entry with lists, m varies slowest and k fastest
  std::vector<Problem> missing;  ///< those of planned kernels, which this build lacks
};

/// Reads a file, or the built-in set of that name. Throws UserError with file and JSON pointer. Problems that
/// no kernel can run (K not a multiple of 128, say) are in the set all the same: space::enumerate says why.
ShapeSet read_shapes(const std::string& path_or_name);

/// The same of a text; `source` is what messages call it.
ShapeSet parse_shapes(const std::string& source, std::string_view text);

/// Every set that travels in the program, sorted by name.
std::vector<ShapeSet> builtin_shape_sets();

}  // namespace gemmtune::input
