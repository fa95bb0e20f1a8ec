#include "report/page_data.h"

#include "core/serialise.h"
#include "core/warnings.h"
#include "report/carried_points.h"
#include "report/columns.h"
#include "report/grid.h"
#include "report/look.h"
#include "report/page_rows.h"
#include "report/page_text.h"
#include "report/phrases.h"
#include "report/roofline_json.h"
#include "report/views.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <set>
#include <utility>

namespace gemmtune::report {

namespace {

/// Values in the order of their first use, each with its index.
template <typename Value>
class Pool {
 public:
  std::size_t index(const Value& value) {
    const auto [found, is_new] = index_.emplace(value, values_.size());
    if (is_new) values_.push_back(&found->first);
    return found->second;
  }
  const std::vector<const Value*>& values() const { return values_; }

 private:
  std::map<Value, std::size_t> index_;
  std::vector<const Value*> values_;
};

/// Four significant digits: what fits a chart.
Json rounded(const std::optional<double>& value) {
  if (!value || !std::isfinite(*value) || *value == 0) return nullptr;
  const double unit = std::pow(10, std::floor(std::log10(std::abs(*value))) - 3);
  const double whole = std::round(*value / unit);
  // Divided by a power of ten where that is exact, so that the shortest digits are the four meant.
  return unit < 1 ? whole / std::round(1 / unit) : whole * unit;
}

Json spread_percent(const Row& row) {
  if (!row.time_us || !row.time_us_low || !row.time_us_high || *row.time_us <= 0) return nullptr;
  return std::round(500 * (*row.time_us_high - *row.time_us_low) / *row.time_us) / 10;
}

class PageData {
 public:
  explicit PageData(const std::vector<Source>& sources) {
    // Ours first, then the libraries as tables name them, of those that were raced.
    std::set<std::string> raced = {provider::kGemmtune};
    for (const Source& source : sources) {
      for (const Point& point : source.report->points) raced.insert(point.provider);
      for (const Row& row : source.journal->rows) raced.insert(row.provider);
    }
    for (const std::string provider :
         {provider::kGemmtune, provider::kCublasLtBlock, provider::kCublasLtTensor, provider::kCublasBf16})
      if (raced.contains(provider)) providers_.index(provider);
    std::size_t rows = 0;
    for (const Source& source : sources) rows += source.journal->rows.size();
    for (std::size_t i = 0; i < sources.size(); ++i) {
      // Each source has a share of the page as it has of the rows.
      const std::size_t own = sources[i].journal->rows.size();
      const auto share = [&](std::size_t most) { return rows <= most ? own : own * most / rows; };
      add(i, sources[i], {share(kMostPageRows), share(kMostPictureRows)});
    }
  }

  std::string text() const {
    std::string text = "{";
    const auto add = [&](const char* name, const auto& lists) {
      text += (text.size() == 1 ? "" : ",") + safe_text(name) + ":";
      lists.append_to(text);
    };
    add("sources", sources_);
    add("problems", problems());
    add("providers", providers());
    text += ",\"configs\":" + std::to_string(configs_.values().size());
    add("parameters", parameters());
    add("points", points_);
    add("work", work_);
    add("rows", columns_);
    text += '}';
    return text;
  }

 private:
  TextList problems() const {
    TextList list;
    for (const auto* named : problems_.values()) {
      Json problem = named->first;
      problem["name"] = named->second;
      list.push_back(problem);
    }
    return list;
  }

  TextList providers() const {
    TextList list;
    for (const std::string* provider : providers_.values()) {
      const Look look = look_of_provider(*provider);
      list.push_back({{"id", *provider},
                      {"name", provider_in_words(*provider)},
                      {"short", provider_heading(*provider)},
                      {"colour", look.colour},
                      {"mark", look.mark}});
    }
    return list;
  }

  /// Of each parameter its value in every configuration.
  TextLists parameters() const {
    std::set<std::string> names;
    for (const Config* config : configs_.values())
      for (const auto& [name, value] : *config) names.insert(name);
    TextLists columns;
    for (const std::string& name : names) {
      TextList& column = columns[name];
      for (const Config* config : configs_.values()) {
        const auto found = config->find(name);
        column.push_back(found == config->end() ? Json(nullptr) : Json(found->second));
      }
    }
    return columns;
  }

  std::size_t problem_index(const Problem& problem) {
    Json identity = gemmtune::to_json(problem);
    const std::string name = problem.name;
    for (const char* key : {"name", "weight"}) identity.erase(key);
    identity["argument"] = gemmtune::describe(problem);  // of --problem
    return problems_.index({identity, name});
  }

  void add(std::size_t index, const Source& source, const PageLimits& limits) {
    Json described = describe(source);
    const std::vector<const Row*> shown = page_rows(*source.journal, limits);
    described["rows"] = source.journal->rows.size();
    described["shown"] = shown.size();
    described["colour"] = look_of_folder(index).colour;
    described["mark"] = look_of_folder(index).mark;
    sources_.push_back(described);
    std::map<std::string, std::size_t> by_id;  // rows of one problem may name it differently
    for (const Winner& winner : source.report->winners)
      by_id[problem_id(winner.entry.problem)] = problem_index(winner.entry.problem);
    add_points(index, *source.report, by_id);
    for (const Row* row : shown) add_row(index, *row, by_id);
  }

