#include "cli/portfolio.h"

#include "cli/log.h"
#include "core/fields_of_problem.h"
#include "store/journal.h"
#include "util/error.h"

#include <algorithm>
#include <set>
#include <utility>

namespace gemmtune::cli {

PortfolioSource read_portfolio_source(const std::vector<std::string>& folders) {
  PortfolioSource source;
  std::set<std::string> known;
  for (const std::string& folder : folders) {
    const Journal journal = store::read_journal(store::find_journal(folder));
    for (const std::string& line : journal.damaged) log_warn("skipped {}", line);
    std::vector<tune::Recorded> problems = tune::recorded_problems(journal);
    if (problems.empty())
      throw UserError(
          folder +
          ": nothing to choose from: it has no problem whose candidates were screened and raced. Name "
          "the whole journal of a sweep (races.jsonl.gz has the races alone)");
    const Row& row = journal.rows.front();
    if (!source.device.empty() && row.device != source.device)
      throw UserError(folder + " is of " + row.device + ", and others are of " + source.device +
                      ": what is fast on one says nothing of the other");
    source.device = row.device;
    source.simulated = source.simulated || row.simulated;
    std::size_t again = 0;
    for (tune::Recorded& problem : problems)
      if (known.insert(problem_id(problem.problem)).second)
        source.problems.push_back(std::move(problem));
      else
        ++again;
    if (again > 0) log_warn("{}: {} problems are in a folder before it too, and count there", folder, again);
  }
  return source;
}

namespace {

/// For each problem the number of its layer: what differs in M alone is one.
std::vector<std::size_t> layers_of(const std::vector<tune::Recorded>& problems) {
  std::vector<std::size_t> layers;
  std::vector<const Problem*> firsts;
  for (const tune::Recorded& recorded : problems) {
    const auto first =
        std::ranges::find_if(firsts, [&](const Problem* p) { return may_answer(*p, recorded.problem); });
    layers.push_back(static_cast<std::size_t>(first - firsts.begin()));
    if (first == firsts.end()) firsts.push_back(&recorded.problem);
  }
  return layers;
}

store::StepRegret regret_of(const std::vector<std::optional<double>>& losses) {
  std::vector<StepCheck> checks;
  for (const std::optional<double>& loss : losses) checks.push_back({{}, 0, 1, loss});
  return store::regret_of(checks);
}

std::span<const std::size_t> first(const std::vector<std::size_t>& list, std::size_t count) {
  return std::span(list).first(std::min(count, list.size()));
}

}  // namespace

Portfolio::Portfolio(const std::vector<tune::Recorded>& problems, std::size_t most)
    : problems_(problems),
      losses_(tune::losses_of(problems)),
      layers_(layers_of(problems)),
      models_(problems) {
  std::vector<double> weights;
  for (const tune::Recorded& recorded : problems) weights.push_back(recorded.problem.weight);
  chosen_ = tune::greedy_cover(losses_, weights, most);
  const std::size_t layers = layers_.empty() ? 0 : *std::ranges::max_element(layers_) + 1;
  for (std::size_t layer = 0; layer < layers; ++layer) {
    std::vector<double> of_others = weights;
    for (std::size_t p = 0; p < problems.size(); ++p)
      if (layers_[p] == layer) of_others[p] = 0;
    without_.push_back(layers > 1 ? tune::greedy_cover(losses_, of_others, most)
                                  : std::vector<std::size_t>());
  }
}

PortfolioPoint Portfolio::at(std::size_t count) const {
  PortfolioPoint point;
  point.cubins = count;
  point.fitted = regret_of(tune::covered(losses_, first(chosen_, count)));
  std::vector<std::optional<double>> others(problems_.size());
  for (std::size_t layer = 0; layer < without_.size(); ++layer) {
    const auto covered = tune::covered(losses_, first(without_[layer], count));
    for (std::size_t p = 0; p < others.size(); ++p)
      if (layers_[p] == layer) others[p] = covered[p];
  }
  point.others = regret_of(others);
  return point;
}

std::vector<PortfolioPoint> Portfolio::curve() const {
  std::vector<PortfolioPoint> curve;
  for (std::size_t count = 1, step = 1; count < chosen_.size(); count += step) {
    curve.push_back(at(count));
    if (count >= 4 && (count & (count - 1)) == 0) step = count / 2;
  }
  curve.push_back(at(chosen_.size()));
  return curve;
}

std::optional<std::size_t> Portfolio::taken_by(std::size_t problem) const {
  std::optional<std::size_t> best;
  for (const std::size_t cubin : chosen_)
    if (const auto& loss = losses_.of[problem][cubin]; loss && (!best || *loss < losses_.of[problem][*best]))
      best = cubin;
  return best;
}

launch::PickerData Portfolio::picker() const {
  return models_.fitted_on(std::vector<bool>(problems_.size(), true));
}

PickRegret Portfolio::picked_where_fitted() const {
  return picked(picks(problems_, losses_, chosen_, picker()));
}

PickRegret Portfolio::picked_elsewhere() const {
  std::vector<std::optional<Pick>> all(problems_.size());
  for (std::size_t layer = 0; layer < without_.size(); ++layer) {
    std::vector<bool> counts;
    for (const std::size_t of : layers_) counts.push_back(of != layer);
    const auto here = picks(problems_, losses_, without_[layer], models_.fitted_on(counts));
    for (std::size_t p = 0; p < all.size(); ++p)
      if (!counts[p]) all[p] = here[p];
  }
  return picked(all);
}

PickRegret Portfolio::picked(const std::vector<std::optional<Pick>>& picks) const {
  PickRegret regret;
  std::vector<std::optional<double>> losses;
  for (const std::optional<Pick>& pick : picks) {
    losses.push_back(pick ? pick->loss : std::nullopt);
    regret.other_launch += pick && pick->loss && pick->another_launch;
  }
  regret.regret = regret_of(losses);
  return regret;
}

}  // namespace gemmtune::cli
