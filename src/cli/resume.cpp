#include "cli/resume.h"

#include "cli/log.h"
#include "core/json.h"
#include "core/serialise.h"
#include "store/journal_lines.h"
#include "util/error.h"
#include "util/format.h"

#include <algorithm>
#include <exception>
#include <map>
#include <set>

namespace gemmtune::cli {

namespace {

/// What the journal has of one problem.
struct KnownProblem {
  std::set<Config> candidates;  ///< those that need not be measured again, unless kernels have changed
  bool complete = false;        ///< a run with some of them came to its end
  const Row* other = nullptr;   ///< the last of another device, policy or seed
};

using KnownProblems = std::map<std::string, KnownProblem>;  // by id

KnownProblems known_problems(const Journal& journal, const Resumption& now) {
  const std::string policy = now.screening.name();
  std::int64_t screened = 0;
  for (const Row& row : journal.rows)
    screened += row.provider == provider::kGemmtune && row.stage == Stage::screen && row.policy == policy;
  // A run that came to its end with fewer had a strategy that left some out.
  std::set<std::string> ended;
  for (const RunEnd& end : journal.ends)
    if (end.candidates <= screened) ended.insert(end.run_id);
  KnownProblems known;
  for (const Row& row : journal.rows) {
    if (row.provider != provider::kGemmtune || row.config.empty() || row.stage != Stage::screen) continue;
    KnownProblem& problem = known[problem_id(row.problem)];
    if (row.device == now.device && row.policy == policy && row.seed == now.screening.seed) {
      problem.candidates.insert(row.config);
      problem.complete |= ended.contains(row.run_id);
    } else {
      problem.other = &row;
    }
  }
  return known;
}

struct Comparison {
  std::size_t counting = 0;    ///< candidates of the journal that need not be measured again
  std::size_t added = 0;       ///< of problems that were complete, or whose space has changed
  std::size_t left_out = 0;    ///< known, but no longer in the plan
  const Row* other = nullptr;  ///< a row that does not count, if there are such
};

Comparison compare(const tune::SweepPlan& plan, const KnownProblems& known) {
  Comparison sum;
  for (const tune::ProblemPlan& problem : plan.problems) {
    const auto found = known.find(problem_id(problem.problem));
    if (found == known.end()) continue;
    const std::set<Config>& before = found->second.candidates;
    if (found->second.other) sum.other = found->second.other;
    if (before.empty()) continue;
    const auto still = static_cast<std::size_t>(
        std::ranges::count_if(problem.candidates, [&](const auto& c) { return before.contains(c.config); }));
    sum.counting += before.size();
    sum.left_out += before.size() - still;
    if (found->second.complete || still < before.size()) sum.added += problem.candidates.size() - still;
  }
  return sum;
}

std::string conditions(const std::string& device, const std::string& policy, std::uint64_t seed) {
  return formatted("{}, {}, seed {}", device, policy, seed);
}

/// Why none of the journal's candidates counts.
std::string nothing_counts(const Row& then, const Journal& journal, const Resumption& now) {
  const auto run = std::ranges::find(journal.headers, then.run_id, &RunHeader::run_id);
  return now.folder +
         ": --resume has nothing to go on with: its candidates were validated under other conditions" +
         "\n  then: " + conditions(then.device, then.policy, then.seed) +
         "\n  now:  " + conditions(now.device, now.screening.name(), now.screening.seed) +
         "\nGive the options as before" +
         (run == journal.headers.end() ? std::string() : " (" + run->command + ")") +
         ", or name another folder by --out";
}

void warn_of_another_race(const Journal& journal, const Resumption& now) {
  std::string before;
  for (const RunHeader& run : journal.headers) {
    if (run.environment.device != now.device) continue;
    before = run.policy.name();
    if (before == now.final.name()) return;
  }
  if (!before.empty())
    log_warn("winners are raced again: the policy is {}, and before it was {}", now.final.name(), before);
}

}  // namespace

std::string strategy_before(const std::filesystem::path& journal) {
  std::string strategy;
  if (!std::filesystem::exists(journal)) return strategy;
  store::JournalLines lines(journal);
  std::vector<std::string> damaged;  // named once the journal is read
  while (lines.next(damaged)) {
    if (lines.record() != "run") continue;
    try {
      const std::string found = strategy_of(from_json<RunHeader>(parse_json(lines.text())));
      if (!found.empty()) strategy = found;
    } catch (const std::exception&) {
    }
  }
  return strategy;
}

void check_resumption(const tune::SweepPlan& plan, const Journal& journal, const Resumption& now) {
  const Comparison found = compare(plan, known_problems(journal, now));
  if (found.counting == 0) {
    if (found.other) throw UserError(nothing_counts(*found.other, journal, now));
    return;
  }
  if (found.added + found.left_out > 0)
    log_warn(
        "another space than before: {} of these candidates are new, and {} known ones are not among them",
        found.added, found.left_out);
  warn_of_another_race(journal, now);
}

}  // namespace gemmtune::cli
