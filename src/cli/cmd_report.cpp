// `gemmtune report`: a sweep's result, for people and for programs. Needs no GPU and no worker.
#include "cli/commands.h"
#include "cli/gnuplot.h"
#include "cli/log.h"
#include "cli/model_options.h"
#include "cli/model_report.h"
#include "cli/output.h"
#include "cli/row_output.h"
#include "cli/standing.h"
#include "cli/terminal.h"
#include "core/journal.h"
#include "report/columns.h"
#include "report/grid.h"
#include "report/html.h"
#include "report/json.h"
#include "report/markdown.h"
#include "report/terminal.h"
#include "report/text_roofline.h"
#include "report/views.h"
#include "store/ceilings.h"
#include "store/journal.h"
#include "store/results.h"
#include "store/table.h"
#include "util/atomic_file.h"
#include "util/error.h"
#include "util/format.h"
#include "util/shell.h"

#include <algorithm>
#include <filesystem>
#include <memory>
#include <optional>
#include <system_error>
#include <utility>
#include <vector>

namespace gemmtune::cli {

namespace {

namespace fs = std::filesystem;
using report::Format;

struct Options {
  std::vector<std::string> results;
  std::string peers;
  std::string readme;
  bool profile_lines = false;
  std::string view;
  bool roofline = false;
  ModelOptions model;
  OutputOptions output;
};

/// One folder that was named.
struct Results {
  std::string label;
  std::string path;
  Table table;
  Journal journal;  ///< empty when only the table is there
  bool has_rows = false;
  report::Report report = {};
};

/// The same however it was named; a pipe has no other name.
fs::path resolved(const fs::path& path) {
  std::error_code none;
  const fs::path found = fs::canonical(path, none);
  return none ? fs::absolute(path).lexically_normal() : found;
}

/// The folder that the results lie in names them: results/h100-sxm/dsv3 fills `<!-- results:dsv3 -->`.
std::string name_of_results(const fs::path& path) {
  const fs::path absolute = resolved(path);
  return (fs::is_directory(absolute) ? absolute : absolute.parent_path()).filename().string();
}

Results read_results(const std::string& name, const std::optional<report::Peers>& peers) {
  store::Results stored = store::read_results(name);
  Results results;
  results.table = std::move(stored.table);
  results.journal = std::move(stored.journal);
  results.has_rows = stored.has_rows;
  results.label = name_of_results(name);
  results.path = name;
  results.report =
      make_report(results.table, results.journal, peers ? &*peers : nullptr, store::find_ceilings(name));
  return results;
}

/// Folders of one name are told apart by the one above: h100-sxm/dsv3, h200/dsv3.
void tell_apart(std::vector<Results>& all) {
  for (const Results& results : all)
    if (std::ranges::count(all, results.label, &Results::label) > 1) {
      for (Results& other : all) {
        const fs::path folder = resolved(other.path);
        const fs::path above = (fs::is_directory(folder) ? folder : folder.parent_path()).parent_path();
        other.label = above.filename().string() + "/" + other.label;
      }
      return;
    }
}

void warn_of_damage(const Journal& journal) {
  constexpr std::size_t kShown = 5;
  for (std::size_t i = 0; i < journal.damaged.size() && i < kShown; ++i)
    log_warn("{} (line skipped)", journal.damaged[i]);
  if (journal.damaged.size() > kShown) log_warn("{} lines skipped in all", journal.damaged.size());
  if (journal.unchecked > 0 && verbosity().verbose)
    log_info("{} lines of the journal have no checksum (journals had none when they were written)",
             journal.unchecked);
}

std::string render(const Results& results, const Options& options) {
  const report::Report& report = results.report;
  const report::Screen screen = screen_of(options.output);
  const Format format = report::parse_format(options.output.format);
  const bool for_people = format == Format::table || format == Format::md;
  if (!options.view.empty()) {
    const report::View& view = report::find_view(options.view);
    return for_people ? view_text(view, report, format == Format::md, screen)
                      : report::render(view.grid(report, /*for_files=*/true), format);
  }
  switch (format) {
    case Format::json:
      return report::json(report);
    case Format::md:
      return report::markdown(report);
    case Format::table:
      return report::terminal(report, screen) +
             (options.roofline ? "\n" + report::text_roofline(report, screen) : "");
    case Format::jsonl:
    case Format::csv:
      break;
  }
  return report::render(winners_grid(report, report::Audience::files), format);
}

/// Rows are too many to be held as text too: empty where something else is to be shown.
std::optional<Pieces> rows_of(const std::vector<Results>& all, const Options& options) {
  if (all.size() > 1 || !all.front().has_rows || !options.view.empty()) return std::nullopt;
  return rows_in_pieces(all.front().journal.rows, options.output);
}

/// For people one report after the other; programs get what they can tell apart.
std::string render(const std::vector<Results>& all, const Options& options) {
  if (all.size() == 1) return render(all.front(), options);
  const Format format = report::parse_format(options.output.format);
  if (format != Format::table && format != Format::md)
    throw UserError("--format " + options.output.format +
                    " takes one folder; several overlay in html, svg and png, and follow each other in table "
                    "and md");
  std::string text;
  for (const Results& results : all)
    text +=
        (text.empty() ? "" : "\n") +
        (format == Format::md
             ? "**" + report::escape_markdown(results.label) + "**"
             : screen_of(options.output).painted(report::one_line(results.label), report::Tone::heading)) +
        "\n\n" + render(results, options);
  return text;
}

void update_readme(const Options& options, const std::vector<Results>& all) {
  if (all.size() > 1) throw UserError("--readme takes one folder");
  const report::Report& report = all.front().report;
  if (report.winners.empty())
    throw UserError(all.front().path + ": there are no winners to put into " + options.readme);
  if (report.simulated)
    throw UserError(all.front().path + ": simulated figures do not go into " + options.readme +
                    "; sweep on a GPU, and give the folder of that");
  const std::string& name = all.front().label;
  const std::string text = read_file(options.readme);
  write_file_atomic(options.readme,
                    report::replace_results(text, name, markdown_block(report), options.readme));
  log_info("{}: results:{} is up to date", options.readme, name);
}

/// The command that profiles each winner, with what it is of behind it.
std::string profile_lines(const std::vector<Results>& all) {
  if (all.size() > 1) throw UserError("--profile-lines takes one folder");
  std::string text;
  for (const report::Winner& winner : all.front().report.winners) {
    const TableEntry& entry = winner.entry;
    // Quoted behind the # too: an interactive zsh knows no comments.
    const std::string& name = entry.problem.name;
    text += formatted("gemmtune profile --problem {} --config {}  # {}{:.2f} µs\n",
                      shell_quoted(describe(entry.problem)), shell_quoted(describe(entry.config)),
                      name.empty() ? "" : shell_quoted(report::one_line(name)) + ", ", entry.time_us);
  }
  return text;
}

/// A file of figures, or a folder or journal of rows.
std::optional<report::Peers> read_peers(const fs::path& path) {
  if (path.empty()) return std::nullopt;
  if (path.extension() == ".json") return report::Peers(path);
  return report::Peers(store::read_journal(store::find_journal(path)), path.string());
}

void draw(const std::vector<report::Source>& sources, const OutputOptions& output) {
  if (output.file.empty())
    throw UserError("--format " + output.format + " needs -o FILE." + output.format +
                    ": the data and the script of the picture are kept beside it");
  draw_roofline(sources, output.format == "png" ? report::Picture::png : report::Picture::svg, output.file);
}

void refuse_what_does_not_go_together(const Options& options) {
  const std::string& format = options.output.format;
  if (options.roofline && (format != "table" || !options.view.empty()))
    throw UserError("--roofline belongs to --format table; svg, png and html draw the roofline themselves");
  if (!options.view.empty() && (format == "html" || format == "svg" || format == "png"))
    throw UserError("--view has no " + format + "; html shows every view");
  if (!options.model.model.empty() && format == "html")
    throw UserError(
        "--model has no html; table, md, csv, json and jsonl have its tables, svg and png its picture");
}

int run(const Options& options) {
  refuse_what_does_not_go_together(options);
  const auto peers = read_peers(options.peers);
  std::vector<Results> all;
  const Environment build = this_build();
  for (const std::string& path : options.results) {
    all.push_back(read_results(path, peers));
    warn_of_damage(all.back().journal);
    warn_unless_fresh(path, all.back().table, build);
  }
  tell_apart(all);
  if (!options.model.model.empty()) {
    std::vector<NamedReport> named;
    for (const Results& results : all) named.push_back({results.path, &results.report});
    show_model(options.model, named, options.output);
    return kExitOk;
  }
  std::vector<report::Source> sources;
  for (const Results& results : all) sources.push_back({results.label, &results.report, &results.journal});
  const std::string& format = options.output.format;
  if (!options.readme.empty())
    update_readme(options, all);
  else if (options.profile_lines)
    emit(profile_lines(all), options.output);
  else if (format == "svg" || format == "png")
    draw(sources, options.output);
  else if (const auto rows = rows_of(all, options))
    emit(*rows, options.output);
  else
    emit(format == "html" ? report::html(sources) : render(all, options), options.output);
  return kExitOk;
}

}  // namespace

Run add_report(Command& command) {
  auto options = std::make_shared<Options>();
  command.description(
      "Shows the winners of a sweep with their times beside cuBLASLt's, how near they come to what the GPU "
      "can "
      "do, and what failed and why. table and md are for people; html is one page with charts, filters and "
      "tables that needs no network; svg and png are the roofline, drawn by gnuplot from a data file and a "
      "script that are kept beside the picture; json is the same for programs; jsonl and csv are the rows of "
      "the journal, one a candidate. Several folders overlay in html, svg and png. ceilings.json of a folder "
      "(`gemmtune ceilings`) has the roofs; without it the datasheet's are drawn.");
  command.option("results", options->results, "folders of sweeps, or their journals or tables")
      .type_name("FOLDER")
      .required();
  add_output_options(command, options->output, {"html", "svg", "png"});
  std::vector<std::string> views;
  for (const report::View& view : report::views()) views.emplace_back(view.name);
  command
      .option("--view", options->view,
              "instead of the winners' times: FP8 beside BF16, what the winners "
              "occupy of an SM, groups beside other ways to them, what the GPU counted over them "
              "(`sweep --counters`), or what the first answers of the libraries lose against their best")
      .words(views);
  command.flag("--roofline", options->roofline, "below the table a roofline of characters");
  add_model_options(
      command, options->model, "--routing-seed",
      "instead of the winners' times: what all GEMMs of a step of this model take, ours beside the "
      "libraries and --peers, and what would gain most from more tuning; config.json, or a built-in "
      "model. Several folders make one step. svg and png: time a token over tokens");
  command.at("--tokens").default_text("those of the results");
  for (const char* other : {"--view", "--roofline"}) command.at("--model").excludes(command.at(other));
  command
      .option("--peers", options->peers,
              "compare with the figures of this file, such as DeepGEMM's, or with the rows that "
              "scripts/peers/measure wrote into this folder")
      .type_name("FILE");
  Option& readme =
      command
          .option("--readme", options->readme,
                  "print nothing, but replace what is between `<!-- results:NAME -->` and `<!-- /results "
                  "-->` in this "
                  "file; NAME is the folder's")
          .type_name("FILE");
  for (const char* other : {"--output", "--format", "--view", "--roofline", "--model"})
    readme.excludes(command.at(other));
  Option& profile_lines =
      command.flag("--profile-lines", options->profile_lines,
                   "print the command that profiles each winner, one a line, and nothing else");
  for (const char* other : {"--readme", "--format", "--view", "--roofline", "--model"})
    profile_lines.excludes(command.at(other));
  command.footer(
      "Examples\n"
      "  gemmtune report results/h100-sxm/dsv3\n"
      "  gemmtune report results/h100-sxm/dsv3 --format html -o report.html\n"
      "  gemmtune report results/h100-sxm/dsv3 --format svg -o roofline.svg\n"
      "  gemmtune report h100-sxm/dsv3 h200/dsv3 --format html -o both.html\n"
      "  gemmtune report results/h100-sxm/dsv3 --view occupancy\n"
      "  gemmtune report results/h100-sxm/dsv3 --model deepseek-v3\n"
      "  gemmtune report results/h100-sxm/dsv3 --format csv -o rows.csv");
  return [options] { return run(*options); };
}

}  // namespace gemmtune::cli
