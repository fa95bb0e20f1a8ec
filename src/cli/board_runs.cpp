#include "cli/board_runs.h"

#include "cli/log.h"
#include "util/error.h"
#include "util/text.h"
#include "workers/problem_queue.h"

#include <algorithm>
#include <chrono>
#include <exception>
#include <thread>
#include <utility>

namespace gemmtune::cli {

namespace {

constexpr std::chrono::microseconds kShortestWait{50};

}  // namespace

void SharedJournal::write(const Row& row) {
  const std::lock_guard lock(mutex_);
  if (failure_) std::rethrow_exception(failure_);
  try {
    journal_.write(row);
  } catch (...) {
    failure_ = std::current_exception();
    throw;
  }
}

tune::Cubins SharedJournal::guarded(const tune::Cubins& cubins, workers::Trace* trace, int lane) {
  return [this, &cubins, trace, lane](std::size_t index) -> const Outcome<CompileReport>& {
    try {
      const auto start = workers::Trace::Clock::now();
      const Outcome<CompileReport>& cubin = cubins(index);
      const auto end = workers::Trace::Clock::now();
      // Most are compiled by then, and a sweep asks for millions.
      if (trace != nullptr && end - start >= kShortestWait)
        trace->add(lane, "wait", start, end, "for a compiler");
      return cubin;
    } catch (...) {
      fail(std::current_exception());
      throw;
    }
  };
}

void SharedJournal::fail(std::exception_ptr failure) {
  const std::lock_guard lock(mutex_);
  if (!failure_) failure_ = std::move(failure);
}

void SharedJournal::require_whole() {
  const std::lock_guard lock(mutex_);
  if (failure_) std::rethrow_exception(failure_);
}

bool SharedJournal::is_broken() {
  const std::lock_guard lock(mutex_);
  return failure_ != nullptr;
}

BoardRuns::BoardRuns(std::vector<Board>& boards, const std::vector<RunHeader>& runs) {
  for (std::size_t i = 0; i < boards.size(); ++i)
    lanes_.push_back({&boards[i], &runs[i], std::make_unique<tune::Stopwatch>(), ""});
}

/// The boards at work, as long as one call of run() lasts.
class BoardRuns::Crew {
 public:
  Crew(std::vector<Lane>& lanes, const BoardWork& work)
      : lanes_(lanes), work_(work), journal_(work.journal), queue_(begun_by(), work.stop) {}

  bool run() {
    if (work_.search) return search();
    work_.progress.begin("measure", work_.plan.candidates(), work_.plan.cost());
    {
      std::vector<std::jthread> others;
      for (std::size_t i = 1; i < lanes_.size(); ++i) others.emplace_back([this, i] { work_on(i); });
      work_on(0);
    }
    work_.progress.end();
    journal_.require_whole();
    if (work_.stop) return false;
    if (queue_.left() > 0) throw UserError(last_words(), kExitInternal);
    return true;
  }

 private:
  /// Which board measured a part of each problem before.
  std::vector<std::optional<std::size_t>> begun_by() const {
    std::vector<std::optional<std::size_t>> begun;
    for (const tune::ProblemPlan& problem : work_.plan.problems) {
      const std::string uuid = work_.earlier.begun_by(problem_id(problem.problem));
      const auto lane = std::ranges::find_if(
          lanes_, [&](const Lane& l) { return !uuid.empty() && l.run->environment.uuid == uuid; });
      begun.emplace_back();
      if (lane != lanes_.end()) begun.back() = static_cast<std::size_t>(lane - lanes_.begin());
    }
    return begun;
  }

  tune::Tuner tuner_of(Lane& lane, const std::string& uuid) {
    return tune::Tuner(
        *lane.board->worker, journal_, work_.progress, *lane.stopwatch,
        {lane.run->run_id, lane.run->environment, work_.floor}, work_.settings,
        [this, &uuid](const std::string& id) { return work_.earlier.row(id, uuid); }, work_.stop,
        work_.search.value_or(tune::Search()));
  }

  /// The one board goes through the plan in its order: a strategy learns from one problem for the next.
  bool search() {
    ensure(lanes_.size() == 1, "a search is made on one board");
    Lane& lane = lanes_.front();
    const workers::Span whole(work_.trace, lane.board->lane, "sweep");
    tune::Tuner tuner = tuner_of(lane, lane.run->environment.uuid);
    const bool done = tuner.run(work_.plan, journal_.guarded(work_.cubins, work_.trace, lane.board->lane));
    journal_.require_whole();
    return done;
  }

  void work_on(std::size_t index) {
    Lane& lane = lanes_[index];
    try {
      const std::string& uuid = lane.run->environment.uuid;
      const int row = lane.board->lane;
      const workers::Span whole(work_.trace, row, "sweep");
      const tune::Cubins cubins = journal_.guarded(work_.cubins, work_.trace, row);
      tune::Tuner tuner = tuner_of(lane, uuid);
      while (const auto index_of_problem = take(index, row)) {
        const tune::ProblemPlan& problem = work_.plan.problems[*index_of_problem];
        const workers::Span span(work_.trace, row, "problem", describe(problem.problem));
        tuner.run(problem, cubins);
      }
      queue_.leave(index);
    } catch (const UserError& error) {
      lane.lost = error.what();
      queue_.leave(index);
      if (lanes_.size() > 1 && !journal_.is_broken())
        log_warn("{} is lost: {}; the others go on with what it had", lane.board->name, lane.lost);
    } catch (...) {
      journal_.fail(std::current_exception());
      queue_.leave(index);
    }
  }

  std::optional<std::size_t> take(std::size_t index, int row) {
    const workers::Span span(work_.trace, row, "wait", "for a problem");
    return queue_.take(index);
  }

  std::string last_words() const {
    std::vector<std::string> words;
    for (const Lane& lane : lanes_)
      words.push_back((lanes_.size() > 1 ? lane.board->name + ": " : "") + lane.lost);
    return join(words, "\n");
  }

  std::vector<Lane>& lanes_;
  const BoardWork& work_;
  SharedJournal journal_;
  workers::ProblemQueue queue_;
};

bool BoardRuns::run(const BoardWork& work) {
  return Crew(lanes_, work).run();
}

std::vector<RunEnd> BoardRuns::ends(const tune::SweepPlan& plan) const {
  std::vector<RunEnd> ends;
  for (const Lane& lane : lanes_)
    if (lane.lost.empty())
      ends.push_back({lane.run->run_id, timestamp_utc(), static_cast<std::int64_t>(plan.candidates()),
                      plan.pruned, lane.stopwatch->wall_s(), lane.stopwatch->gpu()});
  return ends;
}

}  // namespace gemmtune::cli
