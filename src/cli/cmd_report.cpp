// `gemmtune report`: a sweep's result, for people and for programs. Needs no GPU and no worker.
#include "cli/command.h"
#include "cli/output.h"
#include "core/journal.h"
#include "report/columns.h"
#include "report/grid.h"
#include "report/json.h"
#include "report/markdown.h"
#include "report/terminal.h"
#include "store/ceilings.h"
#include "store/journal.h"
#include "store/table.h"
#include "util/atomic_file.h"
#include "util/error.h"

#include <CLI/CLI.hpp>
#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <filesystem>
#include <memory>
#include <optional>

namespace gemmtune::cli {

namespace {

namespace fs = std::filesystem;
using report::Format;

struct Options {
  std::string results;
  std::string peers;
  std::string readme;
  bool profile_lines = false;
  OutputOptions output;
};

struct Results {
  Table table;
  Journal journal;  ///< empty when only the table is there
  bool has_rows = false;
};

/// A folder with a journal, or with a table alone; or one of these files.
Results read_results(const fs::path& path) {
  std::error_code ignored;
  const bool table_alone = fs::is_directory(path, ignored) && !fs::exists(path / "journal.jsonl", ignored) &&
                           !fs::exists(path / "journal.jsonl.gz", ignored) &&
                           fs::exists(path / "table.json", ignored);
  if (table_alone || path.extension() == ".json")
    return {store::read_table(table_alone ? path / "table.json" : path), {}, false};
  Journal journal = store::read_journal(store::find_journal(path));
  Table table = store::build_table(journal);
  return {std::move(table), std::move(journal), true};
}

/// The folder that holds the results, also where one of its files was named.
fs::path folder_of(const fs::path& results) {
  std::error_code ignored;
  return fs::is_directory(results, ignored) ? results : fs::absolute(results).parent_path();
}

void warn_of_damage(const Journal& journal) {
  constexpr std::size_t kShown = 5;
  for (std::size_t i = 0; i < journal.damaged.size() && i < kShown; ++i)
    spdlog::warn("{} (line skipped)", journal.damaged[i]);
  if (journal.damaged.size() > kShown) spdlog::warn("{} lines skipped in all", journal.damaged.size());
}

std::string render(const Results& results, const report::Report& report, Format format) {
  switch (format) {
    case Format::json:
      return report::json(report);
    case Format::md:
      return report::markdown(report);
    case Format::table:
      return report::terminal(report);
    case Format::jsonl:
      if (results.has_rows) return report::json_lines(results.journal.rows);
      break;
    case Format::csv:
      if (results.has_rows) return report::csv(results.journal.rows);
      break;
  }
  return report::render(winners_grid(report, report::Audience::files), format);
}

/// The folder that the results lie in names them: results/h100-sxm/dsv3 fills `<!-- results:dsv3 -->`.
std::string name_of_results(const fs::path& path) {
  const fs::path absolute = fs::canonical(path);
  return (fs::is_directory(absolute) ? absolute : absolute.parent_path()).filename().string();
}

void update_readme(const Options& options, const report::Report& report) {
  if (report.winners.empty())
    throw UserError(options.results + ": there are no winners to put into " + options.readme);
  if (report.simulated)
    throw UserError(options.results + ": simulated figures do not go into " + options.readme +
                    "; sweep on a GPU, and give the folder of that");
  const std::string name = name_of_results(options.results);
  const std::string text = read_file(options.readme);
  write_file_atomic(options.readme,
                    report::replace_results(text, name, markdown_block(report), options.readme));
  spdlog::info("{}: results:{} is up to date", options.readme, name);
}

/// The command that profiles each winner, with what it is of behind it.
std::string profile_lines(const report::Report& report) {
  std::string text;
  for (const auto& [entry, deepgemm_us, best_peer_us] : report.winners)
    text += fmt::format("gemmtune profile --problem {} --config {}  # {}{}{:.2f} µs\n",
                        describe(entry.problem), describe(entry.config), report::one_line(entry.problem.name),
                        entry.problem.name.empty() ? "" : ", ", entry.time_us);
  return text;
}

/// A file of figures, or a folder or journal of rows.
std::optional<report::Peers> read_peers(const fs::path& path) {
  if (path.empty()) return std::nullopt;
  if (path.extension() == ".json") return report::Peers(path);
  return report::Peers(store::read_journal(store::find_journal(path)), path.string());
}

int run(const Options& options) {
  const Results results = read_results(options.results);
  warn_of_damage(results.journal);
  const auto peers = read_peers(options.peers);
  const auto floor = store::floor_for(folder_of(options.results), results.table.environment.device);
  const report::Report report =
      make_report(results.table, results.journal, peers ? &*peers : nullptr, floor ? &*floor : nullptr);
  if (!options.readme.empty())
    update_readme(options, report);
  else if (options.profile_lines)
    emit(profile_lines(report), options.output);
  else
    emit(render(results, report, report::parse_format(options.output.format)), options.output);
  return kExitOk;
}

}  // namespace

Run add_report(CLI::App& command) {
  auto options = std::make_shared<Options>();
  command.description(
      "Shows the winners of a sweep with their times beside cuBLASLt's, and what failed and why. table and "
      "md are for "
      "people; json is the same for programs; jsonl and csv are the rows of the journal, one a candidate.");
  command.add_option("results", options->results, "folder of a sweep, or its journal or table")
      ->type_name("FOLDER")
      ->required();
  add_output_options(command, options->output);
  command
      .add_option("--peers", options->peers,
                  "compare with the figures of this file, such as DeepGEMM's, or with the rows that "
                  "scripts/peers/measure wrote into this folder")
      ->type_name("FILE");
  CLI::Option* readme =
      command
          .add_option("--readme", options->readme,
                      "print nothing, but replace what is between `<!-- results:NAME -->` and `<!-- /results "
                      "-->` in this "
                      "file; NAME is the folder's")
          ->type_name("FILE");
  for (const char* other : {"--output", "--format"}) readme->excludes(command.get_option(other));
  command
      .add_flag("--profile-lines", options->profile_lines,
                "print the command that profiles each winner, one a line, and nothing else")
      ->excludes(readme)
      ->excludes(command.get_option("--format"));
  command.footer(
      "Examples\n"
      "  gemmtune report results/h100-sxm/dsv3\n"
      "  gemmtune report results/h100-sxm/dsv3 --format csv -o rows.csv");
  return [options] { return run(*options); };
}

}  // namespace gemmtune::cli
