// How far one product is from another, in figures.
#pragma once

#include <optional>
#include <span>
#include <vector>

namespace gemmtune::accuracy {

/// Of D against what it should be. Empty where it has no meaning: of a reference of zeros, or without errors.
struct Figures {
  std::optional<double> relative_rms;  ///< RMS(D - reference) / RMS(reference)
  double mean_absolute = 0;            ///< mean |D - reference|
  std::optional<double> max_over_sum;  ///< max |D - reference| / sum |a b|
  std::optional<double> cosine;
  std::optional<double> snr_db;  ///< 20 log10 of RMS(reference) / RMS(D - reference)
};

/// `magnitudes`: sums of |a b| of the original operands. All of one length.
Figures figures_of(std::span<const double> found, std::span<const double> reference,
                   std::span<const double> magnitudes);

}  // namespace gemmtune::accuracy
