#include "report/model_step.h"

#include "util/error.h"

#include <algorithm>
#include <map>
#include <set>
#include <utility>

namespace gemmtune::report {

namespace {

std::optional<double> time_of(const std::string& provider, const Winner& winner) {
  const Baselines& raced = winner.entry.baselines;
  if (provider == provider::kCublasLtBlock) return raced.cublaslt_block_us;
  if (provider == provider::kCublasLtTensor) return raced.cublaslt_tensor_us;
  if (provider == provider::kCublasBf16) return raced.cublas_bf16_us;
  const auto found = winner.carried_us.find(provider);
  return found == winner.carried_us.end() ? std::nullopt : std::optional(found->second);
}

/// Of a launch; peers' is in no file.
std::optional<double> energy_of(const std::string& provider, const Winner& winner) {
  const Baselines& raced = winner.entry.baselines;
  if (provider == provider::kCublasLtBlock) return raced.cublaslt_block_energy_j;
  if (provider == provider::kCublasLtTensor) return raced.cublaslt_tensor_energy_j;
  if (provider == provider::kCublasBf16) return raced.cublas_bf16_energy_j;
  return std::nullopt;
}

/// Adds, and knows nothing from the first that is not known.
void add(std::optional<double>& sum, double count, const std::optional<double>& value) {
  if (sum) sum = value ? std::optional(*sum + count * *value) : std::nullopt;
}

void add(StepSum& sum, const ModelProduct& product) {
  ++sum.products;
  const auto ours_us = product.ours_us();
  if (!ours_us) return;
  ++sum.found;
  sum.ours_us += *ours_us;
  for (std::size_t i = 0; i < sum.others.size(); ++i) {
    ProviderSum& other = sum.others[i];
    const auto& theirs_us = product.others_us[i];
    const auto& ours_j = product.winner->entry.energy_j;
    other.step_us += theirs_us ? product.call.count * *theirs_us : *ours_us;
    add(other.step_j, product.call.count, theirs_us ? product.others_j[i] : ours_j);
    if (!theirs_us) continue;
    add(other.theirs_j, product.call.count, product.others_j[i]);
    add(other.ours_j, product.call.count, ours_j);
    ++other.products;
    other.theirs_us += product.call.count * *theirs_us;
    other.ours_us += *ours_us;
  }
}

/// Of the step, where every product was measured.
std::optional<double> energy_of(const std::vector<ModelProduct>& products, std::int64_t tokens) {
  double sum = 0;
  for (const ModelProduct& product : products) {
    if (product.call.tokens != tokens) continue;
    if (product.winner == nullptr || !product.winner->entry.energy_j) return std::nullopt;
    sum += product.call.count * *product.winner->entry.energy_j;
  }
  return sum;
}

std::vector<std::string> providers_of(const std::vector<ModelProduct>& products,
                                      const std::vector<const Report*>& reports) {
  std::vector<std::string> all = {provider::kCublasLtBlock, provider::kCublasLtTensor, provider::kCublasBf16};
  std::set<std::string> peers;
  for (const Report* report : reports) peers.insert(report->peers.begin(), report->peers.end());
  all.insert(all.end(), peers.begin(), peers.end());
  std::erase_if(all, [&](const std::string& provider) {
    return std::ranges::none_of(products, [&](const ModelProduct& product) {
      return product.winner != nullptr && time_of(provider, *product.winner);
    });
  });
  return all;
}

}  // namespace

std::optional<double> ModelProduct::ours_us() const {
  return winner == nullptr ? std::nullopt : std::optional(call.count * winner->entry.time_us);
}

std::optional<double> ModelProduct::above_roof_us() const {
  if (winner == nullptr || !winner->placement) return std::nullopt;
  const double roof_us = winner->entry.time_us * winner->placement->percent() / 100;
  return std::max(0.0, call.count * (winner->entry.time_us - roof_us));
}

const StepSum& ModelTimes::step_of(const ModelProduct& product) const {
  const auto found = std::ranges::find(steps, product.call.tokens, &StepSum::tokens);
  ensure(found != steps.end(), "a product of a step");
  return *found;
}

ModelTimes model_times(ModelStep step, const std::vector<const Report*>& reports) {
  std::map<std::string, const Winner*> winners;
  for (const Report* report : reports)
    for (const Winner& winner : report->winners)
      winners.try_emplace(problem_id(winner.entry.problem), &winner);
  ModelTimes times;
  for (ModelCall& call : step.calls) {
    const auto found = winners.find(problem_id(call.problem));
    times.products.push_back({std::move(call), found == winners.end() ? nullptr : found->second, {}, {}});
  }
  step.calls.clear();
  times.step = std::move(step);
  times.others = providers_of(times.products, reports);
  for (ModelProduct& product : times.products) {
    for (const std::string& provider : times.others) {
      const Winner* const winner = product.winner;
      product.others_us.push_back(winner == nullptr ? std::nullopt : time_of(provider, *winner));
      product.others_j.push_back(winner == nullptr ? std::nullopt : energy_of(provider, *winner));
    }
    if (times.steps.empty() || times.steps.back().tokens != product.call.tokens) {
      times.steps.push_back({product.call.tokens});
      times.steps.back().others.resize(times.others.size());
    }
    add(times.steps.back(), product);
  }
  for (StepSum& sum : times.steps) sum.energy_j = energy_of(times.products, sum.tokens);
  return times;
}

bool has_energy(const std::vector<StepSum>& steps) {
  return std::ranges::any_of(steps, [](const StepSum& step) { return step.energy_j.has_value(); });
}

std::vector<const ModelProduct*> most_to_gain(const ModelTimes& times, std::size_t count) {
  std::vector<std::pair<double, const ModelProduct*>> all;
  for (const ModelProduct& product : times.products)
    if (const auto above_us = product.above_roof_us())
      all.emplace_back(*above_us / times.step_of(product).ours_us, &product);
  std::ranges::stable_sort(all, std::ranges::greater(), &std::pair<double, const ModelProduct*>::first);
  std::vector<const ModelProduct*> most;
  std::set<std::string> named;
  for (const auto& [part, product] : all)
    if (most.size() < count && named.insert(problem_id(product->call.problem)).second)
      most.push_back(product);
  return most;
}

}  // namespace gemmtune::report
