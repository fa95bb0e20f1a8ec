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

}  // namespace
}  // namespace gemmtune
