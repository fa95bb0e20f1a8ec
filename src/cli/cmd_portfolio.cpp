// `gemmtune portfolio`: few cubins for many problems, chosen out of journals. Needs no GPU.
#include "cli/commands.h"
#include "cli/log.h"
#include "cli/output.h"
#include "core/fields_of_problem.h"
#include "core/serialise.h"
#include "report/grid.h"
#include "report/phrases.h"
#include "report/problem_columns.h"
#include "report/terminal.h"
#include "store/journal.h"
#include "store/steps.h"
#include "store/table.h"
#include "tune/portfolio.h"
#include "util/atomic_file.h"
#include "util/error.h"
#include "util/format.h"

#include <algorithm>
#include <memory>
#include <set>
#include <utility>

namespace gemmtune::cli {

namespace {

inline constexpr const char* kPortfolioSchema = "gemmtune.portfolio/1";

struct Options {
  std::vector<std::string> folders;
  std::size_t cubins = 32;
  std::string table;  ///< file to write
  OutputOptions output;
};

struct Source {
  std::vector<tune::Recorded> problems;
  std::string device;
  bool simulated = false;
};

/// Regrets of a set of problems.
struct Point {
  std::size_t cubins = 0;
  store::StepRegret fitted;  ///< of the problems that they were chosen for
  store::StepRegret others;  ///< of each layer with the cubins chosen for the others
};

Source read(const std::vector<std::string>& folders) {
  Source source;
  std::set<std::string> known;
  for (const std::string& folder : folders) {
    const Journal journal = store::read_journal(store::find_journal(folder));
    for (const std::string& line : journal.damaged) log_warn("skipped {}", line);
    std::vector<tune::Recorded> problems = tune::recorded_problems(journal);
    if (problems.empty())
      throw UserError(
          folder +
          ": nothing to choose from: it has no problem whose candidates were screened and raced. Name "
          "the whole journal of a sweep (races.jsonl.gz has the races alone)");
    const Row& row = journal.rows.front();
    if (!source.device.empty() && row.device != source.device)
      throw UserError(folder + " is of " + row.device + ", and others are of " + source.device +
                      ": what is fast on one says nothing of the other");
    source.device = row.device;
    source.simulated = source.simulated || row.simulated;
    std::size_t again = 0;
    for (tune::Recorded& problem : problems)
      if (known.insert(problem_id(problem.problem)).second)
        source.problems.push_back(std::move(problem));
      else
        ++again;
    if (again > 0) log_warn("{}: {} problems are in a folder before it too, and count there", folder, again);
  }
  return source;
}

/// For each problem the number of its layer: what differs in M alone is one.
std::vector<std::size_t> layers_of(const std::vector<tune::Recorded>& problems) {
  std::vector<std::size_t> layers;
  std::vector<const Problem*> firsts;
  for (const tune::Recorded& recorded : problems) {
    const auto first =
        std::ranges::find_if(firsts, [&](const Problem* p) { return may_answer(*p, recorded.problem); });
    layers.push_back(static_cast<std::size_t>(first - firsts.begin()));
    if (first == firsts.end()) firsts.push_back(&recorded.problem);
  }
  return layers;
}

store::StepRegret regret_of(const std::vector<std::optional<double>>& losses) {
  std::vector<StepCheck> checks;
  for (const std::optional<double>& loss : losses) checks.push_back({{}, 0, 1, loss});
  return store::regret_of(checks);
}

class Portfolio {
 public:
  Portfolio(const std::vector<tune::Recorded>& problems, std::size_t most)
      : problems_(problems), losses_(tune::losses_of(problems)), layers_(layers_of(problems)) {
    std::vector<double> weights;
    for (const tune::Recorded& recorded : problems) weights.push_back(recorded.problem.weight);
    chosen_ = tune::greedy_cover(losses_, weights, most);
    const std::size_t layers = layers_.empty() ? 0 : *std::ranges::max_element(layers_) + 1;
    for (std::size_t layer = 0; layer < layers; ++layer) {
      std::vector<double> of_others = weights;
      for (std::size_t p = 0; p < problems.size(); ++p)
        if (layers_[p] == layer) of_others[p] = 0;
      without_.push_back(layers > 1 ? tune::greedy_cover(losses_, of_others, most)
                                    : std::vector<std::size_t>());
    }
  }

  std::size_t layers() const { return without_.size(); }
  const std::vector<std::size_t>& chosen() const { return chosen_; }
  const tune::Losses& losses() const { return losses_; }

  Point at(std::size_t count) const {
    Point point;
    point.cubins = count;
    point.fitted = regret_of(tune::covered(losses_, first(chosen_, count)));
    std::vector<std::optional<double>> others(problems_.size());
    for (std::size_t layer = 0; layer < without_.size(); ++layer) {
      const auto covered = tune::covered(losses_, first(without_[layer], count));
      for (std::size_t p = 0; p < others.size(); ++p)
        if (layers_[p] == layer) others[p] = covered[p];
    }
    point.others = regret_of(others);
    return point;
  }

