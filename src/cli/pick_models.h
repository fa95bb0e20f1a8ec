// The models by which a bundle's loader picks, fitted on what sweeps recorded, and what its picks lose there.
#pragma once

#include "export/bundle_picker.h"
#include "launch/picker.h"
#include "launch/picker_data.h"
#include "model/normal_equations.h"
#include "tune/portfolio.h"

#include <cstddef>
#include <optional>
#include <span>
#include <vector>

namespace gemmtune::cli {

class PickModels {
 public:
  explicit PickModels(std::span<const tune::Recorded> problems);

  /// One for each kernel and form of D among the problems that count, each as much as its weight says.
  /// Kernels over groups have none: what they take depends on rows that the host does not know.
  launch::PickerData fitted_on(const std::vector<double>& weights) const;

  /// What these models are wrong by for each of these cubins, on the same problems.
  std::vector<exports::CubinCorrection> corrections(const std::vector<double>& weights,
                                                    const tune::Losses& losses,
                                                    std::span<const std::size_t> cubins,
                                                    const launch::PickerData& models) const;

 private:
  std::span<const tune::Recorded> problems_;
  std::vector<model::NormalEquations> evidence_;  ///< of each problem
};

/// What the loader takes for a problem that is in no bundle.
struct Pick {
  std::size_t cubin = 0;        ///< of the losses'
  std::optional<double> loss;   ///< nothing: that cubin was not measured there
  bool another_launch = false;  ///< of the cubin; that which was picked was not measured there
  Config config;                ///< what is launched
};

/// A configuration of the cubin with the launch that the loader has chosen.
Config launched(Config config, const launch::GemmRecipe& recipe);

/// From these cubins, by the loader's own code; nothing for a problem for which it has none.
std::vector<std::optional<Pick>> picks(std::span<const tune::Recorded> problems, const tune::Losses& losses,
                                       std::span<const std::size_t> cubins, launch::PickerData picker,
                                       std::vector<exports::CubinCorrection> corrections);

}  // namespace gemmtune::cli
