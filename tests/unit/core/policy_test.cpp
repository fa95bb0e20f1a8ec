#include "core/policy.h"

#include <gtest/gtest.h>

#include <set>

namespace gemmtune {
namespace {

TEST(Policy, name_says_how_the_figure_is_made) {
  Policy policy;
  EXPECT_EQ(policy.name(), "cold_memset512-event-burst-w1t3-n12");
  policy.l2 = L2Policy::warm;
  policy.timer = Timer::cupti;
  policy.warmup = 2;
  policy.samples = 30;
  EXPECT_EQ(policy.name(), "warm-cupti-burst-w2t3-n30");
}

TEST(Policy, name_says_over_how_many_copies_where_that_is_a_choice) {
  Policy policy;
  policy.copies = 8;
  EXPECT_EQ(policy.name(), "cold_memset512x8-event-burst-w1t3-n12");
  policy.l2 = L2Policy::warm;  // copies would make it cold
  EXPECT_EQ(policy.name(), "warm-event-burst-w1t3-n12");
}

TEST(Policy, name_tells_the_state_of_the_cache_again) {
  for (const auto& [l2, name] : names(L2Policy{})) {
    Policy policy;
    policy.l2 = l2;
    EXPECT_EQ(l2_of(policy.name()), l2) << name;
  }
  EXPECT_EQ(l2_of("lukewarm-event"), std::nullopt);
}

TEST(Policy, no_two_timers_or_states_of_the_cache_share_a_name) {
  std::set<std::string> seen;
  for (const auto& [l2, l2_name] : names(L2Policy{}))
    for (const auto& [timer, timer_name] : names(Timer{})) {
      Policy policy;
      policy.l2 = l2;
      policy.timer = timer;
      EXPECT_TRUE(seen.insert(policy.name()).second) << policy.name();
    }
}

TEST(PlacesOf, are_read_from_the_name) {
  Policy policy;
  policy.copies = 7;
  policy.warmup = 2;
  policy.max_samples = 200;
  const auto places = places_of(policy.name());
  ASSERT_TRUE(places);
  EXPECT_EQ(places->count, 7);
  // Launches 2 3 4, 7 8 9, 12: turns of two and three.
  std::vector<std::size_t> of_samples;
  for (std::size_t sample = 0; sample < 7; ++sample) of_samples.push_back(places->of_sample(sample));
  EXPECT_EQ(of_samples, (std::vector<std::size_t>{2, 3, 4, 0, 1, 2, 5}));
}

TEST(PlacesOf, are_not_known_of_one_place_of_rotating_operands_and_of_blocks) {
  Policy policy;
  EXPECT_FALSE(places_of(policy.name()));
  policy.copies = 7;
  ASSERT_TRUE(places_of(policy.name()));
  policy.regime = PowerRegime::blocks;
  EXPECT_FALSE(places_of(policy.name()));
  policy.regime = PowerRegime::sustained;
  EXPECT_TRUE(places_of(policy.name()));
  policy.l2 = L2Policy::cold_rotate;
  EXPECT_FALSE(places_of(policy.name()));
  for (const char* name :
       {"", "cold_memset512x", "cold_memset512x7", "cold_memset512x7-cupti-burst-w1",
        "cold_memset512x7-cupti-burst-w1t0-n3", "cold_memset512x99999999999-cupti-burst-w1t3-n3",
        "cold_memset512x7-cupti-burst-w-1t3-n3", "cold_memset512x1-cupti-burst-w1t3-n3"})
    EXPECT_FALSE(places_of(name)) << name;
}

TEST(Policy, comes_back_from_its_name) {
  std::size_t known = 0;
  for (const auto& [l2, l2_name] : names(L2Policy{}))
    for (const auto& [timer, timer_name] : names(Timer{}))
      for (const auto& [regime, regime_name] : names(PowerRegime{}))
        for (const int copies : {1, 7, 999})
          for (const int most : {0, 200}) {
            Policy policy;
            policy.l2 = l2, policy.timer = timer, policy.regime = regime, policy.copies = copies;
            policy.warmup = 2, policy.turn = 5, policy.samples = 15, policy.max_samples = most;
            policy.precision = most > 0 ? 0.003 : 0;
            const auto again = policy_of(policy.name());
            ASSERT_TRUE(again) << policy.name();
            EXPECT_EQ(again->name(), policy.name());
            EXPECT_EQ(again->max_samples, most);
            ++known;
          }
  EXPECT_EQ(known, 5u * 2 * 3 * 3 * 2);
}

TEST(Policy, of_another_name_is_none) {
  for (const char* name :
       {"", "cold_memset512", "cold_memset512-event-burst-w1t3", "cold_memset512-event-burst-w1t3-n12 ",
        "cold_memset512-event-burst-w1-n15", "cold_memset512-event-burst-w1t3-n15to200",
        "x7-event-burst-w1t3-n1", "cold_memset512x0-event-burst-w1t3-n12",
        "cold_memset512x1001-event-burst-w1t3-n12", "cold_memset512x7-event-burst-w1t3-n999999999",
        "cold_memset512x7-event-burst-w1t0-n15", "cold_memset512x7-event-burst-w1t3-n-5",
        "cold_memset512x7-event-burst-w1t3-n15to200-pnan"})
    EXPECT_FALSE(policy_of(name)) << name;
}

}  // namespace
}  // namespace gemmtune
