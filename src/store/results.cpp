#include "store/results.h"

#include "store/journal.h"
#include "store/table.h"

#include <system_error>

namespace gemmtune::store {

namespace fs = std::filesystem;

Results read_results(const fs::path& path) {
  std::error_code ignored;
  const bool table_alone = fs::is_directory(path, ignored) && !fs::exists(path / "journal.jsonl", ignored) &&
                           !fs::exists(path / "journal.jsonl.gz", ignored) &&
                           fs::exists(path / "table.json", ignored);
  if (table_alone || path.extension() == ".json")
    return {read_table(table_alone ? path / "table.json" : path), {}, false};
  Results results{{}, read_journal(find_journal(path)), true};
  results.table = build_table(results.journal);
  return results;
}

}  // namespace gemmtune::store
