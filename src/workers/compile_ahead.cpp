#include "workers/compile_ahead.h"

#include "util/error.h"

#include <algorithm>
#include <chrono>
#include <numeric>
#include <shared_mutex>
#include <utility>

namespace gemmtune::workers {

namespace {

bool is_lost(const Outcome<CompileReport>& outcome) {
  return !outcome && outcome.error().blame != Blame::clear;
}

}  // namespace

CompileAhead::CompileAhead(std::vector<CompileRequest> requests, unsigned jobs, WorkerFactory make_worker,
                           const std::atomic<bool>& stop, const std::map<std::size_t, Failure>& failed,
                           std::function<void()> compiled, Begin begin)
    : requests_(std::move(requests)),
      make_worker_(std::move(make_worker)),
      compiled_(std::move(compiled)),
      stop_(stop),
      outcomes_(requests_.size()),
      asked_(requests_.size(), false),
      begun_(requests_.size(), false),
      running_(std::min<std::size_t>(std::max(jobs, 1u), requests_.size())) {
  for (const auto& [index, failure] : failed) {
    outcomes_.at(index) = failure;
    begun_[index] = true;
  }
  if (begin == Begin::all) {
    std::vector<std::size_t> all(requests_.size());
    std::iota(all.begin(), all.end(), std::size_t{0});
    ask(all);
    complete_ = true;
  }
  for (std::size_t i = running_; i > 0; --i) threads_.emplace_back([this] { work(); });
}

CompileAhead::~CompileAhead() {
  {
    const std::lock_guard lock(mutex_);
    closing_ = true;
    changed_.notify_all();
  }
  threads_.clear();  // joins, while all that they use is still there
}

std::size_t CompileAhead::ask(const std::vector<std::size_t>& indices, Urgency urgency) {
  const std::lock_guard lock(mutex_);
  std::size_t more = 0;
  for (const std::size_t index : indices) {
    if (!begun_.at(index)) waiting(urgency).push_back(index);
    if (asked_[index]) continue;
    asked_[index] = true;
    if (!outcomes_[index]) ++more;
  }
  changed_.notify_all();
  return more;
}

const Outcome<CompileReport>& CompileAhead::get(std::size_t index) {
  static const Outcome<CompileReport> kInterrupted = Failure{Invalidity::compile, kNotCompiled};
  ask({index});
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [&] { return outcomes_.at(index) || thrown_ != nullptr || running_ == 0; });
  if (outcomes_[index]) return *outcomes_[index];
  if (thrown_ != nullptr) std::rethrow_exception(thrown_);
  return kInterrupted;
}

/// What one thread does. Its worker lives and dies on it: the kernel kills a worker when the thread that
/// started it ends.
void CompileAhead::work() {
  std::exception_ptr thrown;
  try {
    std::unique_ptr<Worker> worker;
    while (const auto index = next()) {
      if (worker == nullptr) worker = make_worker_();
      auto outcome = compile(*worker, requests_[*index]);
      if (stop_ && is_lost(outcome)) break;
      const std::lock_guard lock(mutex_);
      compiled_();
      outcomes_[*index] = std::move(outcome);
      changed_.notify_all();
    }
  } catch (const std::exception&) {  // carried to the thread that asks
    thrown = std::current_exception();
  }
  const std::lock_guard lock(mutex_);
  if (thrown_ == nullptr) thrown_ = thrown;
  --running_;
  changed_.notify_all();
}

/// A worker may be lost to something else: killed for the memory that its neighbours took, or stopped. So it
/// is asked again while nobody else compiles, and blamed only then.
Outcome<CompileReport> CompileAhead::compile(Worker& worker, const CompileRequest& request) {
  {
    const std::shared_lock beside_others(turns_);
    auto outcome = worker.compile(request);
    if (!is_lost(outcome)) count_lost(outcome);
    if (!is_lost(outcome) || ends()) return outcome;
  }
  const std::unique_lock alone(turns_);
  auto outcome = worker.compile(request);
  count_lost(outcome);
  if (!is_lost(outcome)) return outcome;
  return Failure{outcome.error().invalidity, "twice: " + outcome.error().reason, outcome.error().blame};
}

/// Of a request that was asked for the last time.
void CompileAhead::count_lost(const Outcome<CompileReport>& outcome) {
  const std::lock_guard lock(mutex_);
  lost_in_a_row_ = is_lost(outcome) && !stop_ ? lost_in_a_row_ + 1 : 0;
  if (lost_in_a_row_ == kMostLostInARow)
    throw UserError("the last " + std::to_string(kMostLostInARow) +
                        " configurations each lost their compiler, twice: this looks like the machine, not "
                        "like them (the last one: " +
                        outcome.error().reason + ")",
                    kExitInternal);
}

/// Whether nobody waits for what is in flight.
bool CompileAhead::ends() {
  const std::lock_guard lock(mutex_);
  return stop_ || closing_;
}

/// The request to begin now; none when nothing more is to be begun. Waits for one where more may be asked
/// for; a signal handler sets `stop_` and wakes nobody.
std::optional<std::size_t> CompileAhead::next() {
  constexpr auto kLook = std::chrono::milliseconds(50);
  std::unique_lock lock(mutex_);
  while (!stop_ && !closing_ && thrown_ == nullptr) {
    for (const Urgency urgency : {Urgency::now, Urgency::next})
      if (const auto index = take(urgency)) return index;
    if (complete_) break;
    changed_.wait_for(lock, kLook);
  }
  return std::nullopt;
}

/// The first that waits and has not begun, which begins.
std::optional<std::size_t> CompileAhead::take(Urgency urgency) {
  for (std::deque<std::size_t>& queue = waiting(urgency); !queue.empty();) {
    const std::size_t index = queue.front();
    queue.pop_front();
    if (begun_[index]) continue;
    begun_[index] = true;
    return index;
  }
  return std::nullopt;
}

}  // namespace gemmtune::workers
