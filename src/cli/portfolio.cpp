#include "cli/portfolio.h"

#include "cli/log.h"
#include "core/fields_of_problem.h"
#include "store/journal.h"
#include "util/error.h"

#include <algorithm>
#include <set>
#include <utility>

namespace gemmtune::cli {

namespace {

std::string id_of(const tune::Recorded& recorded) {
  return problem_id(recorded.problem);
}

/// What the weights of a sweep count is its own: those of one may be layers of a model, of another 1. NOTES:
/// dsv3 weighs 58 to 61 a problem, unseen 1: chosen for both as they were, picks lost 2.71 % (11.1 at p95) of
/// each layer left out, and 2.49 (8.2) with means of 1; that sweep of unseen is not kept.
double mean_weight(std::span<const tune::Recorded> problems) {
  double sum = 0;
  for (const tune::Recorded& recorded : problems) sum += recorded.problem.weight;
  return sum / static_cast<double>(problems.size());
}

}  // namespace

PortfolioSource read_portfolio_source(const std::vector<std::string>& folders,
                                      const std::vector<std::string>& tried) {
  PortfolioSource source;
  std::set<std::string> known;
  const auto read = [&](const std::string& folder, bool only_tried) {
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
    if (source.policy.empty()) {
      source.environment = journal.headers.empty() ? Environment{} : journal.headers.back().environment;
      for (const std::optional<Row>& raced : problems.front().raced)
        if (raced) source.policy = raced->policy;
    }
    const double mean = mean_weight(problems);
    std::size_t again = 0;
    for (tune::Recorded& problem : problems) {
      const std::string id = problem_id(problem.problem);
      if (known.insert(id).second) {
        if (!only_tried) source.weights.push_back(mean > 0 ? problem.problem.weight / mean : 0);
        source.problems.push_back(std::move(problem));
      } else if (only_tried ||
                 tune::add_cells(*std::ranges::find(source.problems, id, &id_of), problem) == 0) {
        ++again;
      }
    }
    if (again > 0) log_warn("{}: {} problems are in a folder before it too, and count there", folder, again);
  };
  for (const std::string& folder : folders) read(folder, /*only_tried=*/false);
  source.chosen_for = source.problems.size();
  for (const std::string& folder : tried) read(folder, /*only_tried=*/true);
  return source;
}

namespace {

/// For each problem the number of its layer: what differs in M alone is one.
std::vector<std::size_t> layers_of(std::span<const tune::Recorded> problems) {
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

std::vector<double> padded(std::vector<double> list, std::size_t size) {
  list.resize(size, 0.0);
  return list;
}

store::StepRegret regret_of(std::span<const std::optional<double>> losses) {
  std::vector<StepCheck> checks;
  for (const std::optional<double>& loss : losses) checks.push_back({{}, 0, 1, loss});
  return store::regret_of(checks);
}

PickRegret picked(std::span<const std::optional<Pick>> picks) {
  PickRegret regret;
  std::vector<std::optional<double>> losses;
  for (const std::optional<Pick>& pick : picks) {
    losses.push_back(pick ? pick->loss : std::nullopt);
    regret.other_launch += pick && pick->loss && pick->another_launch;
  }
  regret.regret = regret_of(losses);
  return regret;
}

std::span<const std::size_t> first(const std::vector<std::size_t>& list, std::size_t count) {
  return std::span(list).first(std::min(count, list.size()));
}

}  // namespace

Portfolio::Portfolio(const PortfolioSource& source, std::size_t most)
    : problems_(source.problems),
      chosen_for_(source.chosen_for),
      losses_(tune::losses_of(problems_)),
      layers_(layers_of(std::span(problems_).first(chosen_for_))),
      models_(problems_),
      shares_(padded(tune::shares_of(layers_), problems_.size())) {
  std::vector<double> weights = shares_;
  for (std::size_t p = 0; p < chosen_for_; ++p) weights[p] *= source.weights[p];
  chosen_ = tune::greedy_cover(losses_, weights, most);
  const std::size_t layers = layers_.empty() ? 0 : *std::ranges::max_element(layers_) + 1;
  for (std::size_t layer = 0; layer < layers; ++layer) {
    std::vector<double> of_others = weights;
    for (std::size_t p = 0; p < chosen_for_; ++p)
      if (layers_[p] == layer) of_others[p] = 0;
    without_.push_back(layers > 1 ? tune::greedy_cover(losses_, of_others, most)
                                  : std::vector<std::size_t>());
  }
}

std::size_t Portfolio::cells() const {
  std::size_t cells = 0;
  for (const auto& of_problem : losses_.of)
    cells += static_cast<std::size_t>(
        std::ranges::count_if(of_problem, [](const auto& l) { return l.has_value(); }));
  return cells;
}

PortfolioPoint Portfolio::at(std::size_t count) const {
  PortfolioPoint point;
  point.cubins = count;
  const auto fitted = tune::covered(losses_, first(chosen_, count));
  point.fitted = regret_of(std::span(fitted).first(chosen_for_));
  std::vector<std::optional<double>> others(chosen_for_);
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
  return models_.fitted_on(shares_);
}

std::vector<exports::CubinCorrection> Portfolio::corrections() const {
  return models_.corrections(shares_, losses_, chosen_, picker());
}

std::vector<std::optional<Pick>> Portfolio::picks_of(const std::vector<std::size_t>& cubins,
                                                     const std::vector<double>& weights) const {
  launch::PickerData models = models_.fitted_on(weights);
  auto corrections = models_.corrections(weights, losses_, cubins, models);
  return picks(problems_, losses_, cubins, std::move(models), std::move(corrections));
}

PickRegret Portfolio::picked_where_fitted() const {
  const auto all = picks_of(chosen_, shares_);
  return picked(std::span(all).first(chosen_for_));
}

PickRegret Portfolio::picked_elsewhere() const {
  std::vector<std::optional<Pick>> all(chosen_for_);
  for (std::size_t layer = 0; layer < without_.size(); ++layer) {
    std::vector<double> weights = shares_;
    for (std::size_t p = 0; p < chosen_for_; ++p)
      if (layers_[p] == layer) weights[p] = 0;
    const auto here = picks_of(without_[layer], weights);
    for (std::size_t p = 0; p < all.size(); ++p)
      if (layers_[p] == layer) all[p] = here[p];
  }
  return picked(all);
}

store::StepRegret Portfolio::tried() const {
  const auto all = tune::covered(losses_, chosen_);
  return regret_of(std::span(all).subspan(chosen_for_));
}

PickRegret Portfolio::picked_where_tried() const {
  return picked(picks_where_tried());
}

std::vector<std::optional<Pick>> Portfolio::picks_where_tried() const {
  const auto all = picks_of(chosen_, shares_);
  const auto tried = std::span(all).subspan(chosen_for_);
  return {tried.begin(), tried.end()};
}

}  // namespace gemmtune::cli
