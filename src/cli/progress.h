// The progress line: phase, count, time so far, time left. On a terminal one line redrawn in place, also
// while one step takes long; elsewhere (a log file, a CI job) a plain line every ten seconds. Always on
// stderr.
#pragma once

#include "core/ports.h"

#include <chrono>
#include <string>
#include <thread>

namespace gemmtune::cli {

/// How far a phase is.
struct ProgressState {
  std::string phase;
  std::size_t done = 0;
  std::size_t steps = 0;
  double cost_done = 0;  ///< in the unit of `cost`
  double cost = 0;
  std::string what;  ///< the last step
};

/// One line without newline, at most `width` columns. The time left follows from what the cost done took.
/// `measure  120/4210  3%  0:04  1:57 left  dense_1d2d:m=64,n=2112,k=7168`
std::string progress_text(const ProgressState& state, double elapsed_s, std::size_t width);

class ProgressLine : public Progress {
 public:
  ~ProgressLine() override { end(); }
  void begin(const std::string& phase, std::size_t steps, double cost) override;
  void step(const std::string& what, double cost) override;
  void end() override;

 private:
  void tick(const std::stop_token& ended);
  void draw();

  using Clock = std::chrono::steady_clock;
  ProgressState state_;
  Clock::time_point began_;
  Clock::time_point drawn_;
  std::jthread ticker_;  ///< redraws; runs only on a terminal, between begin and end
};

/// Writes to stderr where the line was; it comes back below.
void print_above_progress_line(const std::string& text);

}  // namespace gemmtune::cli
