#include "cli/policy_options.h"

#include "cli/log.h"
#include "util/error.h"
#include "util/format.h"
#include "util/text.h"

#include <string>
#include <vector>

namespace gemmtune::cli {

namespace {

/// An option whose values are the names of an enumeration, without a default.
template <typename Enum, typename Target>
Option& add_name_option(Command& command, const std::string& flag, Target& target, const std::string& help) {
  std::vector<std::string> words;
  for (const auto& [value, name] : names(Enum{})) words.emplace_back(name);
  const auto take = [&target](const std::string& word) { target = *parse_name<Enum>(word); };
  return command.option(flag, take, help).words(words);
}

/// An option of exactly so many samples.
void add_samples_option(Command& command, Policy& policy) {
  const auto take = [&policy](const std::string& samples) {
    parse_whole(samples, policy.samples);
    policy.max_samples = 0;
  };
  command
      .option("--samples", take,
              "exactly so many timed launches of each contender whose figure is shown; "
              "without it, as many as the noise asks for")
      .type_name("N")
      .range(1, 100000)
      .default_text(std::to_string(policy.samples) +
                    (policy.adaptive() ? " to " + std::to_string(policy.max_samples) : ""));
}

/// Of blocks there are fewer samples, unless somebody asked for so many.
void add_regime_option(Command& command, Policy& policy, bool* both) {
  std::vector<std::string> words;
  for (const auto& [value, name] : names(PowerRegime{})) words.emplace_back(name);
  if (both != nullptr) words.emplace_back(kBothRegimes);
  const auto take = [&policy, both](const std::string& word) {
    if (both != nullptr) *both = word == kBothRegimes;
    policy.regime = parse_name<PowerRegime>(word).value_or(PowerRegime::burst);
    if (policy.regime != PowerRegime::blocks || !policy.adaptive()) return;
    policy.samples = 6;
    policy.max_samples = 12;
  };
  command
      .option(
          "--regime", take,
          "burst: pauses keep the board off its power cap; sustained: launches back to back, timed once the "
          "board has settled; blocks: the same, each contender alone for a second a sample, in turns: what "
          "each takes at the clock that its own power leaves (6 to 12 samples)" +
              std::string(both == nullptr
                              ? ""
                              : "; both: in bursts, and of problems with many rows (--sustained-from) the "
                                "winner and the fastest of others that read more or less of the L2 in three "
                                "such blocks each too, without memsets: the table keeps both "
                                "winners"))
      .words(words)
      .default_text(std::string(to_string(policy.regime)));
}

}  // namespace

void add_policy_options(Command& command, Policy& policy, std::optional<Timer>& timer, bool* both) {
  add_name_option<L2Policy>(
      command, "--l2", policy.l2,
      "L2 cache before a timed launch: flushed by a 512 MB memset, cold because launches "
      "take turns over copies of all operands (with cold_chain 16 behind each other are timed as one, with "
      "cold_overlapped each of ours may also begin before the last has ended), or warm")
      .default_text(std::string(to_string(policy.l2)));
  add_timer_option(command, timer);
  add_regime_option(command, policy, both);
  command
      .option(
          "--copies", policy.copies,
          "of the operands, over which the launches of --l2 cold_memset512 go in turn: short kernels take "
          "some per cent more or less depending on where their operands lie")
      .type_name("N")
      .range(1, kMostCopies);
  add_samples_option(command, policy);
  add_seed_option(command, policy);
}

void add_sustained_from_option(Command& command, std::optional<double>& rows, double usual) {
  command
      .option(
          "--sustained-from", rows,
          "of --regime both: which problems are raced back to back too, those with at least so many rows of "
          "D, of groups all that are computed")
      .type_name("ROWS")
      .range(1, 1e9)
      .default_text(formatted("{:.0f}", usual));
}

void add_named_policy_option(Command& command, const std::function<void(const NamedPolicy&)>& chosen) {
  std::vector<std::string> words;
  std::string meanings;
  for (const NamedPolicy& policy : named_policies()) {
    words.emplace_back(policy.name);
    meanings +=
        (meanings.empty() ? "" : "; ") + std::string(policy.name) + ": " + std::string(policy.meaning);
  }
  command
      .option(
          "--policy", [chosen](const std::string& word) { chosen(require_named_policy(word)); },
          "how much is measured before a winner is named. " + meanings)
      .words(words)
      .default_text(words.front());
}

void add_timer_option(Command& command, std::optional<Timer>& timer) {
  add_name_option<Timer>(
      command, "--timer", timer,
      "clock: CUDA events around each launch, or CUPTI's record of each kernel (not under a "
      "profiler)")
      .default_text("cupti where it works");
}

void add_seed_option(Command& command, Policy& policy) {
  command.option("--seed", policy.seed, "of the operands' values").type_name("N");
}

Timer choose_timer(std::optional<Timer> asked, const Environment& environment) {
  if (environment.cupti) return asked.value_or(Timer::cupti);
  if (asked == Timer::cupti)
    throw UserError(std::string("--timer cupti: ") + kNoCupti +
                    ". Run without ncu, nsys or compute-sanitizer around it, or take --timer event");
  if (!asked) log_warn("timer event, whose times hold the latency of a launch too: {}", kNoCupti);
  return Timer::event;
}

Timer choose_timer(std::optional<Timer> asked, const Policy& policy, const Environment& environment) {
  if (policy.chains()) {
    if (asked == Timer::cupti)
      throw UserError("--timer cupti times single kernels, and --l2 " + std::string(to_string(policy.l2)) +
                      " times chains of them: take --timer event");
    return Timer::event;
  }
  return choose_timer(asked, environment);
}

}  // namespace gemmtune::cli
