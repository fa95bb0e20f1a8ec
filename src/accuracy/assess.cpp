#include "accuracy/assess.h"

#include "accuracy/exact_product.h"
#include "accuracy/quantise.h"
#include "accuracy/sample.h"
#include "accuracy/tensor_core.h"

#include <array>
#include <optional>
#include <utility>

namespace gemmtune::accuracy {

namespace {

/// A factor with what recipes ask of it, found when the first one does.
class Sampled {
 public:
  Sampled(const Matrix& matrix, Factor factor, const Options& options)
      : matrix_(matrix),
        factor_(factor),
        options_(options),
        sample_(take_sample(matrix, options.sample, options.threads)) {}

  Quantised original() const { return accuracy::original(sample_); }

  Quantised quantised(const Recipe& recipe) {
    const float amax = recipe.scaling == Scaling::tensor ? whole(recipe.amax) : 0;
    return quantise(sample_, factor_, recipe, amax, options_.seed, options_.threads);
  }

 private:
  float whole(Amax amax) {
    std::optional<float>& known = whole_[static_cast<std::size_t>(amax)];
    if (!known) known = whole_amax(matrix_, amax == Amax::history, options_.threads);
    return *known;
  }

  const Matrix& matrix_;
  Factor factor_;
  Options options_;
  Sample sample_;
  std::array<std::optional<float>, 2> whole_;
};

std::vector<double> widened(const std::vector<float>& values) {
  return {values.begin(), values.end()};
}

std::vector<float> rounded(std::vector<float> values, OutputType out) {
  if (out == OutputType::bf16)
    for (float& value : values) value = round_nearest(Element::bf16, value);
  return values;
}

}  // namespace

std::vector<Assessment> assess(const Matrix& a, const Matrix& b, std::span<const Recipe> recipes,
                               const Options& options) {
  Sampled sampled_a(a, Factor::a, options), sampled_b(b, Factor::b, options);
  const Quantised all_a = sampled_a.original(), all_b = sampled_b.original();
  const std::vector<double> reference = exact_product(all_a, all_b, options.threads);
  const std::vector<double> magnitudes = product_of_magnitudes(all_a, all_b, options.threads);
  const auto values = static_cast<double>(all_a.elements.size() + all_b.elements.size());
  std::vector<Assessment> all;
  for (const Recipe& recipe : recipes) {
    const Quantised qa = sampled_a.quantised(recipe), qb = sampled_b.quantised(recipe);
    const std::vector<double> dequantised = exact_product(qa, qb, options.threads);
    const std::vector<float> sums = tensor_core_product(qa, qb, recipe, options.threads);
    const std::vector<double> accumulated = widened(sums), d = widened(rounded(sums, recipe.out));
    all.push_back({recipe, figures_of(d, reference, magnitudes),
                   figures_of(dequantised, reference, magnitudes),
                   figures_of(accumulated, dequantised, magnitudes), figures_of(d, accumulated, magnitudes),
                   static_cast<double>(qa.saturated + qb.saturated) / values,
                   static_cast<double>(qa.flushed + qb.flushed) / values});
  }
  return all;
}

Products products_of(const Matrix& a, const Matrix& b, const Recipe& recipe, const Options& options) {
  Sampled sampled_a(a, Factor::a, options), sampled_b(b, Factor::b, options);
  const Quantised all_a = sampled_a.original(), all_b = sampled_b.original();
  const Quantised qa = sampled_a.quantised(recipe), qb = sampled_b.quantised(recipe);
  Products products;
  products.original = exact_product(all_a, all_b, options.threads);
  products.dequantised = exact_product(qa, qb, options.threads);
  products.magnitudes = product_of_magnitudes(qa, qb, options.threads);
  products.accumulated = tensor_core_product(qa, qb, recipe, options.threads);
  products.d = rounded(products.accumulated, recipe.out);
  return products;
}

}  // namespace gemmtune::accuracy
