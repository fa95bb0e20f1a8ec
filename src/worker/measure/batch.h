// A batch of timed rounds under a policy: settled, and repeated until the figures are good enough.
#pragma once

#include "core/messages.h"
#include "stats/stopping.h"
#include "stats/summary.h"
#include "worker/measure/energy.h"
#include "worker/measure/settling.h"
#include "worker/measure/timed_region.h"

#include <algorithm>
#include <cstddef>
#include <functional>
#include <utility>
#include <vector>

namespace gemmtune::measure {

/// On a Device and a Clock as TimedRegion wants them; the clock sleeps too.
template <typename Device, typename Clock>
class Batch {
 public:
  /// `rested_s`: the moment from which on the device has rested from the batches before; moved on by this
  /// one. `draws`: each launch of a contender is on the draw after that of the one before; the first on 0.
  /// `meter`: the energy that the whole board has used since some moment, in joules, 0 where nobody knows; it
  /// is read during blocks, where there is one.
  Batch(Device& device, Clock& clock, std::size_t contenders, const Policy& policy, double& rested_s,
        std::size_t draws = 1, std::function<double()> meter = {})
      : device_(device),
        clock_(clock),
        contenders_(contenders),
        policy_(policy),
        rested_s_(rested_s),
        draws_(draws),
        meter_(std::move(meter)),
        energies_j_(contenders),
        region_(device, clock) {}

  /// Rounds of all contenders until each of them is done: those that are done go on meanwhile, so that all
  /// share the same conditions. One timing a contender: its samples, the median of its clock readings, and
  /// what the first of its samples ran.
  MeasureReport run() {
    const bool blocks = policy_.regime == PowerRegime::blocks;
    if (policy_.regime != PowerRegime::burst) settle();
    // A block's sample is a mean over all draws.
    const std::size_t draws = blocks ? 1 : draws_;
    std::vector<stats::StoppingRule> rules(
        contenders_, stats::StoppingRule(static_cast<std::size_t>(policy_.samples),
                                         static_cast<std::size_t>(policy_.max_samples), policy_.precision,
                                         stats::kTimerStepUs, draws));
    std::vector<std::vector<double>> clocks_mhz(contenders_);
    MeasureReport report{std::vector<Timing>(contenders_), {}};
    int left = std::max(policy_.samples, policy_.max_samples);
    do {
      const int timed = blocks ? 1 : std::min(policy_.turn, left);
      const std::size_t first_draw = launched_ + static_cast<std::size_t>(policy_.warmup);
      std::vector<Sample> samples = blocks ? round_of_blocks() : round(timed);
      for (std::size_t i = 0; i < samples.size(); ++i) {
        const std::size_t contender = i / static_cast<std::size_t>(timed);
        if (clocks_mhz[contender].empty()) report.timings[contender].kernels = std::move(samples[i].kernels);
        rules[contender].add(samples[i].time_us, (first_draw + i % static_cast<std::size_t>(timed)) % draws);
        clocks_mhz[contender].push_back(samples[i].sm_clock_mhz);
      }
      left -= timed;
    } while (left > 0 && !std::ranges::all_of(rules, &stats::StoppingRule::done));
    report.gpu = gpu_;
    for (std::size_t c = 0; c < contenders_; ++c) {
      stats::OverDraws over = rules[c].over_draws();
      report.timings[c].samples_us = std::move(over.samples);
      report.timings[c].draws_us = std::move(over.medians);
      report.timings[c].sm_clock_mhz = stats::median(std::move(clocks_mhz[c]));
      if (!energies_j_[c].empty()) report.timings[c].energy_j = stats::median(std::move(energies_j_[c]));
    }
    return report;
  }

 private:
  /// Readings of the clock between untimed launches, behind which the next reading is queued: the device
  /// never waits. With readings alone it idled for half of the time at 10 us, and settled at a lesser load.
  void settle() {
    const double start_s = clock_.now_s();
    Settling settling(start_s);
    double launch_s = kLoadS;  // of all contenders
    while (!settling.settled()) {
      load({0, contenders_}, launch_s);
      double timed_s = 0;
      for (const Sample& sample : round(policy_.turn)) {
        settling.add(clock_.now_s(), sample.sm_clock_mhz);
        timed_s += sample.time_us * 1e-6;
      }
      launch_s = timed_s / policy_.turn;
    }
    gpu_.working_s = clock_.now_s() - start_s;
  }

