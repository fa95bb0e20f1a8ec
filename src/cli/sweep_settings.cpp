#include "cli/sweep_settings.h"

#include "model/traffic.h"

#include <algorithm>
#include <string>

namespace gemmtune::cli {

void set_defaults(tune::Settings& settings) {
  settings.screening.samples = 3;
  settings.near_best.samples = 15;
  settings.final.copies = kDefaultCopies;  // as `bench`
  take(named_policies().front(), settings);
}

void take(const NamedPolicy& policy, tune::Settings& settings) {
  settings.near_best_most = policy.near_best;
  settings.finalists = policy.finalists;
  settings.final.samples = policy.samples;
  settings.final.max_samples = policy.max_samples;
  settings.final.precision = policy.precision;
}

namespace {

/// NOTES: a second a block, as `--regime blocks` has it: clock and power follow the load within 0.3 s, and
/// the half that is timed holds several refreshes of the energy meter. Three of each, since a sweep has
/// hundreds of problems: four contenders take 12 s and what it takes to settle. Without memsets, which take
/// as long as the kernel and draw less power: a prefill's layers follow each other.
Policy sustained_policy(Policy policy) {
  if (is_flushed(policy.l2)) policy.l2 = L2Policy::cold_rotate;
  policy.regime = PowerRegime::blocks;
  policy.samples = 3;
  policy.max_samples = 0;
  return policy;
}

/// What SMs read of the L2 is the part of the power in which tiles and clusters differ.
std::string power_kind(const Row& row) {
  const auto bytes = model::l2_bytes(row.problem, row.config);
  return bytes ? std::to_string(*bytes) : tune::kernel_as_kind(row);
}

}  // namespace

void follow_final(tune::Settings& settings, bool energy, bool both_regimes) {
  if (both_regimes) {
    settings.sustained = sustained_policy(settings.final);
    settings.power_kind = power_kind;
  }
  for (Policy* policy : {&settings.screening, &settings.near_best}) {
    policy->l2 = settings.final.l2;
    policy->timer = settings.final.timer;
    // Blocks of a second each are for the few that are raced.
    policy->regime =
        settings.final.regime == PowerRegime::blocks ? PowerRegime::burst : settings.final.regime;
    policy->copies = settings.final.copies;
    policy->seed = settings.final.seed;
  }
  if (!energy) return;
  // Energy is that of a board at work: no pauses, and no flushes between launches, which would be counted
  // too.
  settings.energy = settings.final;
  settings.energy->l2 = L2Policy::cold_rotate;
  settings.energy->regime = PowerRegime::sustained;
  settings.energy->samples = 30;
  settings.energy->max_samples = 0;
}

tune::Settings between_anchors(tune::Settings settings) {
  settings.libraries.clear();
  settings.energy.reset();
  settings.sustained.reset();
  settings.counters = false;
  settings.near_best_most = std::min<std::size_t>(settings.near_best_most, 8);
  settings.finalists = std::min<std::size_t>(settings.finalists, 4);
  return settings;
}

}  // namespace gemmtune::cli
