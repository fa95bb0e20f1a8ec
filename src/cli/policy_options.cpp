#include "cli/policy_options.h"

#include "util/error.h"

#include <CLI/CLI.hpp>
#include <spdlog/spdlog.h>

#include <string>
#include <vector>

namespace gemmtune::cli {

namespace {

/// An option whose values are the names of an enumeration, without a default.
template <typename Enum, typename Target>
CLI::Option* add_name_option(CLI::App& command, const std::string& flag, Target& target,
                             const std::string& help) {
  std::vector<std::string> words;
  for (const auto& [value, name] : names(Enum{})) words.emplace_back(name);
  return command
      .add_option_function<std::string>(
          flag, [&target](const std::string& word) { target = *parse_name<Enum>(word); }, help)
      ->check(CLI::IsMember(words));
}

/// An option of exactly so many samples.
void add_samples_option(CLI::App& command, Policy& policy) {
  const auto set = [&policy](int samples) {
    policy.samples = samples;
    policy.max_samples = 0;
  };
  command
      .add_option_function<int>("--samples", set,
                                "exactly so many timed launches of each contender whose figure is shown; "
                                "without it, as many as the noise asks for")
      ->type_name("N")
      ->check(CLI::Range(1, 100000))
      ->default_str(std::to_string(policy.samples) +
                    (policy.adaptive() ? " to " + std::to_string(policy.max_samples) : ""));
}

}  // namespace

void add_policy_options(CLI::App& command, Policy& policy, std::optional<Timer>& timer) {
  add_name_option<L2Policy>(
      command, "--l2", policy.l2,
      "L2 cache before a timed launch: flushed by a 512 MB memset, cold because launches "
      "take turns over copies of all operands (with cold_chain 16 behind each other are timed as one, with "
      "cold_overlapped each of ours may also begin before the last has ended), or warm")
      ->default_str(std::string(to_string(policy.l2)));
  add_timer_option(command, timer);
  add_name_option<PowerRegime>(command, "--regime", policy.regime,
                               "burst: pauses keep the board off its power cap; sustained: launches back to "
                               "back, timed once the board has settled")
      ->default_str(std::string(to_string(policy.regime)));
  command
      .add_option(
          "--copies", policy.copies,
          "of the operands, over which the launches of --l2 cold_memset512 go in turn: short kernels take "
          "some per cent more or less depending on where their operands lie")
      ->type_name("N")
      ->check(CLI::Range(1, 1000));
  add_samples_option(command, policy);
  add_seed_option(command, policy);
}

void add_timer_option(CLI::App& command, std::optional<Timer>& timer) {
  add_name_option<Timer>(
      command, "--timer", timer,
      "clock: CUDA events around each launch, or CUPTI's record of each kernel (not under a "
      "profiler)")
      ->default_str("cupti where it works");
}

void add_seed_option(CLI::App& command, Policy& policy) {
  command.add_option("--seed", policy.seed, "of the operands' values, and of the order of candidates")
      ->type_name("N");
}

Timer choose_timer(std::optional<Timer> asked, const Environment& environment) {
  if (environment.cupti) return asked.value_or(Timer::cupti);
  if (asked == Timer::cupti)
    throw UserError(std::string("--timer cupti: ") + kNoCupti +
                    ". Run without ncu, nsys or compute-sanitizer around it, or take --timer event");
  if (!asked) spdlog::warn("timer event, whose times hold the latency of a launch too: {}", kNoCupti);
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
