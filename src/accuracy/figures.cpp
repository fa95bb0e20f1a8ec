#include "accuracy/figures.h"

#include <algorithm>
#include <cmath>
#include <cstddef>

namespace gemmtune::accuracy {

Figures figures_of(std::span<const double> found, std::span<const double> reference,
                   std::span<const double> magnitudes) {
  double errors = 0, references = 0, founds = 0, products = 0, absolute = 0, most = 0;
  bool bounded = false;
  for (std::size_t i = 0; i < found.size(); ++i) {
    const double error = found[i] - reference[i];
    errors += error * error;
    references += reference[i] * reference[i];
    founds += found[i] * found[i];
    products += found[i] * reference[i];
    absolute += std::abs(error);
    if (magnitudes[i] > 0) most = std::max(most, std::abs(error) / magnitudes[i]), bounded = true;
  }
  Figures figures;
  if (!found.empty()) figures.mean_absolute = absolute / static_cast<double>(found.size());
  if (bounded) figures.max_over_sum = most;
  if (references > 0) figures.relative_rms = std::sqrt(errors / references);
  if (references > 0 && founds > 0) figures.cosine = products / std::sqrt(references * founds);
  if (references > 0 && errors > 0) figures.snr_db = 10 * std::log10(references / errors);
  return figures;
}

}  // namespace gemmtune::accuracy
