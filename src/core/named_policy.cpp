#include "core/named_policy.h"

#include "util/error.h"

#include <algorithm>
#include <array>
#include <string>

namespace gemmtune {

namespace {

// NOTES: of `usual`, with up to 100 samples the ratio of two finalists at M <= 128 changed by 0.45 % from
// race to race by chance alone, with up to 200 by 0.35 %. Of `quick`, results/h100-sxm/search.md has what
// fewer that are screened again and raced lose.
constexpr std::array<NamedPolicy, 2> kPolicies = {{
    {"usual", "16 finalists, up to 200 samples each: what committed tables are made with", 15, 200, 0.003, 64,
     16},
    {"quick", "6 finalists, up to 60 samples each", 15, 60, 0.005, 16, 6},
}};

}  // namespace

std::span<const NamedPolicy> named_policies() {
  return kPolicies;
}

const NamedPolicy& require_named_policy(std::string_view name) {
  const auto found = std::ranges::find(kPolicies, name, &NamedPolicy::name);
  if (found != kPolicies.end()) return *found;
  std::string names;
  for (const NamedPolicy& policy : kPolicies) names += (names.empty() ? "" : ", ") + std::string(policy.name);
  throw UserError("there is no policy \"" + std::string(name) + "\": they are " + names);
}

}  // namespace gemmtune
