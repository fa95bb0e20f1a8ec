#include "cli/shard.h"

#include "util/error.h"
#include "util/hash.h"
#include "util/text.h"

#include <algorithm>
#include <cstdlib>
#include <map>
#include <numeric>
#include <utility>

namespace gemmtune::cli {

namespace {

constexpr const char* kSlurm = "slurm";
constexpr int kMostShards = 1'000'000;

/// Shard `ID` of an array of which MIN is the first task and STEP the distance between two.
Shard shard_of_slurm() {
  const auto number = [](const char* name) {
    const char* const text = std::getenv(name);
    int value = 0;
    if (text == nullptr || !parse_whole(text, value))
      throw UserError(std::string("--shard slurm: ") + name + " is " +
                      (text == nullptr ? "not set" : "no number") +
                      "; it works in a task of a job array (sbatch --array=1-8), elsewhere give --shard 1/8");
    return value;
  };
  const int id = number("SLURM_ARRAY_TASK_ID"), count = number("SLURM_ARRAY_TASK_COUNT");
  const int first = number("SLURM_ARRAY_TASK_MIN"), last = number("SLURM_ARRAY_TASK_MAX");
  const int step = count > 1 ? (last - first) / (count - 1) : 1;
  if (count < 1 || step < 1 || id < first || id > last || (id - first) % step != 0 ||
      (count > 1 && (last - first) != step * (count - 1)))
    throw UserError(
        "--shard slurm: the tasks of this array do not follow each other evenly, so nobody knows which shard "
        "is whose; submit it as --array=1-N, or give --shard I/N");
  return {(id - first) / step + 1, count};
}

Shard parse_fraction(const std::string& text) {
  const std::vector<std::string> parts = split(text, '/');
  Shard shard;
  if (parts.size() != 2 || !parse_whole(parts[0], shard.index) || !parse_whole(parts[1], shard.count) ||
      shard.count < 1 || shard.count > kMostShards || shard.index < 1 || shard.index > shard.count)
    throw UserError("--shard: expected I/N with I from 1 to N, as 2/8, or slurm, not \"" + printable(text) +
                    "\"");
  return shard;
}

/// Seconds, roughly. Of the 36 problems of DeepSeek-V3's layers each took 2.2 s more on an H100 than its
/// candidates: operands, the near-best again and the race.
double cost_of(const tune::ProblemPlan& problem) {
  constexpr double kRace = 2.2;
  return problem.candidates.empty() ? 0 : problem.cost() + kRace;
}

}  // namespace

Shard parse_shard(const std::string& text) {
  return text == kSlurm ? shard_of_slurm() : parse_fraction(text);
}

void add_shard_option(Command& command, std::string& text) {
  command
      .option(
          "--shard", text,
          "I/N: sweep the I-th of N parts of the plan, whole problems each, of about the same cost; slurm: "
          "the part of this task of a job array. Each into a folder of its own, which `gemmtune merge` "
          "puts together")
      .type_name("I/N")
      .suggests({kSlurm});
}

std::vector<int> shards_of(const tune::SweepPlan& plan, int count) {
  std::vector<std::size_t> order(plan.problems.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::ranges::stable_sort(order, [&](std::size_t a, std::size_t b) {
    return cost_of(plan.problems[a]) > cost_of(plan.problems[b]);
  });
  std::vector<double> load(static_cast<std::size_t>(count), 0);
  std::vector<int> shards(plan.problems.size());
  for (const std::size_t problem : order) {
    const auto least = std::ranges::min_element(load);
    *least += cost_of(plan.problems[problem]);
    shards[problem] = static_cast<int>(least - load.begin()) + 1;
  }
  return shards;
}

tune::SweepPlan only(tune::SweepPlan plan, const Shard& shard) {
  const std::vector<int> shards = shards_of(plan, shard.count);
  tune::SweepPlan part;
  part.pruned = plan.pruned;
  std::map<std::size_t, std::size_t> kept;  // cubins of the plan -> those of the part
  for (std::size_t i = 0; i < plan.problems.size(); ++i) {
    if (shards[i] != shard.index) continue;
    part.problems.push_back(std::move(plan.problems[i]));
    for (tune::Candidate& candidate : part.problems.back().candidates) {
      const auto [found, is_new] = kept.try_emplace(candidate.cubin, part.cubins.size());
      if (is_new) part.cubins.push_back(plan.cubins[candidate.cubin]);
      candidate.cubin = found->second;
    }
  }
  return part;
}

std::string plan_hash(const tune::SweepPlan& plan) {
  std::string text;
  for (const tune::ProblemPlan& problem : plan.problems) {
    text += problem_id(problem.problem) + " " + std::to_string(problem.candidates.size());
    // Not the ids of all, of which there may be millions: a hash takes a microsecond.
    const auto before = [](const tune::Candidate& a, const tune::Candidate& b) {
      return a.config < b.config;
    };
    const auto [least, most] =
        std::minmax_element(problem.candidates.begin(), problem.candidates.end(), before);
    if (!problem.candidates.empty()) text += " " + describe(least->config) + " " + describe(most->config);
    text += '\n';
  }
  return short_hash(text);
}

}  // namespace gemmtune::cli
