#include "cli/guide.h"

#include <utility>

namespace gemmtune::cli {

namespace {

std::vector<model::Terms> all_terms(const model::SimulatedMachine& machine, const Problem& problem,
                                    const std::vector<Config>& candidates) {
  std::vector<model::Terms> terms;
  terms.reserve(candidates.size());
  for (const Config& config : candidates) terms.push_back(model::terms_of(machine, problem, config));
  return terms;
}

std::vector<model::Observation> observations(const std::vector<model::Terms>& terms,
                                             std::span<const space::Measured> measured) {
  std::vector<model::Observation> all;
  for (const auto& [candidate, time_us] : measured) all.push_back({terms[candidate], time_us});
  return all;
}

}  // namespace

model::NormalEquations evidence_of(const model::SimulatedMachine& machine, const Problem& problem,
                                   const std::vector<Config>& candidates,
                                   const std::vector<space::Measured>& measured) {
  return model::evidence_of(observations(all_terms(machine, problem, candidates), measured));
}

/// A strategy that uses the model, with its problem's terms.
class Guide::Taught : public space::Strategy {
 public:
  Taught(Guide& guide, const space::StrategyKind& kind, const Problem& problem, space::Choice choice,
         std::function<void(const Forecast&)> hear)
      : guide_(guide),
        lessons_(lessons_for(problem, guide.lessons_)),
        terms_(all_terms(guide.machine_, problem, choice.candidates)),
        hear_(std::move(hear)) {
    choice.model = [this](std::span<const space::Measured> measured) { return expected_us(measured); };
    strategy_ = kind.make(std::move(choice));
    guide_.underway_.push_back(this);
  }

  ~Taught() override {
    hear_(forecast_);
    std::erase(guide_.underway_, this);
    teach(guide_.fitted_);
  }

  std::vector<std::size_t> next() override { return strategy_->next(); }

  void tell(std::size_t candidate, std::optional<double> time_us) override {
    if (time_us) forecast_.measured.push_back({candidate, *time_us});
    strategy_->tell(candidate, time_us);
  }

 private:
  void teach(model::FittedTime& fitted) const {
    if (!forecast_.measured.empty())
      fitted.learn(model::evidence_of(observations(terms_, forecast_.measured)));
  }

  std::vector<double> expected_us(std::span<const space::Measured> measured) {
    model::FittedTime fitted = guide_.fitted_;
    for (const Lesson* lesson : lessons_) fitted.learn(lesson->evidence);
    for (const Taught* other : guide_.underway_)
      if (other != this) other->teach(fitted);
    std::vector<double> expected = fitted.expected_us(terms_, observations(terms_, measured));
    if (measured.empty()) forecast_.expected_us = expected;
    return expected;
  }

  Guide& guide_;
  const std::vector<const Lesson*> lessons_;
  const std::vector<model::Terms> terms_;
  const std::function<void(const Forecast&)> hear_;
  Forecast forecast_;
  std::unique_ptr<space::Strategy> strategy_;
};

std::unique_ptr<space::Strategy> Guide::strategy(const space::StrategyKind& kind, const Problem& problem,
                                                 space::Choice choice,
                                                 std::function<void(const Forecast&)> hear) {
  if (!kind.uses_model) return kind.make(std::move(choice));
  return std::make_unique<Taught>(*this, kind, problem, std::move(choice), std::move(hear));
}

}  // namespace gemmtune::cli
