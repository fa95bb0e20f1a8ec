// A batch of timed rounds under a policy: settled, warmed up, and repeated until the figures are good enough.
#pragma once

#include "core/messages.h"
#include "stats/stopping.h"
#include "stats/summary.h"
#include "worker/measure/settling.h"
#include "worker/measure/timed_region.h"

#include <algorithm>
#include <cstddef>
#include <utility>
#include <vector>

namespace gemmtune::measure {

/// On a Device and a Clock as TimedRegion wants them; the clock sleeps too.
template <typename Device, typename Clock>
class Batch {
 public:
  Batch(Device& device, Clock& clock, std::size_t contenders, const Policy& policy)
      : clock_(clock), contenders_(contenders), policy_(policy), region_(device, clock) {}

  /// Rounds of all contenders until each of them is done: those that are done go on meanwhile, so that all
  /// share the same conditions. One timing a contender: its samples, and the median of its clock readings.
  MeasureReport run() {
    if (policy_.regime == PowerRegime::sustained) settle();
    for (int i = 0; i < policy_.warmup; ++i) round();
    std::vector<stats::StoppingRule> rules(
        contenders_, stats::StoppingRule(static_cast<std::size_t>(policy_.samples),
                                         static_cast<std::size_t>(policy_.max_samples), policy_.precision,
                                         stats::kTimerStepUs));
    std::vector<std::vector<double>> clocks_mhz(contenders_);
    do {
      const std::vector<Sample> samples = round();
      for (std::size_t c = 0; c < contenders_; ++c) {
        rules[c].add(samples[c].time_us);
        clocks_mhz[c].push_back(samples[c].sm_clock_mhz);
      }
    } while (!std::ranges::all_of(rules, &stats::StoppingRule::done));
    MeasureReport report{std::vector<Timing>(contenders_), gpu_};
    for (std::size_t c = 0; c < contenders_; ++c) {
      report.timings[c].samples_us = rules[c].samples();
      report.timings[c].sm_clock_mhz = stats::median(std::move(clocks_mhz[c]));
    }
    return report;
  }

 private:
  /// In the pattern of the samples, so that the board settles at the load which they make.
  void settle() {
    Settling settling(clock_.now_s());
    while (!settling.settled())
      for (const Sample& sample : round()) settling.add(clock_.now_s(), sample.sm_clock_mhz);
  }

  std::vector<Sample> round() {
    Round round = region_.round(contenders_, policy_.l2 == L2Policy::cold_memset512);
    gpu_.working_s += round.working_s;
    if (policy_.regime == PowerRegime::burst) rest(round.samples);
    return std::move(round.samples);
  }

  /// Twice as long as the contenders worked, so that the board's average power stays off its cap.
  void rest(const std::vector<Sample>& samples) {
    double busy_s = 0;
    for (const Sample& sample : samples) busy_s += sample.time_us * 1e-6;
    const double start_s = clock_.now_s();
    clock_.sleep_s(2 * busy_s);
    gpu_.resting_s += clock_.now_s() - start_s;
  }

  Clock& clock_;
  std::size_t contenders_;
  const Policy& policy_;
  TimedRegion<Device, Clock> region_;
  GpuTime gpu_;
};

}  // namespace gemmtune::measure
