// The lookup rule of tuning tables, written a second time for reading exported ones back: what every M gets
// from a file, and whether that is what the table says.
#pragma once

#include "core/fields_of_problem.h"
#include "export/source.h"
#include "report/grid.h"

#include <functional>
#include <string>
#include <vector>

namespace gemmtune::exports {

/// An entry as a consumer finds it in a file.
struct ReadEntry {
  Problem problem;
  Config config;
  double time_us = 0;
};

/// Whether a look-up of problems without groups asks for the field: what selects an entry, and M.
bool in_answers(const ProblemField& field);

/// Made of these fields alone, and with groups of those that select an entry by them: `in_file(key)` is the
/// text of each, empty where a problem has no such field of groups.
Problem problem_of(const std::function<std::string(const char* key)>& in_file, bool with_groups = false);

/// One row for each range of M that gets one configuration, then those that no M gets. Throws InternalError
/// where the file answers another question than the table does, or the same one otherwise.
report::Grid what_every_m_gets(const std::vector<ReadEntry>& read, const Source& source);

}  // namespace gemmtune::exports
