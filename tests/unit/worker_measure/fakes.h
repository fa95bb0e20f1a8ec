// A device and a clock for the templates of worker/measure.
#pragma once

#include <algorithm>
#include <functional>
#include <map>
#include <stdexcept>
#include <string>
#include <vector>

namespace gemmtune::measure {

/// Moves only when somebody sleeps or a test moves it.
struct FakeClock {
  double seconds = 1000;
  std::vector<double> sleeps_s;

  double now_s() const { return seconds; }
  void sleep_s(double span_s) {
    sleeps_s.push_back(span_s);
    seconds += span_s;
  }
};

/// Writes down what is asked of it; throws at the step named. Synchronising takes `round_s`.
/// A sample's time depends on its contender and on how often that one has been timed.
struct FakeDevice {
  FakeClock& clock;
  double round_s = 0.001;
  std::string throw_at = {};
  std::vector<std::string> steps = {};
  /// Of contender c when it is timed for the nth time, counted from 1.
  std::function<double(std::size_t c, int n)> time_us = [](std::size_t c, int n) {
    return n + static_cast<double>(c);
  };
  std::function<std::vector<std::string>(std::size_t i, int r)> kernels_of = [](std::size_t, int) {
    return std::vector<std::string>();
  };
  std::function<double(int r)> clock_mhz = [](int r) { return 1000 + r * r; };

  void note(const std::string& step) {
    steps.push_back(step);
    if (step == throw_at) throw std::runtime_error(step);
  }
  void hold(std::size_t samples) {
    note("hold " + std::to_string(samples));
    on_hold();
    times_us.assign(samples, 0);
  }
  void release() { note("release"); }
  void release_noexcept() noexcept { steps.push_back("release_noexcept"); }
  void flush_l2() { note("flush"); }
  void start(std::size_t i) { note("start " + std::to_string(i)); }
  void launch(std::size_t c) {
    note("launch " + std::to_string(c));
    last = c;
  }
  void stop(std::size_t i) {
    note("stop " + std::to_string(i));
    times_us[i] = time_us(last, ++timed[last]);
  }
  void stamp_before(std::size_t i) { note("stamp before " + std::to_string(i)); }
  void stamp_after(std::size_t i) { note("stamp after " + std::to_string(i)); }
  void synchronise() {
    ++rounds;
    clock.seconds += round_s;
    note("synchronise");
  }
  double elapsed_us(std::size_t i) { return times_us[i]; }
  std::vector<std::string> kernels(std::size_t i) const { return kernels_of(i, rounds); }
  double sm_clock_mhz(std::size_t) { return clock_mhz(rounds); }
  long count(const std::string& step) const { return std::count(steps.begin(), steps.end(), step); }

  std::function<void()> on_hold = [] {};
  int rounds = 0;
  std::size_t last = 0;
  std::map<std::size_t, int> timed = {};
  std::vector<double> times_us = {};
};

}  // namespace gemmtune::measure
