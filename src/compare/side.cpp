#include "compare/side.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <utility>

namespace gemmtune::compare {

namespace {

/// What must be alike, by name.
using Conditions = std::vector<std::pair<std::string, std::string>>;

/// A policy's name without its stopping rule: how many samples were taken decides how sure a figure is, not
/// what it is of. `cold_memset512x7-cupti-burst-w1t3-n15to200-p0.003` and `...-n21` are one.
std::string measured_how(const std::string& policy) {
  return policy.substr(0, policy.rfind("-n"));
}

Conditions conditions_of(const Run& run) {
  if (run.winners.empty()) return {};
  const Row& row = run.journal.rows[run.winners.front()];
  const Environment environment = environment_of(run);
  std::vector<std::string> data;
  for (const std::size_t winner : run.winners) {
    std::string kind(to_string(run.journal.rows[winner].problem.data));
    if (std::find(data.begin(), data.end(), kind) == data.end()) data.push_back(std::move(kind));
  }
  std::sort(data.begin(), data.end());
  std::string kinds;
  for (const std::string& kind : data) kinds += (kinds.empty() ? "" : "+") + kind;
  return {{"device", row.device},
          {"board", environment.uuid},
          {"SMs", environment.sms > 0 ? std::to_string(environment.sms) : ""},
          {"power limit (W)",
           environment.power_limit_w > 0 ? std::to_string(std::lround(environment.power_limit_w)) : ""},
          {"MIG", environment.sms > 0 ? (environment.mig ? "yes" : "no") : ""},
          {"L2", std::string(to_string(row.l2))},
          {"timer", std::string(to_string(row.timer))},
          {"regime", std::string(to_string(row.regime))},
          {"policy", measured_how(row.policy)},
          {"data", kinds},
          {"seed", std::to_string(row.seed)}};
}

}  // namespace

Environment environment_of(const Run& run) {
  Environment environment;
  if (!run.journal.headers.empty()) environment = run.journal.headers.back().environment;
  if (!run.winners.empty()) {
    const Row& row = run.journal.rows[run.winners.front()];
    for (const RunHeader& header : run.journal.headers)
      if (header.run_id == row.run_id) environment = header.environment;
    environment.device = row.device;
    environment.simulated = row.simulated;
  }
  return environment;
}

Environment environment_of(const Side& side) {
  return side.runs.empty() ? Environment{} : environment_of(side.runs.back());
}

std::vector<std::string> differences(const Side& base, const Side& next) {
  std::vector<std::pair<const Run*, Conditions>> runs;
  for (const Side* side : {&base, &next})
    for (const Run& run : side->runs)
      if (!run.winners.empty()) runs.emplace_back(&run, conditions_of(run));
  std::vector<std::string> found;
  const std::size_t conditions = runs.empty() ? 0 : runs.front().second.size();
  for (std::size_t c = 0; c < conditions; ++c) {
    const auto knows = [&](const auto& run) { return !run.second[c].second.empty(); };
    const auto first = std::find_if(runs.begin(), runs.end(), knows);
    if (first == runs.end()) continue;
    const auto& [what, expected] = first->second[c];
    const auto other = std::find_if(
        first, runs.end(), [&](const auto& run) { return knows(run) && run.second[c].second != expected; });
    if (other != runs.end())
      found.push_back(what + ": " + expected + " in " + first->first->source + ", " +
                      other->second[c].second + " in " + other->first->source);
  }
  return found;
}

namespace {

/// The run's environment by kernel of a side's winners; of several runs the last counts.
std::map<std::string, Environment> made_in(const Side& side) {
  std::map<std::string, Environment> made;
  for (const Run& run : side.runs) {
    std::map<std::string, const Environment*> by_run;
    for (const RunHeader& header : run.journal.headers) by_run[header.run_id] = &header.environment;
    for (const std::size_t winner : run.winners) {
      const Row& row = run.journal.rows[winner];
      const auto found = by_run.find(row.run_id);
      made[row.problem.kernel] = found == by_run.end() ? environment_of(run) : *found->second;
    }
  }
  return made;
}

/// Kernels that both sides ran, made of other sources: `kernel 1a2b -> 3c4d`. Where files do not say what
/// each is made of, once for all of kernels/.
std::vector<std::string> changed_kernels(const Side& base, const Side& next) {
  const auto before = made_in(base), after = made_in(next);
  std::vector<std::string> found;
  for (const auto& [kernel, a] : before) {
    const auto same_kernel = after.find(kernel);
    if (same_kernel == after.end() || same_sources(a, same_kernel->second, kernel)) continue;
    const Environment& b = same_kernel->second;
    const bool known = a.source_hashes.contains(kernel) && b.source_hashes.contains(kernel);
    const std::string& was = known ? a.source_hashes.at(kernel) : a.kernels;
    const std::string& is = known ? b.source_hashes.at(kernel) : b.kernels;
    std::string change = (known ? kernel : "kernels") + " " + was.substr(0, 12) + " -> " + is.substr(0, 12);
    if (!was.empty() && !is.empty() && std::ranges::find(found, change) == found.end())
      found.push_back(std::move(change));
  }
  return found;
}

}  // namespace

std::vector<std::string> changes(const Side& base, const Side& next) {
  const Environment a = environment_of(base), b = environment_of(next);
  std::vector<std::string> found;
  const auto add = [&](const char* what, const std::string& before, const std::string& after) {
    if (before != after && !before.empty() && !after.empty())
      found.push_back(std::string(what) + " " + before + " -> " + after);
  };
  add("gemmtune", a.tool, b.tool);
  add("revision", a.revision, b.revision);
  for (std::string& change : changed_kernels(base, next)) found.push_back(std::move(change));
  add("NVRTC", a.nvrtc, b.nvrtc);
  add("cuBLASLt", a.cublaslt, b.cublaslt);
  add("driver", a.driver, b.driver);
  add("host", a.host, b.host);
  return found;
}

}  // namespace gemmtune::compare
