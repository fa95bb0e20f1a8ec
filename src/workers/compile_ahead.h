// Compiles many configurations in the background, in their order, while others use what is done already. Each
// thread has a worker of its own, so a compiler that crashes costs one configuration; and that only when it
// crashes again, alone.
#pragma once

#include "core/ports.h"
#include "core/urgency.h"
#include "workers/turnstile.h"

#include <array>
#include <atomic>
#include <condition_variable>
#include <deque>
#include <exception>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <thread>
#include <vector>

namespace gemmtune::workers {

/// Called on the thread that the worker is for.
using WorkerFactory = std::function<std::unique_ptr<Worker>()>;

/// Reason of what was not compiled because of `stop`.
inline constexpr const char* kNotCompiled = "interrupted before it was compiled";

class CompileAhead {
 public:
  /// So many compilations one after the other that lose their worker twice are no coincidence: something on
  /// the machine ends compilers.
  static constexpr int kMostLostInARow = 8;

  /// Begins at once, with at most `jobs` workers (at least one), the first of `requests` first. Once `stop`
  /// is set, no further request is begun; it must outlive this. Those in `failed`, by index, are known to
  /// fail: nobody is asked to compile them. `compiled` hears of each that was asked for as it ends, on its
  /// thread; it must not call this. With `Begin::asked` only those that are asked for are compiled.
  enum class Begin { all, asked };
  CompileAhead(
      std::vector<CompileRequest> requests, unsigned jobs, WorkerFactory make_worker,
      const std::atomic<bool>& stop, const std::map<std::size_t, Failure>& failed = {},
      std::function<void()> compiled = [] {}, Begin begin = Begin::all);

  /// Begins no further request and waits for those in flight.
  ~CompileAhead();

  /// These are wanted, behind those that are wanted as soon, before those that are wanted later. Returns how
  /// many of them are still to be compiled for the first asking: not those that are known to fail.
  std::size_t ask(const std::vector<std::size_t>& indices, Urgency urgency = Urgency::now);

  /// How request `index` ended, asked for now if it was not; waits for it. The reference is valid as long
  /// as this is. What a worker or `make_worker` threw ended the work, and so does kMostLostInARow
  /// (UserError): thrown on from here for all that had not ended before. To be called by one thread.
  const Outcome<CompileReport>& get(std::size_t index);

 private:
  void work();
  Outcome<CompileReport> compile(Worker& worker, const CompileRequest& request);
  bool ends();
  void count_lost(const Outcome<CompileReport>& outcome);

  std::optional<std::size_t> next();
  std::optional<std::size_t> take(Urgency urgency);
  std::deque<std::size_t>& waiting(Urgency urgency) { return waiting_[static_cast<std::size_t>(urgency)]; }

  const std::vector<CompileRequest> requests_;
  const WorkerFactory make_worker_;
  const std::function<void()> compiled_;
  const std::atomic<bool>& stop_;
  Turnstile turns_;  ///< of the compilers

  std::mutex mutex_;  // guards all below
  std::condition_variable changed_;
  std::vector<std::optional<Outcome<CompileReport>>> outcomes_;  // each is set once
  std::vector<bool> asked_;
  std::vector<bool> begun_;                         ///< or known to fail
  std::array<std::deque<std::size_t>, 2> waiting_;  ///< by urgency; some may have begun since
  std::size_t running_ = 0;
  std::exception_ptr thrown_;
  bool closing_ = false;
  bool complete_ = false;  ///< nothing more will be asked for
  int lost_in_a_row_ = 0;

  std::vector<std::jthread> threads_;
};

}  // namespace gemmtune::workers
