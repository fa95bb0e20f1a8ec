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

/// Of a table made of a journal of before machine code was noted: takes it from the table.json that lies
/// beside the journal, where scripts/same_code --write has noted it, for the very same cubins.
void take_code_hashes(Table& table, const std::filesystem::path& results);

}  // namespace gemmtune::store
