#include "cli/m_rounds.h"

#include "cli/plan.h"
#include "core/fields_of_problem.h"
#include "core/groups.h"
#include "store/table.h"
#include "util/error.h"
#include "util/text.h"

#include <algorithm>
#include <set>
#include <utility>

namespace gemmtune::cli {

namespace {

/// Of which most are of neighbours: eight of a grid's M, and twelve where nothing but the model looks for
/// what no neighbour has.
constexpr std::size_t kNeighbours = 8, kLooked = 20, kJudged = 32;

/// Look-up is by 64 bits, yet no kernel has been tried beyond.
constexpr std::int64_t kLargestM = 1 << 20;

/// A space of one point, which is tried though it may be a waste at this M.
SpaceSpec point(const std::string& kernel, const Config& config) {
  SpaceSpec spec;
  spec.source = "a neighbouring M";
  spec.kernel = kernel;
  spec.given = true;
  for (const auto& [name, value] : config) spec.parameters[name] = {value};
  return spec;
}

std::vector<TunedM> of_layer(const std::vector<TunedM>& all, const Problem& layer,
                             const std::vector<std::int64_t>& but) {
  std::vector<TunedM> tuned;
  for (const TunedM& there : all)
    if (may_answer(there.problem, layer) && std::ranges::find(but, there.problem.m) == but.end())
      tuned.push_back(there);
  std::ranges::sort(tuned, {}, [](const TunedM& t) { return t.problem.m; });
  return tuned;
}

Problem at(Problem layer, std::int64_t m) {
  layer.m = m;
  return layer;
}

}  // namespace

void add_m_option(Command& command, std::string& text) {
  command
      .option("--m", text,
              "in place of the problems' own M every M: auto for 1 to 8192, or A:B. Tunes a few, times what "
              "won there at others between them, and finds where the best configuration changes; the table "
              "answers for every M, and says what it loses at some that were not tuned. Goes with guided "
              "alone")
      .type_name("RANGE")
      .default_text("");
}

tune::MRange parse_m(const std::string& text) {
  if (text == "auto") return {};
  const std::size_t colon = text.find(':');
  tune::MRange range;
  if (colon == std::string::npos || !parse_whole(text.substr(0, colon), range.from) ||
      !parse_whole(text.substr(colon + 1), range.to) || range.from < 1 || range.to <= range.from ||
      range.to > kLargestM)
    throw UserError("--m: expected auto, or A:B with 1 <= A < B <= " + std::to_string(kLargestM) +
                    ", not \"" + printable(text) + "\"");
  return range;
}

MRounds::MRounds(Work work, const tune::MRange& range, DeviceLimits limits, std::uint64_t seed)
    : work_(std::move(work)),
      range_(range),
      steps_(tune::m_steps(range)),
      limits_(std::move(limits)),
      seed_(seed) {
  std::vector<Problem> layers;
  for (Problem& problem : work_.problems) {
    if (is_grouped(problem))
      throw UserError("--m: " + describe(problem) + " has groups, whose sizes say its M: leave it out");
    problem.weight = 1;
    if (std::ranges::none_of(layers, [&](const Problem& layer) { return may_answer(layer, problem); }))
      layers.push_back(problem);
  }
  work_.problems = std::move(layers);
  for (const Problem& problem : anchors().problems) asked_.insert(problem_id(problem));
}

Work MRounds::anchors() const {
  Work work = work_;
  work.problems.clear();
  for (const Problem& layer : work_.problems)
    for (const std::int64_t m : steps_.anchors) work.problems.push_back(at(layer, m));
  return work;
}

std::optional<MRound> MRounds::next(Journal journal, bool more) {
  if (judged_) return std::nullopt;
  std::erase_if(journal.rows, [&](const Row& row) { return !asked_.contains(problem_id(row.problem)); });
  const std::vector<TunedM> tuned = store::tuned_problems(journal);
  std::vector<Asked> asked;
  if (more)
    for (const Problem& layer : work_.problems)
      for (tune::MAsked& there : tune::next_ms(range_, of_layer(tuned, layer, steps_.checks)))
        asked.push_back({at(layer, there.m), std::move(there.above)});
  // What was asked for and has no winner would be asked for again, without end.
  std::erase_if(asked, [&](const Asked& one) { return !asked_.insert(problem_id(one.problem)).second; });
  if (!asked.empty()) return round_at(asked, tuned, kLooked);
  judged_ = true;
  const Table table = store::build_table(journal);
  for (const Problem& layer : work_.problems)
    for (const std::int64_t m : steps_.checks) {
      const store::Lookup found = store::lookup(table, at(layer, m));
      if (found.entry != nullptr) asked.push_back({at(layer, m), found.entry->config});
    }
  MRound round = round_at(asked, tuned, kJudged);
  round.judges = true;
  return round;
}

MRound MRounds::round_at(const std::vector<Asked>& asked, const std::vector<TunedM>& tuned,
                         std::size_t most) {
  PlanBuilder builder(limits_, seed_);
  std::vector<std::vector<Config>> neighbours;
  for (const auto& [problem, above] : asked) {
    std::vector<Config>& near = neighbours.emplace_back(
        tune::neighbours_of(problem.m, of_layer(tuned, problem, steps_.checks), kNeighbours));
    std::erase(near, above);
    near.insert(near.begin(), above);
    std::vector<SpaceSpec> spaces = work_.spaces.at(problem.kernel);
    for (const Config& config : near) spaces.push_back(point(problem.kernel, config));
    builder.add(problem, spaces);
  }
  MRound round;
  round.plan = builder.take();
  round.most = most;
  for (std::size_t i = 0; i < asked.size(); ++i) {
    std::vector<std::size_t>& first = round.first.emplace_back();
    const std::vector<tune::Candidate>& candidates = round.plan.problems[i].candidates;
    for (const Config& config : neighbours[i]) {
      const auto found = std::ranges::find(candidates, config, &tune::Candidate::config);
      if (found != candidates.end()) first.push_back(static_cast<std::size_t>(found - candidates.begin()));
    }
  }
  return round;
}

}  // namespace gemmtune::cli
