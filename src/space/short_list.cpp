#include "space/strategy.h"
#include "util/error.h"

#include <algorithm>
#include <numeric>
#include <utility>

namespace gemmtune::space {

namespace {

class ShortList : public Strategy {
 public:
  explicit ShortList(Choice choice) : choice_(std::move(choice)) {
    ensure(choice_.model != nullptr, "a short list without its model");
  }

  std::vector<std::size_t> next() override {
    if (std::exchange(done_, true)) return {};
    const std::size_t all = choice_.candidates.size();
    const std::size_t most = choice_.most == 0 ? all : std::min(choice_.most, all);
    std::vector<std::size_t> list = choice_.first;
    if (list.size() > most) list.resize(most);
    const std::vector<double> expected = choice_.model({});
    std::vector<std::size_t> ranked(all);
    std::iota(ranked.begin(), ranked.end(), std::size_t{0});
    std::ranges::stable_sort(ranked, {}, [&](std::size_t candidate) { return expected.at(candidate); });
    for (const std::size_t candidate : ranked)
      if (list.size() < most && std::ranges::find(choice_.first, candidate) == choice_.first.end())
        list.push_back(candidate);
    return list;
  }

  void tell(std::size_t, std::optional<double>) override {}

 private:
  const Choice choice_;
  bool done_ = false;
};

}  // namespace

std::unique_ptr<Strategy> make_short_list(Choice choice) {
  return std::make_unique<ShortList>(std::move(choice));
}

const StrategyKind& short_list() {
  static constexpr StrategyKind kShortList = {
      "short-list", "candidates that were given, and what a model expects to be fastest", true, 0,
      make_short_list};
  return kShortList;
}

}  // namespace gemmtune::space
