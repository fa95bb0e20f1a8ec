#include "cli/progress.h"

#include "cli/terminal.h"

#include <fmt/format.h>

#include <cstdio>

namespace gemmtune::cli {

namespace {

constexpr std::chrono::milliseconds kRedraw{100};
constexpr std::chrono::seconds kPlainLine{10};

/// The terminal has one last line, whoever draws on it.
bool line_is_drawn = false;

std::string clock_text(double seconds) {
  const auto whole = static_cast<long>(seconds + 0.5);
  if (whole < 3600) return fmt::format("{}:{:02}", whole / 60, whole % 60);
  return fmt::format("{}:{:02}:{:02}", whole / 3600, whole / 60 % 60, whole % 60);
}

}  // namespace

std::string progress_text(const std::string& phase, std::size_t done, std::size_t total, double elapsed_s,
                          const std::string& what, std::size_t width) {
  const double share = total == 0 ? 1.0 : static_cast<double>(done) / static_cast<double>(total);
  std::string text = fmt::format("{}  {}/{}  {:.0f}%", phase, done, total, 100 * share);
  if (done > 0 && elapsed_s > 0) {
    const double rate = static_cast<double>(done) / elapsed_s;
    text += fmt::format("  {:.{}f}/s  {} left", rate, rate < 10 ? 1 : 0,
                        clock_text(static_cast<double>(total - done) / rate));
  }
  if (!what.empty()) text += "  " + what;
  if (text.size() > width) text.resize(width);
  return text;
}

void clear_progress_line() {
  if (!line_is_drawn) return;
  std::fputs("\r\033[K", stderr);
  line_is_drawn = false;
}

void ProgressLine::begin(const std::string& phase, std::size_t total) {
  phase_ = phase;
  what_.clear();
  total_ = total;
  done_ = 0;
  began_ = drawn_ = Clock::now();
}

void ProgressLine::step(const std::string& what) {
  ++done_;
  what_ = what;
  if (verbosity().quiet) return;
  const auto pause = can_redraw() ? Clock::duration(kRedraw) : Clock::duration(kPlainLine);
  if (Clock::now() - drawn_ >= pause) draw();
}

void ProgressLine::end() {
  clear_progress_line();
}

void ProgressLine::draw() {
  drawn_ = Clock::now();
  const double elapsed_s = std::chrono::duration<double>(drawn_ - began_).count();
  const bool redraw = can_redraw();
  // One column stays free: a full line makes some terminals wrap.
  const std::string text = progress_text(phase_, done_, total_, elapsed_s, what_,
                                         redraw ? static_cast<std::size_t>(columns() - 1) : 200);
  std::fprintf(stderr, redraw ? "\r%s\033[K" : "%s\n", text.c_str());
  std::fflush(stderr);
  line_is_drawn = redraw;
}

}  // namespace gemmtune::cli
