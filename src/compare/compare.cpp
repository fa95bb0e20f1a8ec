#include "compare/compare.h"

#include "compare/assess.h"
#include "compare/collect.h"
#include "stats/false_discovery.h"
#include "stats/summary.h"
#include "util/error.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <set>
#include <tuple>

namespace gemmtune::compare {

namespace {

Figure figure_of(const std::vector<const Row*>& rows) {
  Figure figure;
  figure.runs = rows.size();
  double logarithms = 0, clocks = 0;
  for (const Row* row : rows) {
    logarithms += std::log(*row->time_us);
    clocks += row->sm_clock_mhz.value_or(0);
  }
  const auto count = static_cast<double>(rows.size());
  figure.time_us = rows.size() == 1 ? *rows.front()->time_us : std::exp(logarithms / count);
  double variance = 0;
  const stats::ProcessNoise noise;
  for (const auto& [value, error] : log_figures(rows, /*in_cycles=*/false))
    variance += (error * error + noise.between * noise.between) / count / count;
  figure.deviation_us = figure.time_us * std::sqrt(variance);
  if (clocks_known(rows)) figure.sm_clock_mhz = clocks / count;
  figure.config = rows.back()->config;
  figure.kernel_hash = rows.back()->kernel_hash;
  return figure;
}

stats::Difference difference_of(const std::vector<const Row*>& base, const std::vector<const Row*>& next,
                                bool in_cycles, Pairing pairing) {
  const auto a = log_figures(base, in_cycles), b = log_figures(next, in_cycles);
  // A batch in which one of the two failed leaves figures without a partner: they count as separate ones.
  return pairing == Pairing::interleaved && a.size() == b.size() ? stats::paired_difference(a, b)
                                                                 : stats::difference(a, b);
}

/// Why configurations that were right on one side are wrong on the other; empty: none is.
std::string broken(const Collected& base, const Collected& next) {
  std::set<Config> right, broken;
  for (const Row* row : base.right) right.insert(row->config);
  const Row* example = nullptr;
  for (const Row* row : next.wrong)
    if (right.contains(row->config) && broken.insert(row->config).second) example = row;
  if (example == nullptr) return "";
  return (broken.size() == 1
              ? "a configuration that was right is wrong: "
              : std::to_string(broken.size()) + " configurations that were right are wrong, for example ") +
         describe(example->config) + ": " + example->reason;
}

/// Of a problem that has no time on the new side.
void judge_untimed(ProblemVerdict& problem, const Collected* next) {
  problem.verdict = next != nullptr && !next->wrong.empty() ? CompareVerdict::wrong : CompareVerdict::missing;
  if (next == nullptr || next->last == nullptr) {
    problem.reason = "it was not measured";
    return;
  }
  const Row& example = next->wrong.empty() ? *next->last : *next->wrong.back();
  problem.reason = "nothing right was timed; the last: " + std::string(to_string(example.invalidity)) +
                   (example.reason.empty() ? "" : ": " + example.reason);
}

class Comparer {
 public:
  Comparer(const Side& base, const Side& next, const Gate& gate, Pairing pairing)
      : base_(collect(base)), next_(collect(next)), gate_(gate), pairing_(pairing) {}

  std::vector<ProblemVerdict> problems() {
    for (const auto& [id, base] : base_)
      if (!base.winners.empty()) add(id, base);
    std::vector<double> p_values;
    for (const Tested& tested : tested_) p_values.push_back(tested.problem.p_value);
    const std::vector<double> adjusted = stats::adjusted_for_many(p_values);
    std::vector<ProblemVerdict> problems;
    for (std::size_t i = 0; i < tested_.size(); ++i) {
      tested_[i].problem.adjusted_p_value = std::isnan(adjusted[i]) ? 1 : adjusted[i];
      if (std::isnan(p_values[i])) tested_[i].problem.p_value = 1;
      problems.push_back(finish(tested_[i]));
    }
    return problems;
  }

  std::vector<Problem> only_in_next() const {
    std::vector<Problem> found;
    for (const auto& [id, next] : next_) {
      const auto base = base_.find(id);
      if (!next.winners.empty() && (base == base_.end() || base->second.winners.empty()))
        found.push_back(next.winners.back()->problem);
    }
    return found;
  }

  std::optional<Overall> overall() const {
    std::vector<Weighed> plain, weighted;
    for (const Tested& tested : tested_)
      if (tested.time) {
        plain.push_back({*tested.time, 1});
        weighted.push_back({*tested.time, tested.problem.weight});
      }
    if (plain.empty()) return std::nullopt;
    const stats::Difference mean = mean_of(weighted);
    Overall overall{plain.size(), change_of(mean_of(plain)), change_of(mean), mean.p_value(), false};
    overall.fails = gate_.geomean_budget && overall.weighted.estimate > *gate_.geomean_budget &&
                    overall.p_value <= kChance;
    return overall;
  }

 private:
  struct Tested {
    ProblemVerdict problem;
    std::optional<stats::Difference> time, cycles;
    std::string broken;
    const Collected* next = nullptr;
  };

