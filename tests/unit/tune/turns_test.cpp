#include "tune/turns.h"

#include <gtest/gtest.h>

#include <utility>

namespace gemmtune::tune {
namespace {

using Round = std::vector<std::size_t>;
using Rounds = std::vector<Round>;
using Heard = std::vector<std::pair<std::size_t, Round>>;

/// Strategies with so many rounds of one candidate each: 10 times the problem, and the round.
struct World {
  std::vector<std::size_t> rounds;  ///< of each problem
  std::vector<std::size_t> made, over;
  Heard heard;

  struct Counting : space::Strategy {
    Counting(World& world, std::size_t index) : world(world), index(index) {}
    ~Counting() override { world.over.push_back(index); }
    Round next() override { return asked == world.rounds[index] ? Round() : Round{10 * index + asked++}; }
    void tell(std::size_t, std::optional<double>) override {}
    World& world;
    std::size_t index, asked = 0;
  };

  Turns turns(std::size_t abreast) {
    return Turns(
        [this](std::size_t index, std::size_t most) {
          EXPECT_EQ(most, 7 + index);
          made.push_back(index);
          return std::make_unique<Counting>(*this, index);
        },
        [this] {
          std::vector<std::size_t> most;
          for (std::size_t i = 0; i < rounds.size(); ++i) most.push_back(7 + i);
          return most;
        }(),
        abreast, [this](const Turns::Turn& turn) { heard.emplace_back(turn.index, turn.round); });
  }
};

Heard taken(Turns turns) {
  Heard all;
  const std::vector<std::optional<double>> one = {1.0};
  while (const Turns::Turn* turn = turns.turn()) {
    all.emplace_back(turn->index, turn->round);
    turns.tell(turn->round.empty() ? std::vector<std::optional<double>>() : one);
  }
  return all;
}

TEST(Turns, go_round_the_problems_abreast_and_one_that_is_over_gives_its_place_to_the_next) {
  World world{{1, 2, 2}, {}, {}, {}};
  EXPECT_EQ(taken(world.turns(2)), (Heard{{0, {0}}, {1, {10}}, {2, {20}}, {1, {11}}, {2, {21}}}));
  EXPECT_EQ(world.made, (Round{0, 1, 2}));
  EXPECT_EQ(world.over, (Round{0, 1, 2}));
}

TEST(Turns, of_one_abreast_take_problem_after_problem) {
  World world{{2, 1}, {}, {}, {}};
  EXPECT_EQ(taken(world.turns(1)), (Heard{{0, {0}}, {0, {1}}, {1, {10}}}));
}

TEST(Turns, say_each_round_before_the_other_problems_have_theirs) {
  World world{{2, 1, 1}, {}, {}, {}};
  Turns turns = world.turns(2);
  EXPECT_EQ(world.heard, (Heard{{0, {0}}, {1, {10}}}));
  EXPECT_TRUE(turns.tell(std::vector<std::optional<double>>{1.0}));
  EXPECT_EQ(world.heard.back(), (std::pair<std::size_t, Round>(0, {1}))) << "while 1 has its turn";
  EXPECT_EQ(turns.turn()->index, 1u);
}

TEST(Turns, one_whose_strategy_asks_for_nothing_has_a_turn_all_the_same) {
  World world{{0, 1}, {}, {}, {}};
  EXPECT_EQ(taken(world.turns(2)), (Heard{{0, {}}, {1, {10}}}));
}

TEST(Turns, what_is_ended_gets_no_further_round) {
  World world{{3, 1}, {}, {}, {}};
  Turns turns = world.turns(1);
  turns.end();
  EXPECT_EQ(world.over, Round{0}) << "before the next begins, which may learn from it";
  EXPECT_EQ(taken(std::move(turns)), (Heard{{1, {10}}}));
}

}  // namespace
}  // namespace gemmtune::tune
