#include "tune/turns.h"

#include "util/error.h"

#include <utility>

namespace gemmtune::tune {

Turns::Turns(MakeStrategy make, std::vector<std::size_t> most, std::size_t abreast,
             std::function<void(const Turn&)> hear)
    : make_(std::move(make)), most_(std::move(most)), hear_(std::move(hear)) {
  ensure(abreast > 0, "no problem is underway");
  while (underway_.size() < abreast && begun_ < most_.size()) begin();
}

bool Turns::tell(std::span<const std::optional<double>> times_us) {
  Underway told = std::move(underway_.front());
  underway_.pop_front();
  ensure(times_us.size() == told.turn.round.size(), "not every candidate of a round was told of");
  for (std::size_t i = 0; i < times_us.size(); ++i) told.strategy->tell(told.turn.round[i], times_us[i]);
  told.turn.round = told.strategy->next();
  if (told.turn.round.empty()) {
    underway_.push_front(std::move(told));
    end();
    return false;
  }
  hear_(told.turn);
  underway_.push_back(std::move(told));
  return true;
}

void Turns::end() {
  underway_.pop_front();  // first: the next one's strategy may learn from it
  if (begun_ < most_.size()) begin();
}

void Turns::begin() {
  Underway next;
  next.turn.index = begun_++;
  next.strategy = make_(next.turn.index, most_[next.turn.index]);
  next.turn.round = next.strategy->next();
  hear_(next.turn);
  underway_.push_back(std::move(next));
}

}  // namespace gemmtune::tune
