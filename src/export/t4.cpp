// T4 1.0.0, the open autotuning results schema that Kernel Tuner publishes: one file a problem, because it
// has no word for a problem.
#include "core/json.h"
#include "export/candidates.h"
#include "export/fastest.h"
#include "export/formats.h"
#include "util/error.h"

namespace gemmtune::exports {

namespace {

constexpr double kMsPerUs = 1e-3;

Json times_of(const Row& row) {
  Json times = {{"runtimes", Json::array()}};
  for (const double sample_us : row.samples_us) times["runtimes"].push_back(sample_us * kMsPerUs);
  if (row.compile_ms) times["compilation_time"] = *row.compile_ms;
  return times;
}

Json measurements_of(const Row& row) {
  Json list = Json::array();
  const auto add = [&](const char* name, const std::optional<double>& value, const char* unit, double scale) {
    if (value) list.push_back({{"name", name}, {"value", *value * scale}, {"unit", unit}});
  };
  add("time", row.time_us, "ms", kMsPerUs);
  add("time_low", row.time_us_low, "ms", kMsPerUs);
  add("time_high", row.time_us_high, "ms", kMsPerUs);
  add("throughput", row.tflops, "TFLOP/s", 1);
  add("bandwidth", row.gbps, "GB/s", 1);
  add("energy", row.energy_j, "J", 1);
  add("error_rms", row.error_rms, "", 1);
  list.push_back({{"name", "stage"}, {"value", to_string(row.stage)}, {"unit", ""}});
  if (!row.reason.empty()) list.push_back({{"name", "reason"}, {"value", row.reason}, {"unit", ""}});
  return list;
}

/// The words of `invalidity` are T4's own.
Json result_of(const Row& row) {
  return {{"timestamp", row.timestamp},
          {"configuration", row.config},
          {"times", times_of(row)},
          {"invalidity", to_string(row.invalidity)},
          {"correctness", row.invalidity == Invalidity::correct ? 1 : 0},
          {"measurements", measurements_of(row)},
          {"objectives", {"time"}}};
}

Fastest fastest_of(const File& file) {
  const Json json = parse_json(file.bytes);
  ensure(json.at("schema_version") == "1.0.0" && json.at("results").is_array(), "no T4 1.0.0");
  ensure(json.at("metadata").at("timeunit") == "milliseconds", "times of T4 are in ms here");
  Fastest fastest{file.name, 0, 0, {}, 0};
  for (const Json& result : json.at("results")) {
    ++fastest.results;
    for (const char* member : {"configuration", "times", "invalidity", "correctness"})
      ensure(result.contains(member), std::string("a result lacks ") + member);
    if (result.at("invalidity") != "correct") continue;
    for (const Json& measurement : result.at("measurements"))
      if (measurement.at("name") == "time")
        fastest.offer(result.at("configuration").get<Config>(),
                      measurement.at("value").get<double>() / kMsPerUs);
  }
  return fastest;
}

}  // namespace

Files write_t4(const Source& source) {
  Files files;
  for (const Candidates& candidates : candidates_of(source)) {
    const Json metadata = {{"timeunit", "milliseconds"},
                           {"problem", describe(candidates.entry->problem)},
                           {"device", source.table.environment.device},
                           {"policy", source.table.policy},
                           {"kernels", source.table.environment.kernels}};
    std::string text =
        "{\"schema_version\": \"1.0.0\",\n\"metadata\": " + json_text(metadata) + ",\n\"results\": [";
    const char* before = "\n";
    for (const Row* row : candidates.rows) {
      text += before + json_text(result_of(*row));
      before = ",\n";
    }
    files.push_back({file_stem(candidates.entry->problem) + ".json", text + "\n]}\n"});
  }
  return files;
}

report::Grid read_back_t4(const Files& files, const Source& source) {
  report::Grid grid = fastest_grid();
  ensure(files.size() == source.table.entries.size(), "not one file a problem");
  for (std::size_t i = 0; i < files.size(); ++i) add_row(grid, fastest_of(files[i]), source.table.entries[i]);
  return grid;
}

}  // namespace gemmtune::exports
