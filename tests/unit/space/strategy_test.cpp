#include "space/strategy.h"

#include "util/error.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <set>

namespace gemmtune::space {
namespace {

std::vector<std::size_t> hundred() {
  return order(100, 0);
}

TEST(Order, seed_0_keeps_the_order) {
  for (std::size_t i = 0; i < 100; ++i) EXPECT_EQ(hundred()[i], i);
}

TEST(Order, a_seed_shuffles_and_loses_nothing) {
  auto shuffled = order(100, 7);
  EXPECT_NE(shuffled, hundred());
  EXPECT_NE(shuffled, order(100, 8));
  EXPECT_EQ(shuffled, order(100, 7));
  std::sort(shuffled.begin(), shuffled.end());
  EXPECT_EQ(shuffled, hundred());
}

TEST(Order, a_seed_means_the_same_on_every_machine) {
  auto first = order(100, 1);
  first.resize(5);
  EXPECT_EQ(first, (std::vector<std::size_t>{19, 93, 20, 26, 68}));
}

TEST(Order, none_and_one_are_fine) {
  EXPECT_TRUE(order(0, 1).empty());
  EXPECT_EQ(order(1, 1).size(), 1u);
}

/// A grid of tiles, each a kernel with two launches.
Choice grid(std::size_t most) {
  Choice choice;
  for (std::int64_t m = 1; m <= 12; ++m)
    for (std::int64_t n = 1; n <= 12; ++n)
      for (std::int64_t raster = 1; raster <= 2; ++raster) {
        choice.candidates.push_back(Config{{"block_m", 16 * m}, {"block_n", 8 * n}, {"raster", raster}});
        choice.cubins.push_back(static_cast<std::size_t>(12 * m + n));
      }
  choice.most = most;
  return choice;
}

/// Fastest at 4, 9, 2.
double time_us(const Config& config) {
  const auto off = [&](const char* name, std::int64_t at) {
    return std::abs(static_cast<double>(config.at(name) - at));
  };
  return 10 + off("block_m", 64) / 16 + off("block_n", 72) / 8 + off("raster", 2);
}

/// Rounds of a strategy that is told the truth until it has had enough.
std::vector<std::vector<std::size_t>> rounds_of(Strategy& strategy, const Choice& choice) {
  std::vector<std::vector<std::size_t>> rounds;
  for (auto round = strategy.next(); !round.empty(); round = strategy.next()) {
    rounds.push_back(round);
    for (const std::size_t candidate : round)
      strategy.tell(candidate, time_us(choice.candidates.at(candidate)));
  }
  return rounds;
}

std::vector<std::size_t> all_of(const std::vector<std::vector<std::size_t>>& rounds) {
  std::vector<std::size_t> all;
  for (const auto& round : rounds) all.insert(all.end(), round.begin(), round.end());
  return all;
}

/// Knows the truth of what was measured, and of nothing else.
Model of_the_measured(const Choice& choice) {
  return [&choice](std::span<const Measured> measured) {
    std::vector<double> expected(choice.candidates.size(), 100.0);
    for (const auto& [candidate, us] : measured) expected[candidate] = us;
    return expected;
  };
}

TEST(Strategies, are_found_by_name_and_the_first_is_exhaustive) {
  EXPECT_EQ(strategies().front().name, "exhaustive");
  for (const char* name : {"exhaustive", "guided", "random", "local"})
    EXPECT_EQ(require_strategy(name).name, name);
  try {
    require_strategy("guidde");
    FAIL();
  } catch (const UserError& error) {
    EXPECT_NE(std::string(error.what()).find("exhaustive, guided, random, local"), std::string::npos)
        << error.what();
  }
}

TEST(Strategies, name_each_candidate_once_and_no_more_than_they_may) {
  for (const StrategyKind& kind : strategies())
    for (const std::size_t most : {0, 1, 17, 100, 10'000}) {
      const Choice choice = grid(most);
      Choice handed = choice;
      handed.model = of_the_measured(choice);
      const auto strategy = kind.make(std::move(handed));
      const std::vector<std::size_t> named = all_of(rounds_of(*strategy, choice));
      const std::size_t all = choice.candidates.size();
      EXPECT_EQ(named.size(), most == 0 ? all : std::min(most, all)) << kind.name;
      EXPECT_EQ(std::set(named.begin(), named.end()).size(), named.size()) << kind.name;
    }
}

TEST(Strategies, go_on_where_everything_fails_and_end_where_there_is_nothing) {
  for (const StrategyKind& kind : strategies()) {
    const Choice choice = grid(64);
    Choice handed = choice;
    handed.model = of_the_measured(choice);
    const auto strategy = kind.make(std::move(handed));
    std::size_t named = 0;
    for (auto round = strategy->next(); !round.empty(); round = strategy->next()) {
      named += round.size();
      for (const std::size_t candidate : round) strategy->tell(candidate, std::nullopt);
    }
    EXPECT_EQ(named, 64u) << kind.name;
    Choice nothing;
    nothing.model = of_the_measured(nothing);
    EXPECT_TRUE(kind.make(nothing)->next().empty()) << kind.name;
  }
}

TEST(Strategies, exhaustive_keeps_the_order_and_random_draws_by_its_seed) {
  const Choice choice = grid(20);
  EXPECT_EQ(make_exhaustive(choice)->next(), [] {
    auto first = order(288, 0);
    first.resize(20);
    return first;
  }());
  Choice other = choice;
  other.seed = 2;
  EXPECT_EQ(make_random(choice)->next(), make_random(choice)->next());
  EXPECT_NE(make_random(choice)->next(), make_random(other)->next());
  other.seed = 0;
  EXPECT_NE(make_random(other)->next(), make_exhaustive(choice)->next()) << "0 is drawn by lot too";
}

TEST(Strategies, local_walks_to_the_optimum_of_a_smooth_landscape) {
  for (std::uint64_t seed = 1; seed <= 10; ++seed) {
    Choice choice = grid(96);
    choice.seed = seed;
    const auto strategy = make_local(choice);
    const auto named = all_of(rounds_of(*strategy, choice));
    EXPECT_TRUE(std::ranges::any_of(
        named, [&](std::size_t candidate) { return time_us(choice.candidates[candidate]) == 10; }))
        << "seed " << seed;
  }
}

/// With a model that knows them from the start. `choice` must outlive it.
Choice with_its_times(const Choice& choice) {
  Choice handed = choice;
  handed.model = [&](std::span<const Measured>) {
    std::vector<double> expected;
    for (const Config& config : choice.candidates) expected.push_back(time_us(config));
    return expected;
  };
  return handed;
}

TEST(Guided, begins_with_the_best_launch_of_each_of_the_kernels_that_are_expected_to_be_fastest) {
  const Choice choice = grid(48);
  const Choice handed = with_its_times(choice);
  const auto first = make_guided(handed)->next();
  ASSERT_EQ(first.size(), 24u);
  EXPECT_EQ(time_us(choice.candidates[first.front()]), 10);
  std::set<std::size_t> cubins;
  for (const std::size_t candidate : first) {
    cubins.insert(choice.cubins[candidate]);
    EXPECT_EQ(choice.candidates[candidate].at("raster"), 2);
  }
  EXPECT_EQ(cubins.size(), 24u);
}

TEST(Guided, asks_the_model_again_with_what_was_measured) {
  const Choice choice = grid(48);
  Choice handed = choice;
  std::vector<std::size_t> known;
  // Wrong at first; once it knows something, right.
  handed.model = [&](std::span<const Measured> measured) {
    known.push_back(measured.size());
    std::vector<double> expected;
    for (const Config& config : choice.candidates)
      expected.push_back(measured.empty() ? -time_us(config) : time_us(config));
    return expected;
  };
  const auto strategy = make_guided(handed);
  const auto rounds = rounds_of(*strategy, choice);
  EXPECT_EQ(known, (std::vector<std::size_t>{0, 24, 32, 40}));
  ASSERT_EQ(rounds.size(), 4u);
  EXPECT_GT(time_us(choice.candidates[rounds[0].front()]), 20);
  EXPECT_EQ(time_us(choice.candidates[rounds[1].front()]), 10);
}

TEST(ShortList, has_what_was_given_and_what_the_model_likes_at_once) {
  Choice choice;
  choice.candidates.resize(6);
  choice.cubins = {0, 1, 2, 3, 4, 5};
  choice.most = 4;
  choice.first = {5, 2};
  choice.model = [](std::span<const Measured>) { return std::vector<double>{3, 1, 2, 5, 4, 6}; };
  const auto strategy = short_list().make(choice);
  EXPECT_EQ(strategy->next(), (std::vector<std::size_t>{5, 2, 1, 0}));
  EXPECT_TRUE(strategy->next().empty());
  choice.most = 1;
  EXPECT_EQ(short_list().make(choice)->next(), (std::vector<std::size_t>{5}));
  choice.most = 0;
  EXPECT_EQ(short_list().make(choice)->next().size(), 6u);
}

TEST(ShortList, is_none_that_people_choose) {
  for (const StrategyKind& kind : strategies()) EXPECT_NE(kind.name, short_list().name);
}

}  // namespace
}  // namespace gemmtune::space
