// The progress line: phase, count, rate, time left. On a terminal one line redrawn in place; elsewhere (a log
// file, a CI job) a plain line every ten seconds. Always on stderr.
#pragma once

#include "core/ports.h"

#include <chrono>
#include <string>

namespace gemmtune::cli {

/// The state of a phase as one line without newline, at most `width` columns.
/// `measure  120/4210  3%  35/s  1:57 left  dense_1d2d:m=64,n=2112,k=7168`
std::string progress_text(const std::string& phase, std::size_t done, std::size_t total, double elapsed_s,
                          const std::string& what, std::size_t width);

class ProgressLine : public Progress {
 public:
  void begin(const std::string& phase, std::size_t total) override;
  void step(const std::string& what) override;
  void end() override;

 private:
  void draw();

  using Clock = std::chrono::steady_clock;
  std::string phase_;
  std::string what_;
  std::size_t total_ = 0;
  std::size_t done_ = 0;
  Clock::time_point began_;
  Clock::time_point drawn_;
};

/// Removes the line from the terminal, if there is one; whoever writes to stderr calls this first.
void clear_progress_line();

}  // namespace gemmtune::cli
