#include "core/freshness.h"

#include "core/same_machine.h"
#include "util/error.h"

#include <algorithm>
#include <cstddef>
#include <map>

namespace gemmtune {

namespace {

/// A policy's name without how many samples were taken.
std::string_view measured_how(std::string_view policy) {
  return policy.substr(0, policy.rfind("-n"));
}

bool knows_sources(const Environment& environment) {
  return !environment.kernels.empty() || !environment.source_hashes.empty();
}

/// Of the entries of one kernel.
struct Counts {
  std::size_t entries = 0, same = 0, other = 0;
  bool know_code = true;  ///< all of them
};

std::map<std::string, Counts> counts_of(const Table& table, std::span<const CubinNow> cubins) {
  std::map<std::string, Counts> kernels;
  for (std::size_t i = 0; i < table.entries.size(); ++i) {
    const TableEntry& entry = table.entries[i];
    Counts& counts = kernels[entry.problem.kernel];
    ++counts.entries;
    counts.know_code = counts.know_code && !entry.code_hash.empty();
    const SameCode code = cubins.empty() ? SameCode::unknown : same_code(entry, cubins[i]);
    counts.same += code == SameCode::same;
    counts.other += code == SameCode::other;
  }
  return kernels;
}

std::string out_of(std::size_t count, const Counts& counts) {
  return std::to_string(count) + " of " + std::to_string(counts.entries) + " winners";
}

/// Why entries of a kernel are not those that were timed; empty where they are, as far as anybody knows.
std::string why_stale(const std::string& kernel, const Counts& counts, bool other_text, bool known_text) {
  if (counts.other > 0)
    return kernel + " compiles to other machine code now for " + out_of(counts.other, counts) +
           (counts.same > 0 ? ", to the same for " + std::to_string(counts.same) : "");
  if (!other_text || counts.same == counts.entries) return "";
  const std::string changed =
      known_text ? kernel + " is made of other sources now"
                 : "kernels/ has changed, and the table does not say which of it " + kernel + " is made of";
  if (counts.same > 0)
    return changed + " (" + out_of(counts.same, counts) + " are known to be the same machine code)";
  return changed + (counts.know_code ? " (export --format bundle compares its machine code)" : "");
}

void judge_sources(const Table& table, const Environment& now, const std::map<std::string, Counts>& kernels,
                   Standing& standing) {
  const Environment& then = table.environment;
  for (const auto& [kernel, counts] : kernels) {
    const bool other_text = knows_sources(then) && knows_sources(now) && !same_sources(then, now, kernel);
    const std::string reason = why_stale(kernel, counts, other_text, then.source_hashes.contains(kernel));
    if (!reason.empty())
      standing.reasons.push_back(reason);
    else if (other_text)
      standing.same_code.push_back(kernel);
  }
}

void judge_device(const Environment& then, const Environment& now, Standing& standing) {
  if (!then.device.empty() && !now.device.empty() && then.device != now.device)
    standing.reasons.push_back("device " + then.device + ", now " + now.device);
  else if (then.sms > 0 && now.sms > 0 && then.sms != now.sms)
    standing.reasons.push_back("SMs " + std::to_string(then.sms) + ", now " + std::to_string(now.sms));
}

/// Another NVRTC that makes the same machine code is none.
std::vector<std::string> why_revalidate(const Table& table, const Environment& now, std::string_view policy,
                                        bool all_same_code) {
  const Environment& then = table.environment;
  std::vector<std::string> reasons = unlike(then, now);
  const auto add = [&](const char* what, std::string_view before, std::string_view after) {
    if (before != after && !before.empty() && !after.empty())
      reasons.push_back(std::string(what) + " " + std::string(before) + ", now " + std::string(after));
  };
  if (!all_same_code) add("NVRTC", then.nvrtc, now.nvrtc);
  add("policy", measured_how(table.policy), measured_how(policy));
  return reasons;
}

}  // namespace

std::string_view word(Freshness freshness) {
  return freshness == Freshness::fresh        ? "FRESH"
         : freshness == Freshness::revalidate ? "RE-VALIDATE"
                                              : "STALE";
}

SameCode same_code(const TableEntry& entry, const CubinNow& now) {
  if (!entry.code_hash.empty() && !now.code_hash.empty())
    return entry.code_hash == now.code_hash ? SameCode::same : SameCode::other;
  const bool same = !now.kernel_hash.empty() && entry.kernel_hash == now.kernel_hash;
  return same ? SameCode::same : SameCode::unknown;
}

Standing standing_of(const Table& table, const Environment& now, std::string_view policy,
                     std::span<const CubinNow> cubins) {
  ensure(cubins.empty() || cubins.size() == table.entries.size(), "a cubin for each entry, or none");
  Standing standing;
  const std::map<std::string, Counts> kernels = counts_of(table, cubins);
  judge_sources(table, now, kernels, standing);
  judge_device(table.environment, now, standing);
  const bool all_same_code = !kernels.empty() && std::ranges::all_of(kernels, [](const auto& kernel) {
    return kernel.second.same == kernel.second.entries;
  });
  const std::vector<std::string> further = why_revalidate(table, now, policy, all_same_code);
  standing.freshness = !standing.reasons.empty() ? Freshness::stale
                       : further.empty()         ? Freshness::fresh
                                                 : Freshness::revalidate;
  standing.reasons.insert(standing.reasons.end(), further.begin(), further.end());
  return standing;
}

std::string sentence(const Standing& standing) {
  std::string text(word(standing.freshness));
  for (std::size_t i = 0; i < standing.reasons.size(); ++i)
    text += (i == 0 ? ": " : "; ") + standing.reasons[i];
  return text;
}

}  // namespace gemmtune
