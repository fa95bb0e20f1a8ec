#include "workers/problem_queue.h"

#include <algorithm>

namespace gemmtune::workers {

ProblemQueue::ProblemQueue(std::vector<std::optional<std::size_t>> begun_by, const std::atomic<bool>& stop)
    : stop_(stop) {
  for (const auto& board : begun_by) entries_.push_back({board});
}

std::optional<std::size_t> ProblemQueue::take(std::size_t board) {
  std::unique_lock lock(mutex_);
  finish(board);
  std::optional<std::size_t> found;
  changed_.wait(lock, [&] {
    found = find(board);
    return stop_ || found || all_done();
  });
  if (stop_ || !found) return std::nullopt;
  entries_[*found] = {board, State::taken};
  return found;
}

void ProblemQueue::leave(std::size_t board) {
  const std::lock_guard lock(mutex_);
  for (Entry& entry : entries_)
    if (entry.board == board && entry.state != State::done) entry = {};
  changed_.notify_all();
}

std::size_t ProblemQueue::left() const {
  const std::lock_guard lock(mutex_);
  return static_cast<std::size_t>(
      std::ranges::count_if(entries_, [](const Entry& entry) { return entry.state != State::done; }));
}

/// After a stop too: those who wait must hear that there is nothing more to come.
void ProblemQueue::finish(std::size_t board) {
  for (Entry& entry : entries_)
    if (entry.board == board && entry.state == State::taken) entry.state = State::done;
  changed_.notify_all();
}

std::optional<std::size_t> ProblemQueue::find(std::size_t board) const {
  std::optional<std::size_t> anyones;
  for (std::size_t i = 0; i < entries_.size(); ++i) {
    if (entries_[i].state != State::waiting) continue;
    if (entries_[i].board == board) return i;
    if (!entries_[i].board && !anyones) anyones = i;
  }
  return anyones;
}

bool ProblemQueue::all_done() const {
  return std::ranges::all_of(entries_, [](const Entry& entry) { return entry.state == State::done; });
}

}  // namespace gemmtune::workers
