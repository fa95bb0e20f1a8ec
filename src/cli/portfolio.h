// Few cubins chosen out of what sweeps recorded, and what they lose: with a perfect picker, and by the model
// that a bundle's loader has.
#pragma once

#include "cli/pick_models.h"
#include "store/steps.h"
#include "tune/portfolio.h"

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace gemmtune::cli {

struct PortfolioSource {
  std::vector<tune::Recorded> problems;  ///< to choose for, and behind them those that are only tried
  std::size_t chosen_for = 0;            ///< so many of them
  std::vector<double> weights;           ///< of each of those, 1 on the mean of a folder
  std::string device;
  bool simulated = false;
  Environment environment = {};  ///< of the first folder's last run
  std::string policy = {};       ///< of its final races
};

/// All problems of these sweeps, each once (what a later folder has of it beside the winner of the first, as
/// `portfolio --measure` times it, is added to it), and those of `tried` that are in none of them. Throws
/// UserError for a folder without candidates, and for another device than the others'.
PortfolioSource read_portfolio_source(const std::vector<std::string>& folders,
                                      const std::vector<std::string>& tried = {});

/// Regrets of a set of problems with so many cubins.
struct PortfolioPoint {
  std::size_t cubins = 0;
  store::StepRegret fitted;  ///< of the problems that they were chosen for
  store::StepRegret others;  ///< of each layer with the cubins chosen for the others
};

/// What the loader's picks lose.
struct PickRegret {
  store::StepRegret regret;      ///< not measured: the cubin never was there
  std::size_t other_launch = 0;  ///< so often another launch of the cubin stands for the one that was picked
};

class Portfolio {
 public:
  /// The source must outlive it.
  Portfolio(const PortfolioSource& source, std::size_t most);

  std::size_t layers() const { return without_.size(); }
  const std::vector<std::size_t>& chosen() const { return chosen_; }
  const tune::Losses& losses() const { return losses_; }
  /// Of a cubin on a problem, of those that were measured.
  std::size_t cells() const;

  PortfolioPoint at(std::size_t count) const;

  /// 1, 2, 3, 4, 6, 8, 12, 16, ... and all.
  std::vector<PortfolioPoint> curve() const;

  /// Which of the chosen each problem takes; nothing where none was measured there.
  std::optional<std::size_t> taken_by(std::size_t problem) const;

  /// Fitted on all problems.
  launch::PickerData picker() const;
  std::vector<exports::CubinCorrection> corrections() const;

  /// Of the problems that cubins and models come from; of each layer with those of the others.
  PickRegret picked_where_fitted() const;
  PickRegret picked_elsewhere() const;

  /// Of the problems that are only tried: the least that the chosen cubins lose, and what the picks lose.
  store::StepRegret tried() const;
  PickRegret picked_where_tried() const;
  /// Of each of these problems, in their order; nothing where the loader has none.
  std::vector<std::optional<Pick>> picks_where_tried() const;

 private:
  /// Of all problems, from these cubins by models that are fitted on those that count.
  std::vector<std::optional<Pick>> picks_of(const std::vector<std::size_t>& cubins,
                                            const std::vector<double>& weights) const;

  const std::vector<tune::Recorded>& problems_;
  const std::size_t chosen_for_;
  const tune::Losses losses_;
  const std::vector<std::size_t> layers_;  ///< of each problem that is chosen for
  const PickModels models_;
  const std::vector<double> shares_;  ///< of each problem in a choice and in a fit; 0: it is only tried
  std::vector<std::size_t> chosen_;
  std::vector<std::vector<std::size_t>> without_;  ///< chosen for all layers but this
};

}  // namespace gemmtune::cli