  /// 1, 2, 3, 4, 6, 8, 12, 16, ... and all.
  std::vector<Point> curve() const {
    std::vector<Point> curve;
    for (std::size_t count = 1, step = 1; count < chosen_.size(); count += step) {
      curve.push_back(at(count));
      if (count >= 4 && (count & (count - 1)) == 0) step = count / 2;
    }
    curve.push_back(at(chosen_.size()));
    return curve;
  }

  /// Which of the chosen each problem takes; nothing where none was measured there.
  std::optional<std::size_t> taken_by(std::size_t problem) const {
    std::optional<std::size_t> best;
    for (const std::size_t cubin : chosen_)
      if (const auto& loss = losses_.of[problem][cubin];
          loss && (!best || *loss < losses_.of[problem][*best]))
        best = cubin;
    return best;
  }

 private:
  static std::span<const std::size_t> first(const std::vector<std::size_t>& list, std::size_t count) {
    return std::span(list).first(std::min(count, list.size()));
  }

  const std::vector<tune::Recorded>& problems_;
  const tune::Losses losses_;
  const std::vector<std::size_t> layers_;
  std::vector<std::size_t> chosen_;
  std::vector<std::vector<std::size_t>> without_;  ///< chosen for all layers but this
};

Json to_json(const store::StepRegret& regret) {
  return {{"problems", regret.checks},
          {"not_covered", regret.unmeasured},
          {"regret_geomean", regret.geomean},
          {"regret_p95", regret.p95},
          {"regret_max", regret.max}};
}

Json to_json(const Portfolio& portfolio, const Source& source) {
  const tune::Losses& losses = portfolio.losses();
  Json json = {{"schema", kPortfolioSchema},
               {"device", source.device},
               {"simulated", source.simulated},
               {"layers", portfolio.layers()},
               {"cubins_in_all", losses.cubins.size()},
               {"cubins", Json::array()},
               {"curve", Json::array()},
               {"problems", Json::array()}};
  for (const std::size_t cubin : portfolio.chosen())
    json["cubins"].push_back({{"kernel", losses.cubins[cubin].kernel},
                              {"compiled", gemmtune::to_json(losses.cubins[cubin].compiled)}});
  for (const Point& point : portfolio.curve())
    json["curve"].push_back(
        {{"cubins", point.cubins},
         {"fitted", to_json(point.fitted)},
         {"other_layers", portfolio.layers() > 1 ? to_json(point.others) : Json(nullptr)}});
  for (std::size_t p = 0; p < source.problems.size(); ++p) {
    const auto cubin = portfolio.taken_by(p);
    const auto place = cubin ? std::ranges::find(portfolio.chosen(), *cubin) : portfolio.chosen().end();
    json["problems"].push_back(
        {{"problem", gemmtune::to_json(source.problems[p].problem)},
         {"cubin", cubin ? Json(place - portfolio.chosen().begin()) : Json(nullptr)},
         {"config",
          cubin ? gemmtune::to_json(source.problems[p].candidates[*losses.best[p][*cubin]]) : Json(nullptr)},
         {"regret", cubin ? Json(*losses.of[p][*cubin]) : Json(nullptr)}});
  }
  return json;
}

report::Grid curve_grid(const Portfolio& portfolio) {
  report::Grid grid;
  grid.columns = {{"cubins", "cubins"},
                  {"regret_percent", "regret %", 2},
                  {"p95_percent", "p95", 1},
                  {"worst_percent", "worst", 1},
                  {"not_covered", "not covered"},
                  {"other_regret_percent", "other N×K %", 2},
                  {"other_p95_percent", "their p95", 1},
                  {"other_worst_percent", "their worst", 1},
                  {"other_not_covered", "theirs not covered"}};
  const auto cells = [](const store::StepRegret& regret) -> std::vector<report::Cell> {
    return {100 * regret.geomean, 100 * regret.p95, 100 * regret.max,
            static_cast<std::int64_t>(regret.unmeasured)};
  };
  for (const Point& point : portfolio.curve())
    grid.rows.push_back(
        report::joined(report::joined(std::vector<report::Cell>{static_cast<std::int64_t>(point.cubins)},
                                      cells(point.fitted)),
                       portfolio.layers() > 1 ? cells(point.others) : std::vector<report::Cell>(4)));
  return grid;
}

report::Grid cubins_grid(const Portfolio& portfolio, const Source& source) {
  report::Grid grid;
  grid.columns = {{"kernel", "kernel"}, {"compiled", "cubin"}, {"problems", "problems"}};
  for (const std::size_t cubin : portfolio.chosen()) {
    std::int64_t taken = 0;
    for (std::size_t p = 0; p < source.problems.size(); ++p) taken += portfolio.taken_by(p) == cubin;
    grid.rows.push_back({portfolio.losses().cubins[cubin].kernel,
                         report::Cell(portfolio.losses().cubins[cubin].compiled), taken});
  }
  return grid;
}

std::string to_text(const Portfolio& portfolio, const Source& source, report::Format format,
                    const report::Screen& screen) {
  const std::string notice = source.simulated ? std::string(report::kSimulatedNotice) + "\n\n" : "";
  return notice + report::render(cubins_grid(portfolio, source), format, screen) + "\n" +
         report::render(curve_grid(portfolio), format, screen) + "\n" +
         report::wrapped(
             formatted(
                 "{} problems of {} layers, {} cubins to choose from. Regret is over the fastest of each "
                 "problem's race, on geometric mean, with the best of the chosen cubins and the best launch "
                 "of "
                 "it: what a perfect picker would have. Other N×K: each layer with what was chosen for the "
                 "others. Not covered: none of the chosen was measured there.",
                 source.problems.size(), portfolio.layers(), portfolio.losses().cubins.size()),
             0, screen);
}

/// The row that the candidate's time is of: of the stage with most samples.
const Row& latest_of(const tune::Recorded& recorded, std::size_t candidate) {
  for (const auto* stage : {&recorded.raced, &recorded.near_best})
    if (const auto& row = (*stage)[candidate]; row && row->time_us) return *row;
  return recorded.screened[candidate];
}

/// The entry of a table, with another configuration. What the libraries took stands beside times of the same
/// race alone.
TableEntry with_row(TableEntry entry, const Row& row) {
  entry.config = row.config;
  entry.kernel_hash = row.kernel_hash;
  entry.stage = row.stage;
  entry.time_us = *row.time_us;
  entry.time_us_low = row.time_us_low.value_or(*row.time_us);
  entry.time_us_high = row.time_us_high.value_or(*row.time_us);
  entry.tflops = row.tflops;
  entry.gbps = row.gbps;
  entry.energy_j = row.energy_j;
  entry.error_rms = row.error_rms;
  entry.error_max = row.error_max;
  entry.board_uuid = row.board_uuid;
  entry.tie_set = {config_id(row.config)};
  if (row.stage != Stage::final) entry.baselines = {};
  return entry;
}

/// The sweep's table, with the chosen cubins alone.
Table table_of(const Options& options, const Source& source, const Portfolio& portfolio) {
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
      entries.push_back(with_row(entry, latest_of(*recorded, *portfolio.losses().best[p][*cubin])));
    else
      log_warn("{}: none of the chosen cubins was measured there, and the table has no entry for it",
               describe(entry.problem));
  }
  table.entries = std::move(entries);
  return table;
}

int run(const Options& options) {
  const Source source = read(options.folders);
  const Portfolio portfolio(source.problems, options.cubins);
  if (portfolio.chosen().size() < options.cubins)
    log_info("{} cubins do: no further one helps", portfolio.chosen().size());
  if (!options.table.empty())
    write_file_atomic(options.table, store::to_text(table_of(options, source, portfolio)));
  const report::Format format = report::parse_format(options.output.format);
  if (format == report::Format::json)
    emit(json_text(to_json(portfolio, source), 2) + "\n", options.output);
  else if (format == report::Format::csv || format == report::Format::jsonl)
    emit(report::render(curve_grid(portfolio), format, screen_of(options.output)), options.output);
  else
    emit(to_text(portfolio, source, format, screen_of(options.output)), options.output);
  return kExitOk;
}

}  // namespace

Run add_portfolio(Command& command) {
  const auto options = std::make_shared<Options>();
  command.description(
      "Chooses few cubins for many problems out of the journals of sweeps: each time the one that takes most "
      "off "
      "the time of all, by their weights. Says what so many lose, on the problems they were chosen for and "
      "on layers "
      "that were left out. A cubin that was never measured for a problem is no candidate for it. Needs no "
      "GPU; "
      "configs/schema/portfolio.schema.json describes the JSON, csv is the curve alone.");
  command.option("folders", options->folders, "folders of sweeps, or whole journals")
      .type_name("FOLDER")
      .required();
  command.option("--cubins", options->cubins, "at most so many").type_name("N").range(1, 10000);
  command
      .option("--table", options->table,
              "write the sweep's table with these cubins alone: \"export --format bundle\" ships them")
      .type_name("FILE");
  add_output_options(command, options->output);
  command.footer(
      "Examples\n"
      "  gemmtune portfolio results/h100-sxm/dsv3 --cubins 16 --table few.json\n"
      "  gemmtune portfolio /tmp/sweeps/* --format csv -o curve.csv");
  return [options] { return run(*options); };
}

}  // namespace gemmtune::cli
