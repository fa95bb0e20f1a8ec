// The files of an export on disk.
#pragma once

#include "export/source.h"

#include <string>

namespace gemmtune::cli {

/// Throws UserError for a folder that holds something already, before the work of making what goes there.
void refuse_full_folder(const std::string& output);

/// What a file there would be called; empty for stdout, a pipe and the like, beside which nothing can lie.
std::string file_name_of(const std::string& output);

/// Writes one file to `output` (to stdout when that is empty) and the others beside it, or all into the
/// folder `output`, which appears with all of its files or not at all. Returns what lies there afterwards.
/// Throws UserError for a folder that holds something already.
exports::Files write_files(const exports::Files& files, const std::string& output, bool folder);

}  // namespace gemmtune::cli
