// What a sweep left, however it is named: its folder, its journal, or its table alone.
#pragma once

#include "core/journal.h"
#include "core/table.h"

#include <filesystem>

namespace gemmtune::store {

struct Results {
  Table table;
  Journal journal;  ///< empty of a table alone
  bool has_rows = false;
};

/// Throws UserError for what is none of these.
Results read_results(const std::filesystem::path& path);

}  // namespace gemmtune::store
