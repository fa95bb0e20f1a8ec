#include "tune/m_steps.h"

#include <algorithm>
#include <cmath>
#include <iterator>
#include <set>

namespace gemmtune::tune {

namespace {

/// To the next of the grid: tiles of swapped kernels are multiples of 8, and from 128 on none is lower
/// than 64.
std::int64_t step_above(std::int64_t m) {
  if (m < 8) return m;
  if (m < 128) return 8;
  return m < 2048 ? 64 : m < 4096 ? 128 : m < 8192 ? 256 : 512;
}

/// Where A's last box lacks five rows of eight. NOTES: TMA fills a box slowly where it lacks five or seven of
/// eight, not where one or three: tiles whose loads are then what is waited for lost up to 15 % on an H100
/// (64x32 at M 49 of 24576x1536), at M up to 64 alone. Every M that tiles divide is blind to it. Boxes hold
/// no such rows any more but where CTAs share A out (load_rows_a).
bool is_thin(std::int64_t m) {
  return m > 8 && m < 64 && m % 8 == 3;
}

const TunedM* at(std::span<const TunedM> tuned, std::int64_t m) {
  const auto found = std::ranges::find(tuned, m, [](const TunedM& t) { return t.problem.m; });
  return found == tuned.end() ? nullptr : &*found;
}

/// One layer's intervals, halved.
class Halving {
 public:
  Halving(std::vector<std::int64_t> grid, std::span<const TunedM> tuned)
      : grid_(std::move(grid)), tuned_(tuned) {}

  /// Between two tuned M, of which the upper has `config`. The lowest M in between is looked at too: there a
  /// tile that fills its waves at `low` begins another one. So is the highest that is thin: it has the most
  /// rows beside those that are missing.
  void look(std::int64_t low, std::int64_t high, const Config& config) {
    const auto first = std::ranges::upper_bound(grid_, low);
    const auto last = std::ranges::lower_bound(grid_, high);
    if (first >= last) return;
    const std::int64_t middle = *(first + (last - first) / 2);
    std::set<std::int64_t> places = {*first, middle};
    const auto thin =
        std::ranges::find_if(std::reverse_iterator(last), std::reverse_iterator(first), is_thin);
    if (thin.base() != first) places.insert(*thin);
    if (!are_known(places, config)) return;
    const auto is_served = [&](std::int64_t m) { return at(tuned_, m)->is_served_by(config); };
    if (std::ranges::all_of(places, is_served) && is_served(low)) return;
    look(middle, high, config);
    look(low, middle, is_served(middle) ? config : at(tuned_, middle)->ranked.front());
  }

  std::vector<MAsked> take() {
    std::ranges::sort(asked_, {}, &MAsked::m);
    return std::move(asked_);
  }

 private:
  /// Asks for those that are not.
  bool are_known(const std::set<std::int64_t>& places, const Config& config) {
    const std::size_t before = asked_.size();
    for (const std::int64_t m : places)
      if (at(tuned_, m) == nullptr) asked_.push_back({m, config});
    return asked_.size() == before;
  }

  const std::vector<std::int64_t> grid_;
  const std::span<const TunedM> tuned_;
  std::vector<MAsked> asked_;
};

}  // namespace

std::vector<std::int64_t> m_grid(const MRange& range) {
  std::vector<std::int64_t> grid = {range.from};
  const auto add = [&](std::int64_t m) {
    if (m > range.from && m < range.to) grid.push_back(m);
  };
  for (std::int64_t m = 1; m < range.to; m += step_above(m)) {
    add(m);
    // 52 and 48 beside 51: which of 52 and 56 answers for what lies above 51 depends on how many missing rows
    // are too many.
    if (m >= 8 && m < 64) add(m + 3), add(m + 4);
    // Behind a power of two tiles that filled their waves begin another one: a simulated H100 lost 6 to 8 %
    // there to what wins a whole step above.
    if (m >= 128 && (m & (m - 1)) == 0) add(m + std::max<std::int64_t>(8, m / 32));
  }
  if (range.to > range.from) grid.push_back(range.to);
  return grid;
}

MSteps m_steps(const MRange& range) {
  MSteps steps;
  steps.anchors = {range.from};
  // 2 to 8 are what 1 and 16 are; 32 is found where it differs.
  for (std::int64_t m = 16; m < range.to; m *= 2)
    if (m > range.from && m != 32) steps.anchors.push_back(m);
  if (range.to > range.from) steps.anchors.push_back(range.to);

  constexpr int kChecks = 20;
  const std::vector<std::int64_t> grid = m_grid(range);
  std::set<std::int64_t> checks;
  const double ratio = static_cast<double>(range.to) / static_cast<double>(range.from);
  for (int i = 0; i < kChecks; ++i) {
    const double place = static_cast<double>(range.from) * std::pow(ratio, (i + 0.5) / kChecks);
    auto m = static_cast<std::int64_t>(place) | 1;
    if (i % 2 == 0 && m > 128) m = m / 64 * 64 + 1;
    if (is_thin(m)) m -= 2;  // which is as thin
    if (m > range.from && m < range.to && !std::ranges::binary_search(grid, m)) checks.insert(m);
  }
  steps.checks.assign(checks.begin(), checks.end());
  return steps;
}

std::vector<MAsked> next_ms(const MRange& range, std::span<const TunedM> tuned) {
  std::vector<const TunedM*> anchors;
  for (const std::int64_t m : m_steps(range).anchors)
    if (const TunedM* anchor = at(tuned, m)) anchors.push_back(anchor);
  Halving halving(m_grid(range), tuned);
  for (std::size_t i = 1; i < anchors.size(); ++i)
    halving.look(anchors[i - 1]->problem.m, anchors[i]->problem.m, anchors[i]->ranked.front());
  return halving.take();
}

std::vector<Config> neighbours_of(std::int64_t m, std::span<const TunedM> tuned, std::size_t most) {
  const auto above = std::ranges::lower_bound(tuned, m, {}, [](const TunedM& t) { return t.problem.m; });
  std::vector<const TunedM*> near;
  for (auto up = above, down = above; near.size() < 4;) {
    const bool is_up = up != tuned.end() && up - above < 2,
               is_down = down != tuned.begin() && above - down < 2;
    if (!is_up && !is_down) break;
    if (is_up) near.push_back(&*up++);
    if (is_down) near.push_back(&*--down);
  }
  std::vector<Config> configs;
  const auto add = [&](const Config& config) {
    if (configs.size() < most && std::ranges::find(configs, config) == configs.end())
      configs.push_back(config);
  };
  for (std::size_t rank = 0; rank < 4; ++rank)
    for (const TunedM* there : near)
      if (rank < there->ranked.size()) add(there->ranked[rank]);
  return configs;
}

}  // namespace gemmtune::tune
