// The warnings that rows carry (core/warnings.h), counted, and as sentences.
#pragma once

#include "core/ceilings.h"
#include "core/row.h"

#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace gemmtune::report {

struct WarningCount {
  std::int64_t rows = 0;
  std::int64_t raced = 0;  ///< those of them that are not of the screening: they decide something
};

/// By code.
using WarningCounts = std::map<std::string, WarningCount>;

/// Counts a row's warnings; those of a row without a time are of no interest. With a floor measured since
/// (not null) also a cold time that beats it.
void count_warnings(const Row& row, WarningCounts& counts, const ColdReadFloor* floor = nullptr);

/// One line a code: how many rows, what it means, what to do.
std::vector<std::string> sentences(const WarningCounts& counts);

}  // namespace gemmtune::report
