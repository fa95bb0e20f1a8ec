// Cache files of Kernel Tuner, one a problem: what its `tune_cache` and its simulation mode search instead of
// a GPU. A configuration's key is its values with commas between, in the order of tune_params_keys.
#include "core/json.h"
#include "export/candidates.h"
#include "export/fastest.h"
#include "export/formats.h"
#include "family/family.h"
#include "util/error.h"

#include <algorithm>
#include <map>
#include <set>
#include <string>
#include <utility>

namespace gemmtune::exports {

namespace {

constexpr double kMsPerUs = 1e-3;

/// Kernel Tuner's words for what has no time. It has none of its own for a wrong result or a kernel that
/// hangs: those get that of a failed launch, with ours beside it. Its "ErrorConfig" says less, and its
/// store_output_file does not know it.
const char* error_of(Invalidity invalidity) {
  switch (invalidity) {
    case Invalidity::compile:
      return "CompilationFailedConfig";
    case Invalidity::constraints:
      return "InvalidConfig";
    default:
      return "RuntimeFailedConfig";
  }
}

bool judged(const Row& row) {
  return row.invalidity != Invalidity::compile && row.invalidity != Invalidity::constraints;
}

bool timed(const Row& row) {
  return row.invalidity == Invalidity::correct && row.time_us;
}

/// What trying a configuration costs beside compiling it, which rows do not say: the wall time of the runs
/// that came to their end, shared out evenly.
struct Costs {
  double verification_ms = 0;  ///< of each that was judged
  double benchmark_ms = 0;     ///< of each that was timed

  explicit Costs(const Journal& journal) {
    double judging_s = 0, timing_s = 0;
    for (const RunEnd& end : journal.ends)
      for (const auto& [phase, seconds] : end.wall_s) {
        judging_s += phase == "prepare" || phase == "verify" ? seconds : 0;
        timing_s += phase == "measure" ? seconds : 0;
      }
    std::set<std::pair<std::string, Config>> all_judged, all_timed;
    for (const Row& row : journal.rows) {
      if (row.provider != provider::kGemmtune || row.config.empty()) continue;
      if (judged(row)) all_judged.emplace(problem_id(row.problem), row.config);
      if (timed(row)) all_timed.emplace(problem_id(row.problem), row.config);
    }
    if (!all_judged.empty()) verification_ms = 1e3 * judging_s / static_cast<double>(all_judged.size());
    if (!all_timed.empty()) benchmark_ms = 1e3 * timing_s / static_cast<double>(all_timed.size());
  }
};

/// NOTES: its simulation with a time limit, and store_output_file after it, ask every entry for
/// compile_time, verification_time and benchmark_time, also those that failed (kernel_tuner/runners/
/// simulation.py, file_utils.py).
Json entry_of(const Row& row, const Costs& costs) {
  Json entry = row.config;
  if (timed(row)) {
    entry["time"] = *row.time_us * kMsPerUs;
    if (!row.samples_us.empty()) {
      entry["times"] = Json::array();
      for (const double sample_us : row.samples_us) entry["times"].push_back(sample_us * kMsPerUs);
    }
  } else {
    entry["time"] = error_of(row.invalidity);
    entry["invalidity"] = to_string(row.invalidity);
    entry["reason"] = row.reason;
  }
  entry["compile_time"] = row.compile_ms.value_or(0);
  entry["verification_time"] = judged(row) ? costs.verification_ms : 0;
  entry["benchmark_time"] = timed(row) ? costs.benchmark_ms : 0;
  entry["stage"] = to_string(row.stage);
  entry["timestamp"] = row.timestamp;
  return entry;
}

std::string key_of(const Config& config) {
  std::string key;
  for (const auto& [name, value] : config) key += (key.empty() ? "" : ",") + std::to_string(value);
  return key;
}

/// The file ends as Kernel Tuner itself closes one: it looks at the last three characters.
std::string cache_text(const Candidates& candidates, const std::string& device, const Costs& costs) {
  const Problem& p = candidates.entry->problem;
  std::map<std::string, std::set<std::int64_t>> values;
  for (const Row* row : candidates.rows)
    for (const auto& [name, value] : row->config) values[name].insert(value);
  for (auto& [name, tried] : values)
    for (const Row* row : candidates.rows)
      if (const auto value = family::value_of(row->config, name, p.kernel)) tried.insert(*value);
  Json keys = Json::array();
  for (const auto& [name, unused] : values) keys.push_back(name);
  std::string text =
      "{\"device_name\": " + json_text(device) + ",\n\"kernel_name\": " + json_text(kernel_and_form(p)) +
      ",\n\"problem_size\": " + json_text({p.m, p.n, p.k}) + ",\n\"tune_params_keys\": " + json_text(keys) +
      ",\n\"tune_params\": " + json_text(values) + ",\n\"objective\": \"time\",\n\"cache\": {";
  const char* before = "\n";
  for (const Row* row : candidates.rows) {
    Row whole = *row;
    for (const auto& [name, tried] : values)
      if (const auto value = family::value_of(row->config, name, p.kernel)) whole.config[name] = *value;
    if (whole.config.size() != values.size())
      throw UserError(describe(p) +
                      ": its configurations have different parameters, which a Kernel Tuner cache " +
                      "cannot say; export the rows of one revision");
    text += before + json_text(key_of(whole.config)) + ": " + json_text(entry_of(whole, costs));
    before = ",\n";
  }
  return text + "}\n}";
}

Fastest fastest_of(const File& file) {
  ensure(file.bytes.ends_with("}\n}"), "Kernel Tuner would take this cache for one that was cut short");
  const Json json = parse_json(file.bytes);
  Fastest fastest{file.name, 0, 0, {}, 0};
  for (const auto& [key, entry] : json.at("cache").items()) {
    ++fastest.results;
    Config config;
    std::string expected;
    for (const Json& name : json.at("tune_params_keys")) {
      const Json& value = entry.at(name.get<std::string>());
      const Json& known = json.at("tune_params").at(name.get<std::string>());
      ensure(std::find(known.begin(), known.end(), value) != known.end(), "a value is not in tune_params");
      config[name.get_ref<const std::string&>()] = value;
      expected += (expected.empty() ? "" : ",") + json_text(value);
    }
    ensure(key == expected, "the key " + key + " is not that of its configuration");
    for (const char* cost : {"compile_time", "verification_time", "benchmark_time"})
      ensure(entry.contains(cost) && entry.at(cost).is_number(), key + " lacks " + cost);
    if (entry.at("time").is_number()) fastest.offer(config, entry.at("time").get<double>() / kMsPerUs);
  }
  return fastest;
}

}  // namespace

Files write_kernel_tuner(const Source& source) {
  const Costs costs(source.journal);
  Files files;
  for (const Candidates& candidates : candidates_of(source))
    files.push_back({file_stem(candidates.entry->problem) + ".json",
                     cache_text(candidates, source.table.environment.device, costs)});
  return files;
}

report::Grid read_back_kernel_tuner(const Files& files, const Source& source) {
  report::Grid grid = fastest_grid();
  ensure(files.size() == source.table.entries.size(), "not one file a problem");
  for (std::size_t i = 0; i < files.size(); ++i) add_row(grid, fastest_of(files[i]), source.table.entries[i]);
  return grid;
}

}  // namespace gemmtune::exports
