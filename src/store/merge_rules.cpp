#include "store/merge_rules.h"

#include "core/same_machine.h"
#include "util/error.h"
#include "util/text.h"

#include <algorithm>
#include <optional>

namespace gemmtune::store {

namespace {

/// Kernels of both that are made of other sources, by name; without names, that something is.
std::vector<std::string> unlike_kernels(const Environment& a, const Environment& b) {
  std::vector<std::string> found;
  if (a.source_hashes.empty() || b.source_hashes.empty()) {
    if (a.kernels != b.kernels && !a.kernels.empty() && !b.kernels.empty()) found.emplace_back("kernels");
    return found;
  }
  for (const auto& [kernel, hash] : a.source_hashes)
    if (kernel != kCeilings && b.source_hashes.contains(kernel) && b.source_hashes.at(kernel) != hash)
      found.push_back("kernel " + kernel);
  return found;
}

std::vector<std::string> differences(const RunHeader& a, const RunHeader& b) {
  std::vector<std::string> found = unlike_kinds(a.environment, b.environment);
  if (a.environment.simulated != b.environment.simulated)
    found.emplace_back("one is simulated, the other measured");
  for (const std::string& kernel : unlike_kernels(a.environment, b.environment))
    found.push_back(kernel + " is made of other sources");
  if (a.policy.name() != b.policy.name())
    found.push_back("policy " + a.policy.name() + ", here " + b.policy.name());
  if (a.policy.seed != b.policy.seed)
    found.push_back("seed " + std::to_string(a.policy.seed) + ", here " + std::to_string(b.policy.seed));
  if (!found.empty()) return found;
  if (a.part && b.part && a.part->plan != b.part->plan)
    found.emplace_back("they are parts of different plans: other problems, or another space");
  else if (const auto boards = unlike(a, b); !boards.empty())
    found.push_back(join(boards, "; ") +
                    ", and they are no parts of one plan: sweeps on several boards are given --shard");
  return found;
}

}  // namespace

void require_alike(const MergedRun& first, const MergedRun& other) {
  if (other.header.m_steps)
    throw UserError(
        printable(other.file) +
        ": a sweep over all M (sweep --m), whose table is made of all rows of a layer: it cannot be "
        "merged. Report and export it as it is");
  const std::vector<std::string> found = differences(first.header, other.header);
  if (found.empty()) return;
  throw UserError(printable(other.file + " cannot be merged with " + first.file + ": " + join(found, "; ") +
                            ". Merge those alone that agree"));
}

void Shards::add(const RunHeader& run) {
  if (run.part) runs_[run.part->shards][run.part->shard].push_back(run.run_id);
}

int Shards::count() const {
  std::optional<std::pair<int, int>> best;  // how many are to be done, of how many
  for (const auto& [count, shards] : runs_) {
    const auto done = std::ranges::count_if(shards, [&](const auto& shard) {
      return std::ranges::any_of(shard.second, [&](const std::string& id) { return ended_.contains(id); });
    });
    const std::pair<int, int> now{count - static_cast<int>(done), count};
    if (!best || now < *best) best = now;
  }
  return best ? best->second : 0;
}

std::vector<int> Shards::missing() const {
  std::vector<int> found;
  const int all = count();
  for (int shard = 1; shard <= all; ++shard)
    if (!runs_.at(all).contains(shard)) found.push_back(shard);
  return found;
}

std::vector<int> Shards::unfinished() const {
  std::vector<int> found;
  const int all = count();
  if (all == 0) return found;
  for (const auto& [shard, runs] : runs_.at(all))
    if (std::ranges::none_of(runs, [&](const std::string& id) { return ended_.contains(id); }))
      found.push_back(shard);
  return found;
}

}  // namespace gemmtune::store
