#include "tune/replay.h"

#include "family/family.h"
#include "tune/finalists.h"

#include <algorithm>
#include <map>
#include <set>
#include <utility>

namespace gemmtune::tune {

namespace {

/// The policy of the first screening is the one under which most rows are.
std::string first_policy(const Journal& journal) {
  std::map<std::string, std::size_t> rows;
  for (const Row& row : journal.rows)
    if (row.provider == provider::kGemmtune && row.stage == Stage::screen) ++rows[row.policy];
  const auto most = std::ranges::max_element(rows, {}, [](const auto& entry) { return entry.second; });
  return most == rows.end() ? "" : most->first;
}

/// `rows` with what is known of the same candidates from a later stage.
std::vector<Row> later(std::vector<Row> rows, const std::vector<std::optional<Row>>& stage,
                       const std::map<Config, std::size_t>& candidates) {
  for (Row& row : rows)
    if (const auto& found = stage[candidates.at(row.config)]) row = *found;
  return rows;
}

/// What a sweep would choose that timed these candidates.
std::optional<Replayed> chosen(const Recorded& recorded, const std::vector<std::size_t>& asked,
                               const Narrowing& most) {
  std::vector<Row> screened;
  std::set<std::size_t> cubins;
  std::map<Config, std::size_t> candidates;
  for (const std::size_t candidate : asked) {
    screened.push_back(recorded.screened[candidate]);
    candidates.emplace(screened.back().config, candidate);
    cubins.insert(recorded.cubins[candidate]);
  }
  const std::vector<Row> near_best =
      later(near_best_of(screened, most.near_best), recorded.near_best, candidates);
  std::vector<Row> raced = later(finalists_of(near_best, most.finalists), recorded.raced, candidates);
  const Row* const winner = winner_of(raced);
  if (winner == nullptr) return std::nullopt;
  Replayed replayed;
  replayed.evaluated = screened.size();
  replayed.cubins = cubins.size();
  replayed.winner = candidates.at(winner->config);
  replayed.time_us = *recorded.time_us(replayed.winner);
  replayed.regret = replayed.time_us / *recorded.best_us() - 1;
  return replayed;
}

}  // namespace

std::vector<space::Measured> Recorded::measured() const {
  std::vector<space::Measured> all;
  for (std::size_t i = 0; i < screened.size(); ++i)
    if (screened[i].invalidity == Invalidity::correct && screened[i].time_us)
      all.push_back({i, *screened[i].time_us});
  return all;
}

std::optional<double> Recorded::time_us(std::size_t candidate) const {
  for (const auto* stage : {&raced, &near_best})
    if (const auto& row = (*stage)[candidate]; row && row->time_us) return row->time_us;
  return screened[candidate].time_us;
}

std::optional<std::size_t> Recorded::fastest() const {
  std::optional<std::size_t> best;
  for (std::size_t i = 0; i < raced.size(); ++i)
    if (raced[i] && raced[i]->time_us && (!best || *raced[i]->time_us < *raced[*best]->time_us)) best = i;
  return best;
}

std::optional<double> Recorded::best_us() const {
  const auto best = fastest();
  return best ? raced[*best]->time_us : std::nullopt;
}

std::vector<Recorded> recorded_problems(const Journal& journal) {
  const std::string first = first_policy(journal);
  std::vector<Recorded> problems;
  std::map<std::string, std::size_t> places;
  std::vector<std::map<Config, std::size_t>> candidates;
  std::vector<std::map<Config, std::size_t>> cubins;
  const auto ours = [](const Row& row) { return row.provider == provider::kGemmtune && !row.config.empty(); };
  for (const Row& row : journal.rows) {
    if (!ours(row) || row.stage != Stage::screen || row.policy != first) continue;
    const auto [place, is_new] = places.try_emplace(problem_id(row.problem), problems.size());
    if (is_new) {
      problems.push_back({row.problem, {}, {}, {}, {}, {}});
      candidates.emplace_back();
      cubins.emplace_back();
    }
    const std::size_t i = place->second;
    if (!candidates[i].try_emplace(row.config, problems[i].candidates.size()).second) continue;
    const Config compiled = family::require(row.problem.kernel).compiled(row.config, row.problem);
    problems[i].cubins.push_back(cubins[i].try_emplace(compiled, cubins[i].size()).first->second);
    problems[i].candidates.push_back(row.config);
    problems[i].screened.push_back(row);
  }
  for (Recorded& problem : problems) {
    problem.near_best.resize(problem.candidates.size());
    problem.raced.resize(problem.candidates.size());
  }
  for (const Row& row : journal.rows) {
    const auto place = places.find(problem_id(row.problem));
    if (!ours(row) || row.policy == first || row.stage == Stage::sustained || place == places.end()) continue;
    const auto candidate = candidates[place->second].find(row.config);
    if (candidate == candidates[place->second].end()) continue;
    Recorded& problem = problems[place->second];
    (row.stage == Stage::final ? problem.raced : problem.near_best)[candidate->second] = row;
  }
  std::erase_if(problems, [](const Recorded& problem) { return !problem.best_us(); });
  return problems;
}

std::size_t add_cells(Recorded& to, const Recorded& from) {
  const std::size_t fastest = to.fastest().value();
  const Config winner = to.candidates[fastest];
  const double winner_us = *to.raced[fastest]->time_us;
  const auto found = std::ranges::find(from.candidates, winner);
  if (found == from.candidates.end()) return 0;
  const auto there = static_cast<std::size_t>(found - from.candidates.begin());
  const auto last_us = from.time_us(there);
  if (from.screened[there].invalidity != Invalidity::correct || !last_us) return 0;
  // Times of each stage by the winner's in that stage, where it was in it.
  const auto scaled = [&](Row row, const std::optional<Row>& winners) {
    const double factor = winner_us / (winners && winners->time_us ? *winners->time_us : *last_us);
    for (auto* time : {&row.time_us, &row.time_us_low, &row.time_us_high})
      if (*time) **time *= factor;
    for (auto* rate : {&row.tflops, &row.gbps})
      if (*rate) **rate /= factor;
    for (double& time_us : row.draws_us) time_us *= factor;
    row.samples_us.clear(), row.sm_cycles.reset(), row.energy_j.reset();
    return row;
  };
  const family::Family& family = family::require(to.problem.kernel);
  std::map<Config, std::size_t> cubins;
  for (std::size_t i = 0; i < to.candidates.size(); ++i)
    cubins.try_emplace(family.compiled(to.candidates[i], to.problem), to.cubins[i]);
  const std::set<Config> known(to.candidates.begin(), to.candidates.end());
  for (std::size_t i = 0; i < from.candidates.size(); ++i) {
    if (known.contains(from.candidates[i])) continue;
    const auto later = [&](const std::vector<std::optional<Row>>& stage) {
      return stage[i] ? std::optional(scaled(*stage[i], stage[there])) : std::nullopt;
    };
    const Config compiled = family.compiled(from.candidates[i], to.problem);
    to.candidates.push_back(from.candidates[i]);
    to.cubins.push_back(cubins.try_emplace(compiled, cubins.size()).first->second);
    to.screened.push_back(scaled(from.screened[i], from.screened[there]));
    to.near_best.push_back(later(from.near_best));
    to.raced.push_back(later(from.raced));
  }
  return to.candidates.size() - known.size();
}

std::vector<std::optional<Replayed>> replay(std::span<const Recorded> problems, Turns turns,
                                            const Narrowing& most) {
  std::vector<std::vector<std::size_t>> asked(problems.size());
  std::vector<std::optional<Replayed>> replayed(problems.size());
  while (const Turns::Turn* turn = turns.turn()) {
    const std::size_t index = turn->index;
    std::vector<std::optional<double>> times;
    for (const std::size_t candidate : turn->round) {
      const Row& row = problems[index].screened[candidate];
      asked[index].push_back(candidate);
      times.push_back(row.invalidity == Invalidity::correct ? row.time_us : std::optional<double>());
    }
    if (!turns.tell(times)) replayed[index] = chosen(problems[index], asked[index], most);
  }
  return replayed;
}

}  // namespace gemmtune::tune
