#include "core/freshness.h"

#include "core/same_machine.h"

#include <algorithm>
#include <set>

namespace gemmtune {

namespace {

/// A policy's name without how many samples were taken.
std::string_view measured_how(std::string_view policy) {
  return policy.substr(0, policy.rfind("-n"));
}

bool knows_sources(const Environment& environment) {
  return !environment.kernels.empty() || !environment.source_hashes.empty();
}

std::vector<std::string> why_stale(const Table& table, const Environment& now) {
  const Environment& then = table.environment;
  std::vector<std::string> reasons;
  std::set<std::string> kernels;
  for (const TableEntry& entry : table.entries) kernels.insert(entry.problem.kernel);
  for (const std::string& kernel : kernels)
    if (knows_sources(then) && knows_sources(now) && !same_sources(then, now, kernel))
      reasons.push_back(then.source_hashes.contains(kernel)
                            ? kernel + " is made of other sources now"
                            : "kernels/ has changed, and the table does not say which of it " + kernel +
                                  " is made of");
  if (!then.device.empty() && !now.device.empty() && then.device != now.device)
    reasons.push_back("device " + then.device + ", now " + now.device);
  else if (then.sms > 0 && now.sms > 0 && then.sms != now.sms)
    reasons.push_back("SMs " + std::to_string(then.sms) + ", now " + std::to_string(now.sms));
  return reasons;
}

std::vector<std::string> why_revalidate(const Table& table, const Environment& now, std::string_view policy) {
  const Environment& then = table.environment;
  std::vector<std::string> reasons = unlike(then, now);
  const auto add = [&](const char* what, std::string_view before, std::string_view after) {
    if (before != after && !before.empty() && !after.empty())
      reasons.push_back(std::string(what) + " " + std::string(before) + ", now " + std::string(after));
  };
  add("NVRTC", then.nvrtc, now.nvrtc);
  add("policy", measured_how(table.policy), measured_how(policy));
  return reasons;
}

}  // namespace

std::string_view word(Freshness freshness) {
  return freshness == Freshness::fresh        ? "FRESH"
         : freshness == Freshness::revalidate ? "RE-VALIDATE"
                                              : "STALE";
}

Standing standing_of(const Table& table, const Environment& now, std::string_view policy) {
  Standing standing;
  standing.reasons = why_stale(table, now);
  const std::vector<std::string> further = why_revalidate(table, now, policy);
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
