#include "cli/compare_input.h"

#include "cli/log.h"
#include "store/journal.h"
#include "store/table.h"
#include "util/error.h"
#include "util/shell.h"

#include <algorithm>
#include <map>
#include <system_error>
#include <utility>

namespace gemmtune::cli {

namespace fs = std::filesystem;

namespace {

bool has_journal(const fs::path& folder) {
  std::error_code ignored;
  return fs::exists(folder / "journal.jsonl", ignored) || fs::exists(folder / "journal.jsonl.gz", ignored);
}

}  // namespace

std::vector<fs::path> find_runs(const std::string& path) {
  std::error_code error;
  if (!fs::is_directory(path, error) || has_journal(path)) return {store::find_journal(path)};
  std::vector<fs::path> runs;
  for (const fs::directory_entry& entry : fs::directory_iterator(path, error)) {
    const std::string name = entry.path().filename().string();
    if (entry.is_directory(error) ? has_journal(entry.path())
                                  : name.ends_with(".jsonl") || name.ends_with(".jsonl.gz"))
      runs.push_back(entry.is_directory(error) ? store::find_journal(entry.path()) : entry.path());
  }
  if (runs.empty())
    throw UserError(path + ": no journal.jsonl here, no folder that has one and no *.jsonl; " +
                    "\"gemmtune sweep --out " + shell_quoted(path) +
                    "\" writes one, or \"gemmtune bench --format jsonl -o " +
                    shell_quoted(path + "/1.jsonl") + "\"");
  std::sort(runs.begin(), runs.end());
  return runs;
}

compare::Run make_run(std::string source, Journal journal) {
  const Table table = store::build_table(journal);
  // Of a winner's rows the last: rows are in the order of time.
  std::map<std::pair<std::string, Config>, std::size_t> rows;
  std::map<std::string, const TableEntry*> entries;
  for (const TableEntry& entry : table.entries) entries[problem_id(entry.problem)] = &entry;
  for (std::size_t i = 0; i < journal.rows.size(); ++i) {
    const Row& row = journal.rows[i];
    if (row.provider != provider::kGemmtune || !row.time_us || row.invalidity != Invalidity::correct)
      continue;
    const std::string id = problem_id(row.problem);
    const auto entry = entries.find(id);
    if (entry == entries.end() || entry->second->config != row.config || entry->second->stage != row.stage ||
        entry->second->time_us != *row.time_us)
      continue;
    rows[{id, row.config}] = i;
  }
  compare::Run run{std::move(source), std::move(journal), {}};
  for (const auto& [key, index] : rows) run.winners.push_back(index);
  return run;
}

compare::Side read_side(const std::string& path) {
  compare::Side side{path, {}};
  for (const fs::path& journal : find_runs(path)) {
    side.runs.push_back(make_run(journal.string(), store::read_journal(journal)));
    const std::vector<std::string>& damaged = side.runs.back().journal.damaged;
    if (!damaged.empty())
      log_warn("{}: {}{} (line skipped)", journal.string(), damaged.front(),
               damaged.size() > 1 ? " and " + std::to_string(damaged.size() - 1) + " more" : "");
  }
  return side;
}

}  // namespace gemmtune::cli
