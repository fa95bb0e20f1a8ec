// Flags that decide how a figure is made.
#pragma once

#include "cli/command.h"
#include "core/environment.h"
#include "core/named_policy.h"
#include "core/policy.h"

#include <functional>
#include <optional>

namespace gemmtune::cli {

/// Why the cupti timer may not work, as a clause.
inline constexpr const char* kNoCupti =
    "CUPTI cannot be used here: a profiler or a sanitizer holds it, or it does not fit the driver";

/// --l2, --timer, --regime, --samples and --seed, with the policy's values as defaults; `timer` is what was
/// asked for, if anything, and left to choose_timer. --samples N means exactly N. With `both`, --regime has a
/// word more, kBothRegimes, which sets it and leaves the policy in bursts.
void add_policy_options(Command& command, Policy& policy, std::optional<Timer>& timer, bool* both = nullptr);

inline constexpr const char* kBothRegimes = "both";

/// --sustained-from, which goes with kBothRegimes; `usual` is its default.
void add_sustained_from_option(Command& command, std::optional<double>& rows, double usual);

/// --policy, the first of named_policies() where it is not given; `chosen` hears of each that is. What else
/// says so much or so many must be registered later: it then stands, in whatever order they are given.
void add_named_policy_option(Command& command, const std::function<void(const NamedPolicy&)>& chosen);

/// --timer alone.
void add_timer_option(Command& command, std::optional<Timer>& timer);

/// --seed alone.
void add_seed_option(Command& command, Policy& policy);

/// The timer asked for; without one cupti, or where that does not work event, which is said on stderr. Throws
/// UserError when cupti was asked for and does not work.
Timer choose_timer(std::optional<Timer> asked, const Environment& environment);

/// The same for a policy: chains are timed by events.
Timer choose_timer(std::optional<Timer> asked, const Policy& policy, const Environment& environment);

}  // namespace gemmtune::cli
