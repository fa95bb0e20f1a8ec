// What nvbench's JSON writer writes, so that nvbench-compare reads two sweeps: one benchmark a provider, one
// state a problem. The configuration is no axis: it is what may have changed between two files. The samples
// lie beside the file, as its --jsonbin leaves them: without them nvbench-compare-robust is in doubt where a
// state's samples scatter by more than it can tell from their quartiles, also about a file and itself.
#include "core/json.h"
#include "export/candidates.h"
#include "export/formats.h"
#include "util/error.h"
#include "util/format.h"
#include "util/text.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdint>
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
Json datum(const char* name, const char* type, const std::string& text) {
  return {{"name", name}, {"type", type}, {"value", text}};
}

Json value_of(const char* type, const std::string& text) {
  return Json::array({datum("value", type, text)});
}

constexpr const char* kSamplesTag = "nv/json/bin:nv/cold/sample_times";

/// Seconds as little-endian float32, one behind the other.
std::string packed(const std::vector<double>& samples_us) {
  std::string bytes;
  for (const double sample_us : samples_us) {
    const auto word = std::bit_cast<std::uint32_t>(static_cast<float>(sample_us * kSecondsPerUs));
    for (int shift = 0; shift < 32; shift += 8) bytes += static_cast<char>(word >> shift & 0xff);
  }
  return bytes;
}

/// The files beside the one that names them: FILE-bin/0.bin and so on. Empty without a FILE.
class SampleFiles {
 public:
  explicit SampleFiles(std::string file_name) : file_name_(std::move(file_name)) {}

  /// Puts the samples into a file of their own, and the summary that names it behind the others.
  void add(const std::vector<double>& samples_us, Json& summaries) {
    if (file_name_.empty()) return;
    files_.push_back({file_name_ + "-bin/" + std::to_string(files_.size()) + ".bin", packed(samples_us)});
    summaries.push_back({{"tag", kSamplesTag},
                         {"name", "Sample Times File"},
                         {"hint", "file/sample_times"},
                         {"hide", "Not needed in table."},
                         {"data",
                          {datum("filename", "string", files_.back().name),
                           datum("size", "int64", std::to_string(samples_us.size()))}}});
  }

  const Files& files() const { return files_; }

 private:
  std::string file_name_;
  Files files_;
};

Json summaries_of(const Row& row, SampleFiles& sample_files) {
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
  sample_files.add(row.samples_us, list);
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

Json benchmark_of(const std::string& name, std::size_t index, const std::vector<Timed>& all,
                  SampleFiles& sample_files) {
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
                                   {"summaries", summaries_of(*timed.row, sample_files)},
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

const Json& summary(const Json& state, std::string_view tag) {
  for (const Json& candidate : state.at("summaries"))
    if (candidate.at("tag") == tag) return candidate;
  throw InternalError("a state lacks " + std::string(tag));
}

/// As nvbench-compare takes it: the datum of this name and type.
std::string text_of(const Json& summary, const std::string& name, const std::string& type) {
  for (const Json& datum : summary.at("data"))
    if (datum.at("name") == name && datum.at("type") == type) return datum.at("value").get<std::string>();
  throw InternalError(summary.at("tag").get<std::string>() + " has no " + name + " of type " + type);
}

double number(const Json& state, const std::string& tag) {
  double value = 0;
  ensure(parse_whole(text_of(summary(state, tag), "value", "float64"), value), tag + " is no number");
  return value;
}

/// The samples that a state names are there, as many as it says, the longest of them the longest it says.
void check_samples(const Json& state, const Files& files) {
  const Json& named = summary(state, kSamplesTag);
  const auto file = std::ranges::find(files, text_of(named, "filename", "string"), &File::name);
  ensure(file != files.end(), "a state names samples that are not beside the file");
  ensure(std::to_string(file->bytes.size() / sizeof(float)) == text_of(named, "size", "int64") &&
             file->bytes.size() % sizeof(float) == 0,
         file->name + " does not hold as many samples as its state says");
  float longest = 0;
  for (std::size_t at = 0; at < file->bytes.size(); at += sizeof(float)) {
    std::uint32_t word = 0;
    for (std::size_t i = 0; i < sizeof(float); ++i)
      word |= std::uint32_t{static_cast<unsigned char>(file->bytes[at + i])} << (8 * i);
    longest = std::max(longest, std::bit_cast<float>(word));
  }
  ensure(std::abs(longest / number(state, "nv/cold/time/gpu/max") - 1) < 1e-6,
         file->name + " holds the samples of another state");
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
  SampleFiles sample_files(source.file_name);
  for (const auto& [name, all] : benchmarks_of(source))
    root["benchmarks"].push_back(benchmark_of(name, root["benchmarks"].size(), all, sample_files));
  Files files = {{"", json_text(root, 1) + "\n"}};
  files.insert(files.end(), sample_files.files().begin(), sample_files.files().end());
  return files;
}

report::Grid read_back_nvbench(const Files& files, const Source& source) {
  const Json root = parse_json(files.at(0).bytes);
  report::Grid grid{{{"benchmark", "benchmark"},
                     {"state", "state"},
                     {"mean_us", "mean µs", 2},
                     {"noise_percent", "noise %", 2}},
                    {}};
  std::map<std::string, double> median_us;  ///< by benchmark and state
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
      if (files.size() > 1) check_samples(state, files);
      const std::string of_kernel = benchmark.at("name");
      median_us[of_kernel + " " + name] = number(state, "nv/cold/time/gpu/median") / kSecondsPerUs;
      grid.rows.push_back(
          {of_kernel, name, mean / kSecondsPerUs, 100 * number(state, "nv/cold/time/gpu/stdev/relative")});
    }
  }
  for (const TableEntry& entry : source.table.entries) {
    const Problem& p = entry.problem;
    const std::string form = describe_form(p);
    const auto found = median_us.find(formatted("{} {} M={} N={} K={} Form={}", provider::kGemmtune, p.kernel,
                                                p.m, p.n, p.k, form.empty() ? "plain" : form));
    ensure(found != median_us.end() && std::abs(found->second / entry.time_us - 1) < 1e-9,
           "the median of " + describe(p) + " is not the table's");
  }
  return grid;
}

}  // namespace gemmtune::exports
