// `gemmtune portfolio`: few cubins for many problems, chosen out of journals. Needs no GPU.
#include "cli/boards.h"
#include "cli/commands.h"
#include "cli/fill_cells.h"
#include "cli/gnuplot.h"
#include "cli/log.h"
#include "cli/output.h"
#include "cli/portfolio.h"
#include "cli/portfolio_text.h"
#include "core/serialise.h"
#include "family/family.h"
#include "store/journal.h"
#include "store/table.h"
#include "util/atomic_file.h"
#include "util/error.h"
#include "util/format.h"

#include <algorithm>
#include <filesystem>
#include <memory>
#include <optional>
#include <utility>

namespace gemmtune::cli {

namespace {

struct Options {
  std::vector<std::string> folders;
  std::size_t cubins = 32;
  std::vector<std::string> tried;
  std::string table, space;  ///< files to write
  FillOptions fill;
  OutputOptions output;
};

/// The row that the candidate's time is of: of the stage with most samples.
const Row& latest_of(const tune::Recorded& recorded, std::size_t candidate) {
  for (const auto* stage : {&recorded.raced, &recorded.near_best})
    if (const auto& row = (*stage)[candidate]; row && row->time_us) return *row;
  return recorded.screened[candidate];
}

/// The run in which it was raced; empty where it was not.
std::string race_of(const tune::Recorded& recorded, const Config& config) {
  const auto candidate = std::ranges::find(recorded.candidates, config) - recorded.candidates.begin();
  const auto index = static_cast<std::size_t>(candidate);
  return index < recorded.raced.size() && recorded.raced[index] ? recorded.raced[index]->run_id : "";
}

/// The entry of a table, with another configuration. What the libraries took stands beside times of the same
/// race alone, which is the run's of this id.
TableEntry with_row(TableEntry entry, const Row& row, const std::string& race) {
  store::take_row(entry, row);
  entry.tie_set = {config_id(row.config)};
  entry.runners_up.clear();
  entry.sustained.reset();   // of all that were raced
  entry.strategies.clear();  // they say how all candidates were searched, not these cubins
  if (row.stage != Stage::final || row.run_id != race) entry.baselines = {};
  return entry;
}

/// The sweep's table, with the chosen cubins alone.
Table table_of(const Options& options, const PortfolioSource& source, const Portfolio& portfolio) {
  if (options.folders.size() != 1)
    throw UserError("--table is of one sweep, whose times may stand in one table: name one folder");
  Table table = store::build_table(store::read_journal(store::find_journal(options.folders.front())));
  if (!table.checks.empty())
    throw UserError(
        options.folders.front() +
        ": a table over all M (sweep --m): with other configurations its steps would be others, and what "
        "it loses was not measured. Leave --table out");
  std::vector<TableEntry> entries;
  for (const TableEntry& entry : table.entries) {
    const auto recorded = std::ranges::find(source.problems, problem_id(entry.problem),
                                            [](const auto& one) { return problem_id(one.problem); });
    if (recorded == source.problems.end()) continue;
    const auto p = static_cast<std::size_t>(recorded - source.problems.begin());
    if (const auto cubin = portfolio.taken_by(p))
      entries.push_back(with_row(entry, latest_of(*recorded, *portfolio.losses().best[p][*cubin]),
                                 race_of(*recorded, entry.config)));
    else
      log_warn("{}: none of the chosen cubins was measured there, and the table has no entry for it",
               describe(entry.problem));
  }
  table.entries = std::move(entries);
  return table;
}

/// These cubins with every launch of the default spaces.
Json space_of(const Portfolio& portfolio) {
  Json spaces = Json::array();
  for (const std::size_t cubin : portfolio.chosen()) {
    const auto& [kernel, compiled] = portfolio.losses().cubins[cubin];
    Json parameters;
    for (const family::Parameter& parameter : family::require(kernel).parameters())
      if (const auto value = compiled.find(std::string(parameter.name)); value != compiled.end())
        parameters[value->first] = value->second;
    spaces.push_back({{"kernel", kernel}, {"parameters", std::move(parameters)}});
  }
  return {{"schema", "gemmtune.space/1"}, {"spaces", std::move(spaces)}};
}

bool is_picture(const OutputOptions& output) {
  return output.format == "svg" || output.format == "png";
}

void draw_curve(const Options& options, const PortfolioSource& source, const Portfolio& portfolio) {
  const std::string& format = options.output.format;
  if (options.output.file.empty())
    throw UserError("--format " + format + " needs -o FILE." + format +
                    ": the data and the script of the picture are kept beside it");
  const std::string title =
      formatted("what few cubins lose, a perfect picker: {} problems{}", source.chosen_for,
                source.simulated ? " (SIMULATED)" : ", " + source.device);
  draw(
      [&](const std::string& picture, const std::string& data) {
        return report::regret_plot(curves_of(portfolio), title,
                                   format == "png" ? report::Picture::png : report::Picture::svg, picture,
                                   data);
      },
      options.output.file);
}

void show(const Options& options, const PortfolioSource& source, const Portfolio& portfolio,
          const Portfolio* before) {
  if (is_picture(options.output)) return draw_curve(options, source, portfolio);
  const report::Format format = report::parse_format(options.output.format);
  const report::Screen screen = screen_of(options.output);
  if (format == report::Format::json) {
    Json json = to_json(portfolio, source);
    if (before != nullptr) json["measured"] = worth_json(*before, portfolio);
    emit(json_text(json, 2) + "\n", options.output);
  } else if (format == report::Format::csv || format == report::Format::jsonl) {
    emit(report::render(curve_grid(portfolio), format, screen), options.output);
  } else {
    emit(to_text(portfolio, source, format, screen) +
             (before == nullptr ? "" : "\n" + worth_text(*before, portfolio, format, screen)),
         options.output);
  }
}

int run(const Options& options) {
  PortfolioSource source = read_portfolio_source(options.folders, options.tried);
  std::optional<PortfolioSource> unfilled;
  std::optional<Portfolio> before;
  if (!options.fill.folder.empty()) {
    if (const int code = fill_cells(source, options.fill); code != kExitOk) return code;
    std::vector<std::string> folders = options.folders;
    if (std::filesystem::exists(options.fill.folder)) folders.push_back(options.fill.folder);
    unfilled = std::exchange(source, read_portfolio_source(folders, options.tried));
    before.emplace(*unfilled, options.cubins);
  }
  const Portfolio portfolio(source, options.cubins);
  if (portfolio.chosen().size() < options.cubins)
    log_info("{} cubins do: no further one helps", portfolio.chosen().size());
  if (!options.table.empty())
    write_file_atomic(options.table, store::to_text(table_of(options, source, portfolio)));
  if (!options.space.empty()) write_file_atomic(options.space, json_text(space_of(portfolio), 2) + "\n");
  show(options, source, portfolio, before ? &*before : nullptr);
  return kExitOk;
}

}  // namespace

Run add_portfolio(Command& command) {
  const auto options = std::make_shared<Options>();
  command.description(
      "Chooses few cubins for many problems out of the journals of sweeps: each time the one that takes most "
      "off "
      "the time of all, by their weights; of several folders each one's weights are 1 on the mean, and "
      "layers "
      "count alike however many M of them there are. Says what so many lose, on the problems they were "
      "chosen for and "
      "on layers "
      "that were left out. A cubin that was never measured for a problem is no candidate for it. Needs no "
      "GPU but for --measure; "
      "configs/schema/portfolio.schema.json describes the JSON, csv is the curve alone, svg and png its "
      "picture.");
  command.option("folders", options->folders, "folders of sweeps, or whole journals")
      .type_name("FOLDER")
      .required();
  command.option("--cubins", options->cubins, "at most so many").type_name("N").range(1, 10000);
  command
      .option("--table", options->table,
              "write the sweep's table with these cubins alone: \"export --format bundle\" ships them")
      .type_name("FILE");
  command
      .option(
          "--space", options->space,
          "write a space of these cubins, each with every launch: \"sweep --strategy exhaustive --space\" "
          "times them where they were not")
      .type_name("FILE");
  command
      .option("--try", options->tried,
              "a sweep that is neither chosen for nor fitted on: what the cubins, and the loader's picks, "
              "lose there")
      .type_name("FOLDER");
  Option& measure =
      command
          .option(
              "--measure", options->fill.folder,
              "first time what was never measured of the cubins that are near the best of any problem, on "
              "all the others, into this folder, and say what that is worth; one that exists goes on. "
              "Later calls take this folder as one more FOLDER, after the sweeps'")
          .type_name("DIR");
  command
      .option("--near", options->fill.near_percent,
              "how far behind the best of a problem such a cubin may be, in percent")
      .type_name("PERCENT")
      .range(0, 100)
      .needs(measure);
  add_devices_option(command, options->fill.machine).needs(measure);
  add_jobs_option(command, options->fill.machine).needs(measure);
  add_output_options(command, options->output, {"svg", "png"});
  command.footer(
      "Examples\n"
      "  gemmtune portfolio results/h100-sxm/dsv3 --cubins 16 --table few.json\n"
      "  gemmtune portfolio /tmp/sweeps/* --format csv -o curve.csv\n"
      "  gemmtune portfolio /tmp/sweeps/* --format svg -o curve.svg\n"
      "  gemmtune portfolio /tmp/sweeps/* --measure /tmp/cells");
  return [options] { return run(*options); };
}

}  // namespace gemmtune::cli
