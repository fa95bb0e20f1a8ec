// When enough samples have been taken.
#pragma once

#include "stats/draws.h"

#include <cstddef>
#include <vector>

namespace gemmtune::stats {

/// `least` samples, and then more until the 95 % interval of their median is narrow enough: `precision` of
/// the median, or the timer's step, below which no sample narrows it. At most `most`; exactly `least` where
/// `most` is not above it. Where launches take turns over `draws`, the samples are judged as over_draws makes
/// them.
class StoppingRule {
 public:
  StoppingRule(std::size_t least, std::size_t most, double precision, double timer_step,
               std::size_t draws = 1)
      : least_(least), most_(most), precision_(precision), timer_step_(timer_step), draws_(draws) {}

  void add(double sample, std::size_t draw = 0) {
    samples_.push_back(sample);
    draw_of_.push_back(draw);
  }
  bool done() const;
  const std::vector<double>& samples() const { return samples_; }
  OverDraws over_draws() const { return stats::over_draws(samples_, draw_of_, draws_); }

 private:
  std::size_t least_, most_;
  double precision_, timer_step_;
  std::size_t draws_;
  std::vector<double> samples_;
  std::vector<std::size_t> draw_of_;
};

}  // namespace gemmtune::stats
