// When enough samples have been taken.
#pragma once

#include <cstddef>
#include <vector>

namespace gemmtune::stats {

/// `least` samples, and then more until the 95 % interval of their median is narrow enough: `precision` of
/// the median, or the timer's step, below which no sample narrows it. At most `most`; exactly `least` where
/// `most` is not above it.
class StoppingRule {
 public:
  StoppingRule(std::size_t least, std::size_t most, double precision, double timer_step)
      : least_(least), most_(most), precision_(precision), timer_step_(timer_step) {}

  void add(double sample) { samples_.push_back(sample); }
  bool done() const;
  const std::vector<double>& samples() const { return samples_; }

 private:
  std::size_t least_, most_;
  double precision_, timer_step_;
  std::vector<double> samples_;
};

}  // namespace gemmtune::stats
