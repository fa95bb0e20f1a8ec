#include "cli/progress.h"

#include "cli/terminal.h"
#include "util/format.h"

#include <condition_variable>
#include <cstdio>
#include <mutex>
#include <unistd.h>

namespace gemmtune::cli {

namespace {

constexpr std::chrono::milliseconds kRedraw{200};
constexpr std::chrono::seconds kPlainLine{10};

/// Guards stderr and the state of the line that is drawn on it: there is one last line, whoever draws.
std::mutex drawing;
bool line_is_drawn = false;

std::string clock_text(double seconds) {
  const auto whole = static_cast<long>(seconds + 0.5);
  if (whole < 3600) return formatted("{}:{:02}", whole / 60, whole % 60);
  return formatted("{}:{:02}:{:02}", whole / 3600, whole / 60 % 60, whole % 60);
}

void clear_line() {
  if (!line_is_drawn) return;
  std::fputs("\r\033[K", stderr);
  line_is_drawn = false;
}

}  // namespace

std::string progress_text(const ProgressState& state, double elapsed_s, std::size_t width) {
  const double share = state.steps == 0 ? 1 : state.cost_done / state.cost;
  std::string text = formatted("{}  {}/{}  {:.0f}%  {}", state.phase, state.done, state.steps, 100 * share,
                               clock_text(elapsed_s));
  if (state.done > 0) text += formatted("  {} left", clock_text(elapsed_s * (1 - share) / share));
  if (!state.what.empty()) text += "  " + state.what;
  if (text.size() > width) text.resize(width);
  return text;
}

void print_above_progress_line(const std::string& text) {
  const std::lock_guard lock(drawing);
  clear_line();
  std::fputs(text.c_str(), stderr);
}

void ProgressLine::begin(const std::string& phase, std::size_t steps, double cost) {
  end();
  const std::lock_guard lock(drawing);
  state_ = {phase, 0, steps, 0, cost, ""};
  began_ = drawn_ = Clock::now();
  if (!verbosity().quiet && can_redraw())
    ticker_ = std::jthread([this](const std::stop_token& ended) { tick(ended); });
}

void ProgressLine::step(const std::string& what, double cost) {
  const std::lock_guard lock(drawing);
  ++state_.done;
  state_.cost_done += cost;
  state_.what = what;
  if (!verbosity().quiet && !ticker_.joinable() && Clock::now() - drawn_ >= kPlainLine) draw();
}

void ProgressLine::end() {
  ticker_.request_stop();
  if (ticker_.joinable()) ticker_.join();
  const std::lock_guard lock(drawing);
  clear_line();
}

void ProgressLine::tick(const std::stop_token& ended) {
  std::unique_lock lock(drawing);
  std::condition_variable_any never;
  while (true) {
    never.wait_for(lock, ended, kRedraw, [] { return false; });
    if (ended.stop_requested()) return;
    draw();
  }
}

void ProgressLine::draw() {
  drawn_ = Clock::now();
  const double elapsed_s = std::chrono::duration<double>(drawn_ - began_).count();
  const bool redraw = ticker_.joinable();
  // One column stays free: a full line makes some terminals wrap.
  const std::string text =
      progress_text(state_, elapsed_s, redraw ? static_cast<std::size_t>(columns(STDERR_FILENO) - 1) : 200);
  std::fprintf(stderr, redraw ? "\r%s\033[K" : "%s\n", text.c_str());
  std::fflush(stderr);
  line_is_drawn = redraw;
}

}  // namespace gemmtune::cli
