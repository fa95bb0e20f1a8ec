// What nvbench's JSON writer writes, so that nvbench-compare reads two sweeps: one benchmark a provider, one
// state a problem. The configuration is no axis: it is what may have changed between two files.
#include "core/json.h"
#include "export/candidates.h"
#include "export/formats.h"
#include "util/error.h"
#include "util/format.h"
#include "util/text.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <numeric>
#include <set>

namespace gemmtune::exports {

namespace {

constexpr double kSecondsPerUs = 1e-6;

/// A row with samples, and the problem that it is of.
struct Timed {
  const Problem* problem;
  const Row* row;
};

struct Spread {
  double mean = 0, deviation = 0, min = 0, q1 = 0, median = 0, q3 = 0, max = 0;
};

/// Quartiles by linear interpolation between neighbours; the deviation of a sample, n - 1.
Spread spread_of(std::vector<double> samples) {
  std::sort(samples.begin(), samples.end());
  const double n = static_cast<double>(samples.size());
  const auto quantile = [&](double fraction) {
    const double at = fraction * (n - 1);
    const std::size_t below = static_cast<std::size_t>(at);
    const std::size_t above = std::min(below + 1, samples.size() - 1);
    return samples[below] + (at - static_cast<double>(below)) * (samples[above] - samples[below]);
  };
  Spread s{std::accumulate(samples.begin(), samples.end(), 0.0) / n,
           0,
           samples.front(),
           quantile(0.25),
           quantile(0.5),
           quantile(0.75),
           samples.back()};
  double squares = 0;
  for (const double sample : samples) squares += (sample - s.mean) * (sample - s.mean);
  s.deviation = samples.size() > 1 ? std::sqrt(squares / (n - 1)) : 0;
  return s;
}

/// nvbench writes numbers of summaries as strings.
Json value_of(const char* type, const std::string& text) {
  return Json::array({{{"name", "value"}, {"type", type}, {"value", text}}});
}

Json summaries_of(const Row& row) {
  const Spread s = spread_of(row.samples_us);
  Json list = Json::array();
  const auto add = [&](const char* tag, const char* name, const char* hint, double value) {
    list.push_back({{"tag", std::string("nv/cold/") + tag},
                    {"name", name},
                    {"hint", hint},
                    {"data", value_of("float64", formatted("{}", value))}});
  };
  list.push_back({{"tag", "nv/cold/sample_size"},
                  {"name", "Samples"},
                  {"hint", "sample_size"},
                  {"data", value_of("int64", std::to_string(row.samples_us.size()))}});
  add("time/gpu/min", "Min GPU Time", "duration", s.min * kSecondsPerUs);
  add("time/gpu/max", "Max GPU Time", "duration", s.max * kSecondsPerUs);
  add("time/gpu/mean", "GPU Time", "duration", s.mean * kSecondsPerUs);
  add("time/gpu/stdev/absolute", "Noise", "duration", s.deviation * kSecondsPerUs);
  add("time/gpu/stdev/relative", "Noise", "percentage", s.deviation / s.mean);
  add("time/gpu/q1", "Q1 GPU Time", "duration", s.q1 * kSecondsPerUs);
  add("time/gpu/median", "Median GPU Time", "duration", s.median * kSecondsPerUs);
  add("time/gpu/q3", "Q3 GPU Time", "duration", s.q3 * kSecondsPerUs);
  add("time/gpu/iqr/absolute", "IQR", "duration", (s.q3 - s.q1) * kSecondsPerUs);
  add("time/gpu/iqr/relative", "IQR", "percentage", (s.q3 - s.q1) / s.median);
  if (row.sm_clock_mhz) add("sm_clock_rate/mean", "SM Clock", "frequency", *row.sm_clock_mhz * 1e6);
  list.push_back({{"tag", "gemmtune/config"},
                  {"name", "Configuration"},
                  {"hide", "Hidden by default."},
                  {"data", value_of("string", describe(row.config))}});
  return list;
}

/// Of a problem the value on each axis, as text; types as nvbench names them.
struct Axis {
  const char* name;
  const char* type;
  std::string (*value)(const Problem&);
};
constexpr Axis kAxes[] = {
    {"M", "int64", [](const Problem& p) { return std::to_string(p.m); }},
    {"N", "int64", [](const Problem& p) { return std::to_string(p.n); }},
    {"K", "int64", [](const Problem& p) { return std::to_string(p.k); }},
    {"Form", "string",
     [](const Problem& p) {
       const std::string form = describe_form(p);
       return form.empty() ? "plain" : form;
     }},
};

Json axes_of(const std::vector<Timed>& all) {
  Json axes = Json::array();
  for (const Axis& axis : kAxes) {
    Json values = Json::array();
    std::set<std::string> seen;
    for (const Timed& timed : all) {
      const std::string value = axis.value(*timed.problem);
      if (!seen.insert(value).second) continue;
      values.push_back({{"input_string", value}, {"description", ""}, {"value", value}});
    }
    axes.push_back({{"name", axis.name}, {"type", axis.type}, {"flags", ""}, {"values", values}});
  }
  return axes;
}

Json benchmark_of(const std::string& name, std::size_t index, const std::vector<Timed>& all) {
  Json benchmark = {
      {"name", name}, {"index", index}, {"devices", {0}}, {"axes", axes_of(all)}, {"states", Json::array()}};
  for (const Timed& timed : all) {
    std::string state = "Device=0";
    Json axis_values = Json::array();
    for (const Axis& axis : kAxes) {
      const std::string value = axis.value(*timed.problem);
      state += std::string(" ") + axis.name + "=" + value;
      axis_values.push_back({{"name", axis.name}, {"type", axis.type}, {"value", value}});
    }
    benchmark["states"].push_back({{"name", state},
                                   {"device", 0},
                                   {"type_config_index", 0},
                                   {"axis_values", axis_values},
                                   {"summaries", summaries_of(*timed.row)},
                                   {"is_skipped", false}});
  }
  return benchmark;
}

/// Ours, then of each library its fastest answer. Throws UserError for a winner without samples: nvbench
/// compares by their deviation.
std::map<std::string, std::vector<Timed>> benchmarks_of(const Source& source) {
  std::map<std::string, std::vector<Timed>> benchmarks;
  for (const Candidates& candidates : candidates_of(source)) {
    const Problem& problem = candidates.entry->problem;
    if (candidates.winner->samples_us.empty())
      throw UserError(source.name + ": " + describe(problem) +
                      " was screened but not raced, so that no samples were kept, which nvbench needs");
    std::map<std::string, const Row*> fastest = {{provider::kGemmtune, candidates.winner}};
    for (const Row* row : candidates.rivals) {
      if (row->invalidity != Invalidity::correct || row->samples_us.empty()) continue;
      const Row*& held = fastest[row->provider];
      if (held == nullptr || *row->time_us < *held->time_us) held = row;
    }
    for (const auto& [provider, row] : fastest)
      benchmarks[provider + " " + problem.kernel].push_back({&problem, row});
  }
  return benchmarks;
}

const Json& summary(const Json& state, const std::string& tag) {
  for (const Json& candidate : state.at("summaries"))
    if (candidate.at("tag") == tag) return candidate;
  throw InternalError("a state lacks " + tag);
}

/// As nvbench-compare takes it: the datum named value, of type float64.
double number(const Json& state, const std::string& tag) {
  for (const Json& datum : summary(state, tag).at("data"))
    if (datum.at("name") == "value" && datum.at("type") == "float64") {
      double value = 0;
      ensure(parse_whole(datum.at("value").get<std::string>(), value), tag + " is no number");
      return value;
    }
  throw InternalError(tag + " has no value of type float64");
}

}  // namespace

Files write_nvbench(const Source& source) {
  const Environment& e = source.table.environment;
  Json root = {
      {"meta",
       {{"argv", {"gemmtune", "export"}},
        {"version",
         {{"json", {{"major", 1}, {"minor", 0}, {"patch", 0}, {"string", "1.0.0"}}},
          {"gemmtune", {{"string", e.tool}, {"git_sha", e.revision}, {"policy", source.table.policy}}}}}}},
      {"devices",
       {{{"id", 0},
         {"name", e.device},
         {"sm_version", 100 * e.cc_major + 10 * e.cc_minor},
         {"number_of_sms", e.sms},
         {"global_memory_size", e.memory_bytes},
         {"l2_cache_size", e.l2_bytes},
         {"shared_memory_per_block", e.smem_bytes}}}},
      {"benchmarks", Json::array()}};
  for (const auto& [name, all] : benchmarks_of(source))
    root["benchmarks"].push_back(benchmark_of(name, root["benchmarks"].size(), all));
  return {{"", json_text(root, 1) + "\n"}};
}

report::Grid read_back_nvbench(const Files& files, const Source& source) {
  const Json root = parse_json(files.at(0).bytes);
  report::Grid grid{{{"benchmark", "benchmark"},
                     {"state", "state"},
                     {"mean_us", "mean µs", 2},
                     {"noise_percent", "noise %", 2}},
                    {}};
  std::map<std::string, double> median_us;  ///< of ours, by state
  for (const Json& benchmark : root.at("benchmarks")) {
    std::set<std::string> states;
    for (const Json& state : benchmark.at("states")) {
      const std::string name = state.at("name").get<std::string>().substr(std::string("Device=0 ").size());
      ensure(states.insert(name).second, "two states are called " + name);
      for (const Json& value : state.at("axis_values")) {
        const auto is_its = [&](const Json& axis) {
          return axis.at("name") == value.at("name") && axis.at("type") == value.at("type");
        };
        ensure(std::any_of(benchmark.at("axes").begin(), benchmark.at("axes").end(), is_its),
               "a state has a value on an axis that its benchmark has not");
      }
      const double mean = number(state, "nv/cold/time/gpu/mean"), min = number(state, "nv/cold/time/gpu/min"),
                   max = number(state, "nv/cold/time/gpu/max");
      ensure(min > 0 && min <= mean && mean <= max, "a mean lies outside of its samples");
      if (benchmark.at("name").get<std::string>().starts_with("gemmtune "))
        median_us[name] = number(state, "nv/cold/time/gpu/median") / kSecondsPerUs;
      grid.rows.push_back({benchmark.at("name").get<std::string>(), name, mean / kSecondsPerUs,
                           100 * number(state, "nv/cold/time/gpu/stdev/relative")});
    }
  }
  for (const TableEntry& entry : source.table.entries) {
    const Problem& p = entry.problem;
    const std::string form = describe_form(p);
    const auto found =
        median_us.find(formatted("M={} N={} K={} Form={}", p.m, p.n, p.k, form.empty() ? "plain" : form));
    ensure(found != median_us.end() && std::abs(found->second / entry.time_us - 1) < 1e-9,
           "the median of " + describe(p) + " is not the table's");
  }
  return grid;
}

}  // namespace gemmtune::exports
