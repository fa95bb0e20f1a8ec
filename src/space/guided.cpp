// Times what a model expects to be fastest: first one launch of each of many kernels, then, after the model
// was refitted, whatever is best by it.
#include "space/strategy.h"
#include "util/error.h"

#include <algorithm>
#include <numeric>
#include <set>
#include <utility>

namespace gemmtune::space {

namespace {

/// Of all candidates that may be timed, so much in the first round, and the rest in so many rounds.
constexpr std::size_t kFirstShare = 2;
constexpr std::size_t kLaterRounds = 3;

class Guided : public Strategy {
 public:
  explicit Guided(Choice choice)
      : cubins_(std::move(choice.cubins)),
        model_(std::move(choice.model)),
        left_(std::min(choice.most == 0 ? choice.candidates.size() : choice.most, choice.candidates.size())),
        named_(choice.candidates.size(), false) {
    ensure(model_ != nullptr && cubins_.size() == named_.size(), "a guided search without its model");
    first_ = (left_ + kFirstShare - 1) / kFirstShare;
    later_ = std::max<std::size_t>(1, (left_ - first_ + kLaterRounds - 1) / kLaterRounds);
  }

  std::vector<std::size_t> next() override {
    if (left_ == 0) return {};
    const std::vector<std::size_t> ranked = ranking();
    std::vector<std::size_t> round;
    if (first_ > 0) name(round, ranked, std::exchange(first_, 0), /*one_a_cubin=*/true);
    if (round.empty()) name(round, ranked, std::min(later_, left_), /*one_a_cubin=*/false);
    left_ -= round.size();
    return round;
  }

  void tell(std::size_t candidate, std::optional<double> time_us) override {
    if (time_us) measured_.push_back({candidate, *time_us});
  }

 private:
  /// All candidates, the fastest by the model first.
  std::vector<std::size_t> ranking() const {
    const std::vector<double> expected = model_(measured_);
    std::vector<std::size_t> ranked(named_.size());
    std::iota(ranked.begin(), ranked.end(), std::size_t{0});
    std::ranges::stable_sort(ranked, {}, [&](std::size_t candidate) { return expected.at(candidate); });
    return ranked;
  }

  void name(std::vector<std::size_t>& round, const std::vector<std::size_t>& ranked, std::size_t count,
            bool one_a_cubin) {
    std::set<std::size_t> cubins;
    for (const std::size_t candidate : ranked) {
      if (round.size() == count) return;
      if (named_[candidate] || (one_a_cubin && !cubins.insert(cubins_[candidate]).second)) continue;
      named_[candidate] = true;
      round.push_back(candidate);
    }
  }

  const std::vector<std::size_t> cubins_;
  const Model model_;
  std::size_t left_;
  std::size_t first_ = 0;  ///< of the first round; 0 once it was
  std::size_t later_ = 0;  ///< of each other
  std::vector<bool> named_;
  std::vector<Measured> measured_;
};

}  // namespace

std::unique_ptr<Strategy> make_guided(Choice choice) {
  return std::make_unique<Guided>(std::move(choice));
}

}  // namespace gemmtune::space
