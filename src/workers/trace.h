// Where the time of a sweep goes, for the viewers of Chrome and Perfetto: a list of spans, a lane for each
// worker. Written as they end, so that the file of a sweep that was killed lacks its closing bracket alone,
// which these viewers do not need.
#pragma once

#include <chrono>
#include <filesystem>
#include <fstream>
#include <mutex>
#include <string>
#include <utility>

namespace gemmtune::workers {

class Trace {
 public:
  using Clock = std::chrono::steady_clock;

  /// Throws UserError when the file cannot be written. What is at `path` is written over.
  explicit Trace(const std::filesystem::path& path);
  ~Trace();
  Trace(const Trace&) = delete;  // spans hold its address
  Trace& operator=(const Trace&) = delete;

  /// A new lane below those before.
  int lane(const std::string& name);

  /// `about` is shown beside the name; it may be empty. Times before the trace began count as its beginning.
  void add(int lane, const std::string& name, Clock::time_point start, Clock::time_point end,
           const std::string& about = "");

  /// False once something could not be written: a full disk ends the trace and not the sweep.
  bool is_whole();

 private:
  void write(const std::string& event);

  const Clock::time_point born_ = Clock::now();
  std::mutex mutex_;  // guards all below
  std::ofstream file_;
  int lanes_ = 0;
  bool any_ = false;
};

/// From its construction to its end; none without a trace.
class Span {
 public:
  Span(Trace* trace, int lane, std::string name, std::string about = "")
      : trace_(trace), lane_(lane), name_(std::move(name)), about_(std::move(about)) {}
  ~Span() {
    if (trace_ != nullptr) trace_->add(lane_, name_, start_, Trace::Clock::now(), about_);
  }
  Span(const Span&) = delete;  // it would be written twice
  Span& operator=(const Span&) = delete;

 private:
  Trace* trace_;
  int lane_;
  std::string name_;
  std::string about_;
  Trace::Clock::time_point start_ = Trace::Clock::now();
};

}  // namespace gemmtune::workers
