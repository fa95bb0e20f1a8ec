// The progress line: phase, count, time so far, time left. On a terminal one line redrawn in place, also
// while one step takes long; elsewhere (a log file, a CI job) a plain line every ten seconds. Always on
// stderr. Until the first step what is compiled ahead for it is the phase.
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
  std::string what;                          ///< the last step, or what is being done since
  std::size_t compiled = 0, to_compile = 0;  ///< ahead of the steps
  double cost_skipped = 0;                   ///< of `cost_done`, what an earlier run did
  /// When all is done, as expected at the last step, from the phase's beginning; 0: unknown.
  double end_s = 0;
};

/// From what the cost done took, and from how fast kernels are compiled where that takes longer.
double expected_end_s(const ProgressState& state, double elapsed_s);

/// One line without newline, at most `width` columns. Between steps the time left goes down.
/// `compile  31/65  48%  0:07`
/// `measure  120/4210  3%  0:14  1:57 left  compiled 40/65  best 9.25 µs  dense_1d2d:m=64,n=2112,k=7168`
std::string progress_text(const ProgressState& state, double elapsed_s, std::size_t width);

class ProgressLine : public Progress {
 public:
  ~ProgressLine() override { end(); }
  void begin(const std::string& phase, std::size_t steps, double cost) override;
  void step(const std::string& what, double cost) override;
  void skip(const std::string& what, double cost) override;
  void doing(const std::string& what) override;
  void end() override;

  /// So many kernels are compiled ahead of the steps. `compiled` may be called by any thread.
  void compiling(std::size_t kernels);
  /// So many in all, since more were asked for.
  void to_compile(std::size_t kernels);
  void compiled();

 private:
  double elapsed_s() const;
  void draw_plain_line();
  void tick(const std::stop_token& ended);
  void draw();

  using Clock = std::chrono::steady_clock;
  ProgressState state_;
  Clock::time_point began_;
  Clock::time_point drawn_;
  bool redraws_ = false;  ///< on a terminal, between begin and end
  std::jthread ticker_;   ///< while `redraws_`
};

/// Writes to stderr where the line was; it comes back below.
void print_above_progress_line(const std::string& text);

}  // namespace gemmtune::cli
