#include "store/results.h"

#include "store/journal.h"
#include "store/table.h"
#include "util/error.h"

#include <map>
#include <string>
#include <system_error>

namespace gemmtune::store {

namespace fs = std::filesystem;

void take_code_hashes(Table& table, const fs::path& results) {
  std::error_code ignored;
  const fs::path beside =
      (fs::is_directory(results, ignored) ? results : results.parent_path()) / "table.json";
  if (!fs::is_regular_file(beside, ignored)) return;
  std::map<std::string, std::string> known;
  try {
    for (const TableEntry& entry : read_table(beside).entries)
      known.emplace(entry.kernel_hash, entry.code_hash);
  } catch (const UserError&) {
    return;  // nobody asked for it
  }
  for (TableEntry& entry : table.entries)
    if (const auto found = known.find(entry.kernel_hash); entry.code_hash.empty() && found != known.end())
      entry.code_hash = found->second;
}

Results read_results(const fs::path& path) {
  std::error_code ignored;
  const bool table_alone = fs::is_directory(path, ignored) && !fs::exists(path / "journal.jsonl", ignored) &&
                           !fs::exists(path / "journal.jsonl.gz", ignored) &&
                           fs::exists(path / "table.json", ignored);
  if (table_alone || path.extension() == ".json")
    return {read_table(table_alone ? path / "table.json" : path), {}, false};
  Results results{{}, read_journal(find_journal(path)), true};
  results.table = build_table(results.journal);
  take_code_hashes(results.table, path);
  return results;
}

}  // namespace gemmtune::store