  void add_points(std::size_t index, const Report& report, const std::map<std::string, std::size_t>& by_id) {
    std::vector<Point> points = report.points;
    for (Point& point : carried_points(report)) points.push_back(std::move(point));
    for (const Point& point : points) {
      Json json = to_json(point);
      json.erase("problem_id");
      json["source"] = index;
      json["problem"] = by_id.at(problem_id(point.problem));
      json["provider"] = providers_.index(point.provider);
      json["config"] = point.config.empty() ? Json(nullptr) : Json(configs_.index(point.config));
      json["short"] = point.provider == provider::kGemmtune ? short_form(point.config) : "";
      points_.push_back(json);
    }
  }

  void add_row(std::size_t source, const Row& row, std::map<std::string, std::size_t>& by_id) {
    const std::string id = problem_id(row.problem);
    const auto known = by_id.find(id);
    const std::size_t problem =
        known != by_id.end() ? known->second : (by_id[id] = problem_index(row.problem));
    const std::size_t provider = providers_.index(row.provider);
    const auto add = [&](const char* column, const Json& value) { columns_[column].push_back(value); };
    add("source", source);
    add("problem", problem);
    add("provider", provider);
    add("config", row.config.empty() ? Json(nullptr) : Json(configs_.index(row.config)));
    add("stage", row.stage == Stage::screen    ? 0
                 : row.stage == Stage::measure ? 1
                 : row.stage == Stage::final   ? 2
                                               : 3);
    add("status", std::string(to_string(row.invalidity)) == "correct" ? Json(0) : status_of(row));
    add("time_us", rounded(row.time_us));
    add("spread", spread_percent(row));
    add("clock", row.sm_clock_mhz ? Json(std::lround(*row.sm_clock_mhz)) : Json(nullptr));
    if (row.flops > 0 && worked_.emplace(problem, provider).second)
      work_.push_back({problem, provider, row.flops, row.bytes});
  }

  static Json status_of(const Row& row) { return std::string(to_string(row.invalidity)); }

  static Json describe(const Source& source) {
    const Report& report = *source.report;
    Json warnings = Json::array(), times = Json::array(), views = Json::array(), pruned = Json::array();
    for (const auto& [code, count] : report.warnings) {
      const Warning* known = find_warning(code);
      warnings.push_back(
          {code, count.rows, count.raced, known ? known->meaning : "", known ? known->advice : ""});
    }
    for (const auto& [phase, seconds] : phases(report)) times.push_back({phase, seconds});
    for (const auto& [constraint, count] : report.pruned) pruned.push_back({constraint, count});
    for (const View& view : report::views())
      if (const Grid grid = view.grid(report, false); !grid.rows.empty())
        views.push_back(describe(view, grid));
    const auto header = std::ranges::max_element(source.journal->headers, {}, &RunHeader::timestamp);
    const bool run_known = header != source.journal->headers.end();
    return {
        {"label", source.label},
        {"simulated", report.simulated},
        {"provenance", provenance(report)},
        {"environment", gemmtune::to_json(report.environment)},
        {"policy", report.policy},
        {"command", run_known ? Json(header->command) : Json(nullptr)},
        {"timestamp", run_known ? Json(header->timestamp) : Json(nullptr)},
        {"roofs", to_json(report.roofs)},
        {"hint", hint(report)},
        {"legend", legend(report, winners_grid(report, Audience::page), ratios_grid(report, Audience::page))},
        {"roofline", roofline_summary(report)},
        {"errors", accounting_errors(report)},
        {"times", std::move(times)},
        {"gpu", gpu_use(report.gpu)},
        {"warnings", std::move(warnings)},
        {"failures", failures(report)},
        {"unsupported", unsupported(report)},
        {"pruned", std::move(pruned)},
        {"damaged", report.damaged},
        {"views", std::move(views)}};
  }

  static Json describe(const View& view, const Grid& grid) {
    Json headers = Json::array(), rows = Json::array();
    for (const Column& column : grid.columns) headers.push_back(column.header);
    for (const auto& cells : grid.rows) {
      Json row = Json::array();
      for (std::size_t c = 0; c < cells.size(); ++c) row.push_back(for_people(cells[c], grid.columns[c]));
      rows.push_back(std::move(row));
    }
    return {{"title", view.title},
            {"legend", view.legend},
            {"headers", std::move(headers)},
            {"rows", std::move(rows)}};
  }

  TextList sources_, points_, work_;
  TextLists columns_ = {"source", "problem", "provider", "config", "stage",
                        "status", "time_us", "spread",   "clock"};
  Pool<std::pair<Json, std::string>> problems_;
  Pool<std::string> providers_;
  Pool<Config> configs_;
  std::set<std::pair<std::size_t, std::size_t>> worked_;
};

}  // namespace

std::string page_data(const std::vector<Source>& sources) {
  return PageData(sources).text();
}

}  // namespace gemmtune::report
