#include "family/dense_1d2d.h"
#include "util/integers.h"

#include <numeric>

namespace gemmtune::family {

int Dense1d2dConfig::store_columns() const {
  return swap_ab ? 64 : std::gcd(block_n, out_bytes == 2 ? 64 : 32);
}

int Dense1d2dConfig::store_swizzle_bytes() const {
  const int row_bytes = store_columns() * out_bytes;
  if (row_bytes == 128) return 128;
  return out_bytes == 4 || row_bytes < 32 ? 0 : row_bytes;
}

// Of one stage: a tile of A and of B, the scales of A's rows, two barriers.
std::int64_t Dense1d2dConfig::stage_bytes() const {
  const std::int64_t scales_a = round_up(4 * std::int64_t{block_m}, 128);  // where TMA may write
  return std::int64_t{block_m} * block_k + std::int64_t{block_n} * block_k + scales_a + 2 * 8;
}

// D is staged for the TMA store, and each k-group but the first leaves its FP32 sums. Where K is split a CTA
// stages D of the row warpgroups that it gathers, in the place of the FP32 sums that the other CTAs sent, and
// there are two barriers a row warpgroup. C in BF16 comes to the place of D, with one more barrier. None of
// it overlaps the ring, so the next tile's loads never wait for it.
std::int64_t Dense1d2dConfig::smem_bytes() const {
  const std::int64_t tile = std::int64_t{block_m} * block_n;
  const std::int64_t gathered = ceil_div(row_warpgroups(), split_k) * (tile / row_warpgroups());
  const std::int64_t d =
      split_k == 1 ? tile * out_bytes : gathered * 4 * (split_k - 1) + 2 * 8 * row_warpgroups();
  const std::int64_t c = loads_c() ? 8 * row_warpgroups() : 0;
  const std::int64_t scales_b =
      2 * (32 * 8 + 2 * 8);  // two chunks of pairs, and when they are full and empty
  return d + c + scales_b + (k_groups - 1) * tile * 4 + stages * stage_bytes();
}

launch::Dense1d2dRecipe Dense1d2dConfig::recipe() const {
  const auto number = [](std::int64_t value) { return static_cast<std::uint32_t>(value); };
  launch::Dense1d2dRecipe r;
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
  return r;
}

Dense1d2dConfig Dense1d2dConfig::from(const Config& config, const Problem& problem) {
  const auto value = [&](const char* name) {
    const auto found = config.find(name);
    return found == config.end() ? 0 : static_cast<int>(found->second);
  };
  return {value("block_m"),  value("block_n"), value("swap_ab"),     value("k_groups"),
          value("split_k"),  value("stages"),  value("cluster_m"),   value("cluster_n"),
          value("num_sms"),  value("raster"),  value("evict_first"), static_cast<int>(problem.out_bytes()),
          problem.accumulate};
}

}  // namespace gemmtune::family
