// Folders and journals -> the runs of one side.
#pragma once

#include "compare/side.h"

#include <filesystem>
#include <string>
#include <vector>

namespace gemmtune::cli {

/// The journals that a name stands for: a journal itself; a folder with one; or a folder of such folders and
/// of *.jsonl files, each of which is a run. Sorted by name. Throws UserError when there is none.
std::vector<std::filesystem::path> find_runs(const std::string& path);

/// The runs of a name; says on stderr which lines were damaged.
compare::Side read_side(const std::string& path);

/// A run of the rows at hand; its winners are those that a tuning table made of them would name.
compare::Run make_run(std::string source, Journal journal);

}  // namespace gemmtune::cli
