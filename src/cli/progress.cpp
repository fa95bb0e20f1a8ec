#include "cli/progress.h"

#include "cli/terminal.h"
#include "util/format.h"

#include <algorithm>
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

double share_of(const ProgressState& state) {
  return state.steps == 0 ? 1 : state.cost_done / state.cost;
}

/// At most so many characters, none of them in part.
std::string cut(std::string text, std::size_t width) {
  std::size_t characters = 0;
  for (std::size_t at = 0; at < text.size(); ++at) {
    const bool begins = (static_cast<unsigned char>(text[at]) & 0xc0) != 0x80;
    if (begins && ++characters > width) text.resize(at);
  }
  return text;
}

void clear_line() {
  if (!line_is_drawn) return;
  std::fputs("\r\033[K", stderr);
  line_is_drawn = false;
}

}  // namespace

double expected_end_s(const ProgressState& state, double elapsed_s) {
  const double done = state.cost_done - state.cost_skipped, all = state.cost - state.cost_skipped;
  const double of_steps_s = done > 0 ? elapsed_s * all / done : 0;
  const double of_compiling_s = state.compiled == 0 ? 0
                                                    : elapsed_s * static_cast<double>(state.to_compile) /
                                                          static_cast<double>(state.compiled);
  return std::max(of_steps_s, state.compiled < state.to_compile ? of_compiling_s : 0);
}

std::string progress_text(const ProgressState& state, double elapsed_s, std::size_t width) {
  const bool compiles = state.compiled < state.to_compile;
  const bool waits = compiles && state.done == 0;
  const auto compiled = static_cast<double>(state.compiled),
             to_compile = static_cast<double>(state.to_compile);
  std::string text = waits ? formatted("compile  {}/{}  {:.0f}%  {}", state.compiled, state.to_compile,
                                       100 * compiled / to_compile, clock_text(elapsed_s))
                           : formatted("{}  {}/{}  {:.0f}%  {}", state.phase, state.done, state.steps,
                                       100 * share_of(state), clock_text(elapsed_s));
  // What takes longer than expected is not known better for that.
  if (const double left_s = state.end_s - elapsed_s; left_s >= 0.5)
    text += formatted("  {} left", clock_text(left_s));
  if (compiles && !waits) text += formatted("  compiled {}/{}", state.compiled, state.to_compile);
  if (!state.what.empty()) text += "  " + state.what;
  return cut(text, width);
}

void print_above_progress_line(const std::string& text) {
  const std::lock_guard lock(drawing);
  clear_line();
  std::fputs(text.c_str(), stderr);
}

void ProgressLine::begin(const std::string& phase, std::size_t steps, double cost) {
  end();
  const std::lock_guard lock(drawing);
  state_ = {phase, 0, steps, 0, cost, "", state_.compiled, state_.to_compile};
  began_ = drawn_ = Clock::now();
  redraws_ = !verbosity().quiet && can_redraw();
  if (redraws_) ticker_ = std::jthread([this](const std::stop_token& ended) { tick(ended); });
}

void ProgressLine::step(const std::string& what, double cost) {
  const std::lock_guard lock(drawing);
  ++state_.done;
  state_.cost_done += cost;
  state_.what = what;
  state_.end_s = expected_end_s(state_, elapsed_s());
  draw_plain_line();
}

void ProgressLine::skip(const std::string& what, double cost) {
  {
    const std::lock_guard lock(drawing);
    state_.cost_skipped += cost;
  }
  step(what, cost);
}

void ProgressLine::doing(const std::string& what) {
  const std::lock_guard lock(drawing);
  state_.what = what;
}

void ProgressLine::compiling(std::size_t kernels) {
  const std::lock_guard lock(drawing);
  state_.compiled = 0;
  state_.to_compile = kernels;
}

void ProgressLine::to_compile(std::size_t kernels) {
  const std::lock_guard lock(drawing);
  state_.to_compile = kernels;
}

void ProgressLine::compiled() {
  const std::lock_guard lock(drawing);
  ++state_.compiled;
  if (state_.steps > 0) draw_plain_line();  // before a phase begins there is nothing to say
}

void ProgressLine::end() {
  ticker_.request_stop();
  if (ticker_.joinable()) ticker_.join();
  const std::lock_guard lock(drawing);
  redraws_ = false;
  state_.steps = 0;
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

double ProgressLine::elapsed_s() const {
  return std::chrono::duration<double>(Clock::now() - began_).count();
}

void ProgressLine::draw_plain_line() {
  if (!verbosity().quiet && !redraws_ && Clock::now() - drawn_ >= kPlainLine) draw();
}

void ProgressLine::draw() {
  drawn_ = Clock::now();
  // One column stays free: a full line makes some terminals wrap.
  const std::string text = progress_text(
      state_, elapsed_s(), redraws_ ? static_cast<std::size_t>(columns(STDERR_FILENO) - 1) : 200);
  std::fprintf(stderr, redraws_ ? "\r%s\033[K" : "%s\n", text.c_str());
  std::fflush(stderr);
  line_is_drawn = redraws_;
}

}  // namespace gemmtune::cli