  void add(const std::string& id, const Collected& base) {
    Tested tested;
    const auto found = next_.find(id);
    if (found != next_.end()) tested.next = &found->second;
    const bool timed = tested.next != nullptr && !tested.next->winners.empty();
    ProblemVerdict& problem = tested.problem;
    problem.problem = (timed ? *tested.next : base).winners.back()->problem;
    problem.weight = gate_.weight_of(problem.problem);
    problem.budget = gate_.budget_of(problem.problem);
    problem.base = figure_of(base.winners);
    problem.p_value = std::numeric_limits<double>::quiet_NaN();
    if (tested.next != nullptr) tested.broken = broken(base, *tested.next);
    if (timed) {
      const auto &before = base.winners, &after = tested.next->winners;
      problem.next = figure_of(after);
      tested.time = difference_of(before, after, false, pairing_);
      problem.time = change_of(*tested.time);
      problem.p_value = tested.time->p_value();
      if (clocks_known(before) && clocks_known(after)) {
        tested.cycles = difference_of(before, after, true, pairing_);
        problem.cycles = change_of(*tested.cycles);
      }
    }
    tested_.push_back(std::move(tested));
  }

  ProblemVerdict finish(Tested& tested) const {
    ProblemVerdict& problem = tested.problem;
    if (!tested.time) {
      judge_untimed(problem, tested.next);
    } else if (pairing_ == Pairing::interleaved && problem.base->config == problem.next->config) {
      problem.verdict = CompareVerdict::same;
      problem.reason = "the same configuration";
    } else {
      const Assessment assessment =
          assess(*tested.time, tested.cycles, problem.adjusted_p_value, gate_.min_effect);
      problem.verdict = assessment.verdict;
      problem.reason = assessment.reason;
      if (problem.verdict == CompareVerdict::unsure)
        problem.runs_needed = runs_needed(*tested.time, problem.base->runs, problem.next->runs,
                                          pairing_ == Pairing::interleaved, gate_.min_effect);
    }
    if (!tested.broken.empty()) {
      problem.verdict = CompareVerdict::wrong;
      problem.reason = tested.broken;
    }
    problem.fails = gate_.fail_on.contains(problem.verdict) &&
                    (problem.verdict != CompareVerdict::slower || problem.time->estimate > problem.budget);
    return problem;
  }

  ByProblem base_, next_;
  const Gate& gate_;
  Pairing pairing_;
  std::vector<Tested> tested_;
};

std::vector<Control> controls_of(const Side& base, const Side& next, Pairing pairing) {
  std::vector<Control> controls;
  if (pairing == Pairing::interleaved) return controls;  // one batch: they would be compared with themselves
  const auto before = library_rows(base), after = library_rows(next);
  std::map<std::string, std::vector<Weighed>> by_provider;
  for (const auto& [key, rows] : before)
    if (const auto found = after.find(key); found != after.end())
      by_provider[rows.front()->provider].push_back({difference_of(rows, found->second, false, pairing), 1});
  for (const auto& [provider, differences] : by_provider)
    controls.push_back({provider, differences.size(), change_of(mean_of(differences))});
  return controls;
}

std::vector<std::string> sources_of(const Side& side) {
  std::vector<std::string> sources;
  for (const Run& run : side.runs) sources.push_back(run.source);
  return sources;
}

/// What fails first; then by verdict, and the largest change first.
bool matters_more(const ProblemVerdict& a, const ProblemVerdict& b) {
  const auto key = [](const ProblemVerdict& p) {
    return std::make_tuple(!p.fails, p.verdict, p.time ? -std::abs(p.time->estimate) : 0, p.problem.n,
                           p.problem.k, p.problem.m);
  };
  return key(a) < key(b);
}

}  // namespace

std::size_t Comparison::count(CompareVerdict verdict) const {
  return static_cast<std::size_t>(std::count_if(
      problems.begin(), problems.end(), [&](const ProblemVerdict& p) { return p.verdict == verdict; }));
}

bool Comparison::fails() const {
  return (overall && overall->fails) ||
         std::any_of(problems.begin(), problems.end(), [](const ProblemVerdict& p) { return p.fails; });
}

bool Comparison::fails_with(CompareVerdict verdict) const {
  return std::any_of(problems.begin(), problems.end(),
                     [&](const ProblemVerdict& p) { return p.fails && p.verdict == verdict; });
}

Comparison compare(const Side& base, const Side& next, const Gate& gate, Pairing pairing) {
  Comparer comparer(base, next, gate, pairing);
  Comparison comparison;
  comparison.base_name = base.name;
  comparison.next_name = next.name;
  comparison.base_sources = sources_of(base);
  comparison.next_sources = sources_of(next);
  comparison.base = environment_of(base);
  comparison.next = environment_of(next);
  comparison.gate = gate;
  comparison.simulated = comparison.base.simulated || comparison.next.simulated;
  comparison.interleaved = pairing == Pairing::interleaved;
  comparison.changes = changes(base, next);
  comparison.problems = comparer.problems();
  std::sort(comparison.problems.begin(), comparison.problems.end(), matters_more);
  comparison.only_in_next = comparer.only_in_next();
  comparison.overall = comparer.overall();
  comparison.controls = controls_of(base, next, pairing);
  return comparison;
}

}  // namespace gemmtune::compare
