// Walks from the fastest candidate so far to its neighbours.
#include "space/strategy.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <set>
#include <string>
#include <utility>

namespace gemmtune::space {

namespace {

/// Candidates a round.
constexpr std::size_t kRound = 16;

/// Where each candidate is: of each parameter the place of its value among all values that candidates have.
/// A parameter that a candidate lacks is 0 there.
std::vector<std::vector<int>> places_of(const std::vector<Config>& candidates) {
  std::map<std::string, std::set<std::int64_t>> values;
  for (const Config& config : candidates)
    for (const auto& [name, value] : config) values[name].insert({0, value});
  std::vector<std::vector<int>> places;
  for (const Config& config : candidates) {
    std::vector<int>& place = places.emplace_back();
    for (const auto& [name, known] : values) {
      const auto found = config.find(name);
      const std::int64_t value = found == config.end() ? 0 : found->second;
      place.push_back(static_cast<int>(std::distance(known.begin(), known.find(value))));
    }
  }
  return places;
}

class Local : public Strategy {
 public:
  explicit Local(Choice choice)
      : lot_(order(choice.candidates.size(), choice.seed + 1)),
        places_(places_of(choice.candidates)),
        left_(choice.most == 0 ? lot_.size() : std::min(choice.most, lot_.size())),
        named_(lot_.size(), false) {}

  std::vector<std::size_t> next() override {
    // A round that found nothing faster: the neighbourhood is exhausted, as far as a round looks.
    std::vector<std::size_t> round = improved_ && best_ ? nearest() : drawn();
    if (!improved_) best_.reset();  // walks on from the best of those that were drawn
    improved_ = false;
    for (const std::size_t candidate : round) named_[candidate] = true;
    left_ -= round.size();
    return round;
  }

  void tell(std::size_t candidate, std::optional<double> time_us) override {
    if (!time_us || (best_ && best_->time_us <= *time_us)) return;
    best_ = Measured{candidate, *time_us};
    improved_ = true;
  }

 private:
  std::size_t round_size() const { return std::min(kRound, left_); }

  std::vector<std::size_t> drawn() const {
    std::vector<std::size_t> round;
    for (const std::size_t candidate : lot_) {
      if (round.size() == round_size()) break;
      if (!named_[candidate]) round.push_back(candidate);
    }
    return round;
  }

  /// Those not named yet that differ by the fewest steps; of equals what was drawn first.
  std::vector<std::size_t> nearest() const {
    std::vector<std::pair<int, std::size_t>> by_distance;
    for (const std::size_t candidate : lot_)
      if (!named_[candidate]) by_distance.emplace_back(distance(candidate, best_->candidate), candidate);
    std::ranges::stable_sort(by_distance, {}, &std::pair<int, std::size_t>::first);
    by_distance.resize(std::min(round_size(), by_distance.size()));
    std::vector<std::size_t> round;
    for (const auto& [steps, candidate] : by_distance) round.push_back(candidate);
    return round;
  }

  int distance(std::size_t a, std::size_t b) const {
    int steps = 0;
    for (std::size_t i = 0; i < places_[a].size(); ++i) steps += std::abs(places_[a][i] - places_[b][i]);
    return steps;
  }

  const std::vector<std::size_t> lot_;
  const std::vector<std::vector<int>> places_;
  std::size_t left_;
  std::vector<bool> named_;
  std::optional<Measured> best_;
  bool improved_ = false;
};

}  // namespace

std::unique_ptr<Strategy> make_local(Choice choice) {
  return std::make_unique<Local>(std::move(choice));
}

}  // namespace gemmtune::space
