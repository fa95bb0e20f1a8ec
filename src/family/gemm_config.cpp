#include "family/gemm_config.h"

#include "core/groups.h"
#include "operation/operation.h"
#include "util/integers.h"

#include <algorithm>
#include <numeric>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace gemmtune::family {

int GemmConfig::store_columns() const {
  if (store_buffers > 0) return kPartColumns;
  return swap_ab ? 64 : std::gcd(block_n, out_bytes == 2 ? 64 : 32);
}

int GemmConfig::store_swizzle_bytes() const {
  const int row_bytes = store_columns() * out_bytes;
  if (row_bytes == 128) return 128;
  return out_bytes == 4 || row_bytes < 32 ? 0 : row_bytes;
}

namespace {

launch::Scaling scaling_of(const operation::Operation& operation) {
  switch (operation.factors.a.scales) {
    case operation::Granularity::none:
      return launch::kUnscaled;
    case operation::Granularity::tensor:
      return launch::kScaledTensor;
    case operation::Granularity::row_128:
    case operation::Granularity::block_128:
      return operation.factors.b.scales == operation::Granularity::row_128 ? launch::kScaled1d1d
                                                                           : launch::kScaled1d2d;
  }
  return launch::kUnscaled;
}

}  // namespace

// Of one stage: a tile of A and of B, the scales of their rows, two barriers, which tile begins with it.
std::int64_t GemmConfig::stage_bytes() const {
  // Where TMA may write.
  const std::int64_t scales_a = staged_scales_a() ? round_up(4 * std::int64_t{block_m}, 128) : 0;
  const std::int64_t scales_b = staged_scales_b() ? round_up(4 * std::int64_t{block_n}, 128) : 0;
  return std::int64_t{kRowBytes} * (block_m + block_n) + scales_a + scales_b + 2 * 8 +
         (tells_tiles() ? 16 : 0);
}

// D is staged for the TMA store, whole or in parts of each warpgroup, and each k-group but the first leaves
// its FP32 sums. Where K is split a CTA stages D of the row warpgroups that it gathers, in the place of the
// FP32 sums that the other CTAs sent, and there are two barriers a row warpgroup. C in BF16 comes to the
// place of D, with one more barrier. None of it overlaps the ring, so the next tile's loads never wait for
// it.
std::int64_t GemmConfig::smem_bytes() const {
  const std::int64_t tile = std::int64_t{block_m} * block_n;
  const std::int64_t gathered = ceil_div(row_warpgroups(), split_k) * (tile / row_warpgroups());
  const std::int64_t part = std::int64_t{64} * kPartColumns * out_bytes;
  const std::int64_t d = store_buffers > 0 ? turns() * row_warpgroups() * store_buffers * part
                         : split_k == 1    ? turns() * tile * out_bytes
                                           : gathered * 4 * (split_k - 1) + 2 * 8 * row_warpgroups();
  const std::int64_t c = loads_c() ? 8 * turns() * row_warpgroups() : 0;
  // Two chunks of pairs, and when they are full and empty.
  const std::int64_t scales_b = scaling == launch::kScaled1d2d ? 2 * (32 * 8 + 2 * 8) : 0;
  return d + c + scales_b + group_bytes() + (k_groups - 1) * tile * 4 + stages * stage_bytes();
}

launch::GemmRecipe GemmConfig::recipe() const {
  const auto number = [](std::int64_t value) { return static_cast<std::uint32_t>(value); };
  launch::GemmRecipe r;
  r.block_m = number(block_m);
  r.block_n = number(block_n);
  r.cluster_m = number(cluster_m);
  r.cluster_n = number(cluster_n);
  r.split_k = number(split_k);
  r.most_ctas = number(num_sms);
  r.threads = number(threads());
  r.smem_bytes = number(smem_bytes());
  r.raster = number(raster);
  r.evict_first = number(evict_first);
  r.out_bytes = number(out_bytes);
  r.store_rows = number(store_rows());
  r.store_columns = number(store_columns());
  r.store_swizzle_bytes = number(store_swizzle_bytes());
  r.operand_bytes = number(operand_bytes);
  r.scaling = scaling;
  const bool groups_of_rows = groups != 0 && !shares_out_k;
  r.tail_maps = groups_of_rows ? 0 : 1;
  r.part_rows = groups_of_rows ? number(part_rows()) : 0;
  return r;
}

namespace {

using Member = int GemmConfig::*;

/// What each parameter of a configuration is here; null: nothing. A plan asks millions of times, of one list
/// of names.
const std::vector<Member>& members_of(const Config::Names& names) {
  static constexpr std::pair<std::string_view, Member> kMembers[] = {
      {"block_m", &GemmConfig::block_m},         {"block_n", &GemmConfig::block_n},
      {"cluster_m", &GemmConfig::cluster_m},     {"cluster_n", &GemmConfig::cluster_n},
      {"evict_first", &GemmConfig::evict_first}, {"k_groups", &GemmConfig::k_groups},
      {"num_sms", &GemmConfig::num_sms},         {"ping_pong", &GemmConfig::ping_pong},
      {"raster", &GemmConfig::raster},           {"split_k", &GemmConfig::split_k},
      {"stages", &GemmConfig::stages},           {"store_buffers", &GemmConfig::store_buffers},
      {"swap_ab", &GemmConfig::swap_ab}};
  thread_local const Config::Names* known = nullptr;
  thread_local std::vector<Member> members;
  if (known == &names) return members;
  members.clear();
  for (const std::string& name : names) {
    const auto* const found = std::ranges::find(kMembers, name, &std::pair<std::string_view, Member>::first);
    members.push_back(found == std::end(kMembers) ? nullptr : found->second);
  }
  known = &names;
  return members;
}

}  // namespace

GemmConfig GemmConfig::from(const Config& config, const Problem& problem) {
  const operation::Operation& operation = operation::of(problem);
  GemmConfig c;
  const std::vector<Member>& members = members_of(config.names());
  for (std::size_t i = 0; i < members.size(); ++i)
    if (members[i] != nullptr) c.*members[i] = static_cast<int>(config.values()[i]);
  c.out_bytes = static_cast<int>(problem.out_bytes());
  c.accumulate = problem.accumulate;
  c.groups = static_cast<int>(problem.groups);
  c.shares_out_k = gemmtune::shares_out_inner(problem);
  c.operand_bytes = static_cast<int>(operation::element_bytes(operation.factors.a.type));
  c.scaling = scaling_of(operation);
  return c;
}

}  // namespace gemmtune::family
