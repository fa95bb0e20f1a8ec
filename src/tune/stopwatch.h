// Where a run spent its time: wall time by phase, and what the GPU did meanwhile.
#pragma once

#include "core/gpu_time.h"

#include <chrono>
#include <map>
#include <string>

namespace gemmtune::tune {

class Stopwatch {
 public:
  /// Runs `work` and charges its time to `phase`; returns what it returns.
  template <typename Work>
  auto charge(const std::string& phase, Work&& work) {
    const Guard guard{*this, phase};
    return work();
  }

  /// What a report of the worker says.
  void add(const GpuTime& gpu) { gpu_ += gpu; }

  GpuTime gpu() const { return gpu_; }

  /// Seconds by phase, with the rest of the time since construction as "other".
  std::map<std::string, double> wall_s() const {
    std::map<std::string, double> all = wall_s_;
    double charged_s = 0;
    for (const auto& [phase, seconds] : wall_s_) charged_s += seconds;
    all["other"] = since(born_) - charged_s;
    return all;
  }

 private:
  using Clock = std::chrono::steady_clock;

  static double since(Clock::time_point start) {
    return std::chrono::duration<double>(Clock::now() - start).count();
  }

  struct Guard {
    Stopwatch& watch;
    const std::string& phase;
    Clock::time_point start = Clock::now();
    ~Guard() { watch.wall_s_[phase] += since(start); }
  };

  Clock::time_point born_ = Clock::now();
  std::map<std::string, double> wall_s_;
  GpuTime gpu_;
};

}  // namespace gemmtune::tune
