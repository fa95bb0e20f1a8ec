// The lookup rule of tuning tables, written a second time for reading exported ones back: what every M gets
// from a file, and whether that is what the table says.
#pragma once

#include "export/source.h"
#include "report/grid.h"

#include <vector>

namespace gemmtune::exports {

/// An entry as a consumer finds it in a file.
struct ReadEntry {
  Problem problem;
  Config config;
  double time_us = 0;
};

/// One row for each range of M that gets one configuration, then those that no M gets. Throws InternalError
/// where the file answers another question than the table does, or the same one otherwise.
report::Grid what_every_m_gets(const std::vector<ReadEntry>& read, const Source& source);

}  // namespace gemmtune::exports
