// `sweep --m`: the rounds of a sweep that looks for the steps of the best configuration over M. Each follows
// from what the journal has by then, so that a sweep which is resumed asks for the same.
#pragma once

#include "cli/command.h"
#include "cli/selection.h"
#include "core/environment.h"
#include "core/journal.h"
#include "tune/m_steps.h"
#include "tune/sweep_plan.h"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace gemmtune::cli {

/// --m; empty text: the problems' own M.
void add_m_option(Command& command, std::string& text);

/// `auto` or `A:B`. Throws UserError for what is neither.
tune::MRange parse_m(const std::string& text);

/// A plan of problems between those that are tuned, and which of each one's candidates neighbours speak for.
struct MRound {
  tune::SweepPlan plan;
  std::vector<std::vector<std::size_t>> first;
  std::size_t most = 0;  ///< candidates of each problem that are timed
  bool judges = false;   ///< the last one, at the M that are in no tuning
};

class MRounds {
 public:
  /// `work` may name several M of a layer: they count as one. Throws UserError for problems with groups.
  MRounds(Work work, const tune::MRange& range, DeviceLimits limits, std::uint64_t seed);

  const MSteps& steps() const { return steps_; }

  /// Every layer at every anchor, which is tuned as any problem is.
  Work anchors() const;

  /// What to look at next, after what the journal has of what was asked for: a resumed sweep finds there what
  /// it has not asked for yet, and must not know it. Nothing once all is done. `more` false: no step is
  /// looked for any more, and what there is is judged.
  std::optional<MRound> next(Journal journal, bool more);

 private:
  struct Asked {
    Problem problem;
    Config above;  ///< what may answer for it
  };

  MRound round_at(const std::vector<Asked>& asked, const std::vector<TunedM>& tuned, std::size_t most);

  Work work_;  // of one M a layer
  tune::MRange range_;
  MSteps steps_;
  DeviceLimits limits_;
  std::uint64_t seed_;
  std::set<std::string> asked_;  ///< problems, by id, those at anchors too
  bool judged_ = false;
};

}  // namespace gemmtune::cli