  /// Queues launches of each of them for kLoadS; `launch_s` is what one launch of each takes.
  void load(const Contenders& contenders, double launch_s) {
    const int launches = static_cast<int>(kLoadS / launch_s);
    for (int launch = 0; launch < launches; ++launch)
      for (std::size_t c = 0; c < contenders.count; ++c) {
        if (flushes()) device_.flush_l2();
        device_.launch(contenders.first + c);
      }
    launched_ += static_cast<std::size_t>(launches);
  }

  /// A block of each contender, in turns (A B A B ...): within it the board works as it does for this one
  /// alone.
  std::vector<Sample> round_of_blocks() {
    std::vector<Sample> samples;
    for (std::size_t contender = 0; contender < contenders_; ++contender) samples.push_back(block(contender));
    return samples;
  }

  /// The means of what was timed in the second half of the block; in the first the board settles. Kept busy
  /// as settle() does.
  Sample block(std::size_t contender) {
    const double start_s = clock_.now_s();
    const Turn turn{policy_.warmup, policy_.turn, flushes()};
    Sample mean;
    MeteredLaunches metered;
    double launch_s = kLoadS;
    for (int timed = 0; timed == 0 || clock_.now_s() - start_s < kBlockS;) {
      const std::size_t before = launched_;
      load({contender, 1}, launch_s);
      // While the board works on what was queued just now.
      if (meter_ && clock_.now_s() - start_s >= kBlockS / 2) metered.read(meter_(), before);
      Round round = region_.round({contender, 1}, turn, 0);
      launched_ += static_cast<std::size_t>(policy_.warmup + policy_.turn);
      launch_s = round.samples.front().time_us * 1e-6;
      if (clock_.now_s() - start_s < kBlockS / 2) continue;
      for (Sample& sample : round.samples) {
        if (timed++ == 0) mean.kernels = std::move(sample.kernels);
        mean.time_us += (sample.time_us - mean.time_us) / timed;
        mean.sm_clock_mhz += (sample.sm_clock_mhz - mean.sm_clock_mhz) / timed;
      }
    }
    gpu_.working_s += clock_.now_s() - start_s;
    if (const double launch_j = metered.launch_j(); launch_j > 0) energies_j_[contender].push_back(launch_j);
    return mean;
  }

  bool flushes() const { return is_flushed(policy_.l2); }

  /// `timed` samples of each contender.
  std::vector<Sample> round(int timed) {
    std::vector<Sample> samples;
    const std::size_t most = policy_.chains() ? kMostChainsQueued : kMostQueued;
    for (std::size_t first = 0; first < contenders_; first += most) {
      const auto part = part_of_round({first, std::min(most, contenders_ - first)}, timed);
      samples.insert(samples.end(), part.begin(), part.end());
    }
    launched_ += static_cast<std::size_t>(policy_.warmup + timed);
    return samples;
  }

  /// In bursts the device rests twice as long as the contenders worked, so that the board's average power
  /// stays off its cap; the host queues what comes next meanwhile.
  std::vector<Sample> part_of_round(const Contenders& contenders, int timed) {
    const Turn turn{policy_.warmup, timed, flushes()};
    const bool bursts = policy_.regime == PowerRegime::burst;
    Round round = region_.round(contenders, turn, bursts ? rested_s_ : 0);
    gpu_.working_s += round.working_s;
    gpu_.resting_s += round.resting_s;
    double timed_s = 0;
    for (const Sample& sample : round.samples) timed_s += sample.time_us * 1e-6;
    rested_s_ = clock_.now_s() + kRestOfWork * timed_s * (turn.untimed + turn.timed) / turn.timed;
    return std::move(round.samples);
  }

  static constexpr double kRestOfWork = 2;
  static constexpr double kLoadS = 0.01;  ///< between two readings while the board settles, without flushes
  static constexpr double kBlockS = 1;
  /// Contenders queued behind one hold. A stream takes about a thousand entries and then makes the host wait,
  /// which would never end while it is held; a turn of four launches makes up to 22.
  static constexpr std::size_t kMostQueued = 16;
  static constexpr std::size_t kMostChainsQueued = 4;  ///< with 16 launches for each one

  Device& device_;
  Clock& clock_;
  std::size_t contenders_;
  const Policy& policy_;
  double& rested_s_;
  std::size_t draws_;
  std::size_t launched_ = 0;  ///< of each contender
  std::function<double()> meter_;
  std::vector<std::vector<double>> energies_j_;  ///< of a launch, by contender and block
  TimedRegion<Device, Clock> region_;
  GpuTime gpu_;
};

}  // namespace gemmtune::measure
