#include "stats/change_points.h"

#include <algorithm>
#include <cmath>
#include <optional>

namespace gemmtune::stats {

namespace {

class Cutter {
 public:
  Cutter(std::span<const LogFigure> series, std::span<const std::size_t> places, double min_effect,
         double chance, const ProcessNoise& noise)
      : series_(series), places_(places), min_effect_(min_effect), chance_(chance), noise_(noise) {}

  void cut(std::size_t begin, std::size_t end) {
    std::optional<std::size_t> surest;
    double smallest = chance_ / static_cast<double>(std::max<std::size_t>(1, places_.size()));
    for (const std::size_t place : places_) {
      if (place <= begin || place >= end) continue;
      const Difference found = between(begin, place, end);
      if (std::abs(found.estimate) < min_effect_ || found.p_value() > smallest) continue;
      smallest = found.p_value();
      surest = place;
    }
    if (!surest) return;
    cut(begin, *surest);
    cuts_.push_back(*surest);
    cut(*surest, end);
  }

  /// With the levels as they are once every cut is made.
  std::vector<ChangePoint> points() const {
    std::vector<ChangePoint> found;
    for (std::size_t i = 0; i < cuts_.size(); ++i) {
      const std::size_t begin = i == 0 ? 0 : cuts_[i - 1];
      const std::size_t end = i + 1 == cuts_.size() ? series_.size() : cuts_[i + 1];
      found.push_back({cuts_[i], between(begin, cuts_[i], end)});
    }
    return found;
  }

 private:
  Difference between(std::size_t begin, std::size_t place, std::size_t end) const {
    return difference(series_.subspan(begin, place - begin), series_.subspan(place, end - place), noise_);
  }

  std::span<const LogFigure> series_;
  std::span<const std::size_t> places_;
  double min_effect_, chance_;
  const ProcessNoise& noise_;
  std::vector<std::size_t> cuts_;
};

}  // namespace

std::vector<ChangePoint> change_points(std::span<const LogFigure> series, std::span<const std::size_t> places,
                                       double min_effect, double chance, const ProcessNoise& noise) {
  Cutter cutter(series, places, min_effect, chance, noise);
  cutter.cut(0, series.size());
  return cutter.points();
}

}  // namespace gemmtune::stats
