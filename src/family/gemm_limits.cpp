#include "family/gemm_limits.h"

#include "core/groups.h"
#include "operation/operation.h"
#include "util/integers.h"

#include <algorithm>
#include <limits>

namespace gemmtune::family {

namespace {

/// Five warpgroups get 96 registers a thread; 4 * 112 and 32 for the producer is how they are shared out.
constexpr int kMostMathWarpgroups = 4;

/// Of a tile of 64 rows and 256 columns.
constexpr int kMostStoreBuffers = 8;

/// CTAs of a portable cluster.
constexpr int kMostSplitK = 8;

const char* rows_name(const GemmConfig& c) {
  return c.swap_ab ? "block_n" : "block_m";
}
const char* columns_name(const GemmConfig& c) {
  return c.swap_ab ? "block_m" : "block_n";
}

std::optional<Violation> must_shape(const GemmConfig& c) {
  if (c.swap_ab > 1) return Violation{"swap_ab_value", "swap_ab is 0 or 1, not {}", c.swap_ab};
  if (c.swap_ab && (c.out_bytes != 2 || c.accumulate))
    return Violation{"swap_ab_form", "with swap_ab 1 D is BF16 and overwritten"};
  if (c.rows() % 64 != 0 || c.rows() < 64 || c.rows() > 256)
    return Violation{"wgmma_rows", "{} is 64, 128, 192 or 256 with swap_ab {} (64 rows a wgmma), not {}",
                     rows_name(c), c.swap_ab, c.rows()};
  const int narrowest = c.swap_ab ? 8 : 16;
  if (c.columns() < narrowest || c.columns() > 256 || c.columns() % 8 != 0)
    return Violation{
        "wgmma_columns", "{} is a multiple of 8 from {} to 256 with swap_ab {} (the widths of wgmma), not {}",
        columns_name(c), narrowest,
        c.swap_ab,       c.columns()};
  if (c.k_groups < 1 || c.k_groups > kMostMathWarpgroups || c.math_warpgroups() > kMostMathWarpgroups)
    return Violation{
        "math_warpgroups", "{} {} with k_groups {}: an SM's registers are enough for {} math warpgroups",
        rows_name(c),      c.rows(),
        c.k_groups,        kMostMathWarpgroups};
  return std::nullopt;
}

std::optional<Violation> must_share(const GemmConfig& c, const Problem& p) {
  if (c.split_k < 1 || c.split_k > kMostSplitK)
    return Violation{"split_k_value", "split_k is 1 to {}, the CTAs of a portable cluster, not {}",
                     kMostSplitK, c.split_k};
  if (c.split_k > 1 && (c.cluster_m > 1 || c.cluster_n > 1))
    return Violation{
        "split_k_alone",
        "CTAs that share out K have no loads in common: split_k {} needs cluster_m and cluster_n 1",
        c.split_k};
  if (c.k_groups * c.split_k > k_blocks(c, p) && c.k_groups * c.split_k > 1)
    return Violation{"k_blocks_used", "k_groups {} x split_k {} is more than the {} k-blocks of K {}",
                     c.k_groups,      c.split_k,
                     k_blocks(c, p),  p.k};
  return std::nullopt;
}

std::optional<Violation> must_store(const GemmConfig& c) {
  if (c.store_buffers == 0) return std::nullopt;
  if (c.store_buffers < 2 || c.store_buffers > kMostStoreBuffers)
    return Violation{"store_buffers_value",
                     "store_buffers is 0, or 2 to {} (one part is staged while another is stored), not {}",
                     kMostStoreBuffers, c.store_buffers};
  if (c.swap_ab || c.split_k > 1 || c.loads_c())
    return Violation{"store_buffers_form",
                     "a swapped tile, and one whose place takes sums of other CTAs or C before D, is staged "
                     "whole: with swap_ab 1, split_k above 1 or D += in BF16 store_buffers is 0"};
  if (c.columns() % GemmConfig::kPartColumns != 0)
    return Violation{"store_buffers_columns", "with store_buffers block_n is a multiple of {}, not {}",
                     int{GemmConfig::kPartColumns}, c.columns()};
  return std::nullopt;
}

std::optional<Violation> must_take_turns(const GemmConfig& c, const GemmLimits& limits) {
  if (c.ping_pong == 0) return std::nullopt;
  if (c.ping_pong > 1) return Violation{"ping_pong_value", "ping_pong is 0 or 1, not {}", c.ping_pong};
  if (!limits.ping_pong)
    return Violation{
        "ping_pong_promotion",
        "while a warpgroup promotes its sums another must multiply the same tile: ping_pong is 0"};
  if (c.k_groups > 1 || c.split_k > 1 || c.swap_ab)
    return Violation{
        "ping_pong_alone",
        "a warpgroup that has a tile for itself shares it with no other: ping_pong 1 needs k_groups "
        "1, split_k 1 and swap_ab 0"};
  return std::nullopt;
}

std::optional<Violation> must_multicast(const GemmConfig& c) {
  if (c.cluster_m < 1 || c.cluster_n < 1 || std::int64_t{c.cluster_m} * c.cluster_n > 2)
    return Violation{"cluster_of_two", "a cluster is one CTA or two: cluster_m x cluster_n is {}x{}",
                     c.cluster_m, c.cluster_n};
  if ((c.cluster_m == 2 && c.block_n % 16 != 0) || (c.cluster_n == 2 && c.block_m % 16 != 0))
    return Violation{
        "multicast_half",
        "two CTAs that share a tile load half of it each, and the 128-byte swizzle repeats every 8 "
        "rows: with cluster_m 2 block_n, with cluster_n 2 block_m must be a multiple of 16, not {}",
        c.cluster_m == 2 ? c.block_n : c.block_m};
  return std::nullopt;
}

/// Lines that are evicted first serve the CTAs that read them at one time, no more.
std::optional<Violation> pruned_eviction(const GemmConfig& c, const TileCount& tiles) {
  if (c.evict_first == GemmConfig::kEvictBoth && tiles.m_of_product == 1)
    return Violation{"evict_a_again", "where M is one tile, A is what the CTAs share: evict_first is 0 or 1"};
  if (c.evict_first != GemmConfig::kEvictNone && tiles.m_of_product > c.raster)
    return Violation{"evict_b_again",
                     "B is read again for each band of {} M tiles, of which there are {}: evict_first is 0",
                     c.raster, tiles.m_of_product};
  return std::nullopt;
}

/// M, of groups that of the largest.
std::int64_t rows_of_largest(const Problem& p) {
  return shares_out_rows(p) ? std::ranges::max(figures_of_groups(p).draws.front()) : p.m;
}

std::optional<Violation> inner_violation(const Problem& p) {
  if (!shares_out_inner(p))
    return Violation{"groups", "{} multiplies groups that share out K, and the problem has none", p.kernel};
  for (const std::int64_t size : p.group_sizes)
    if (size % kInnerStep != 0)
      return Violation{operation::of(p).k_constraint,
                       "unsupported by {}: {}, and K {} of a group is not a multiple of {}",
                       p.kernel,
                       operation::of(p).k_reason,
                       size,
                       std::int64_t{kInnerStep}};
  if (columns_of_a(p) > kLargestSize || rows_of_d(p) > kLargestSize)
    return Violation{"problem_size",
                     "K {} of all groups, and {} rows of all D: at most 2147483647 (TMA coordinates are "
                     "32-bit)",
                     columns_of_a(p), rows_of_d(p)};
  return std::nullopt;
}

/// Of groups of rows: what the kernel over them stores, and where the table of them is made.
std::optional<Violation> groups_violation(const Problem& p) {
  const operation::Groups wants = operation::of(p).groups;
  if (wants == operation::Groups::inner) return inner_violation(p);
  if (wants == operation::Groups::none)
    return is_grouped(p) ? std::optional(Violation{"groups", "{} multiplies no groups", p.kernel})
                         : std::nullopt;
  if (!shares_out_rows(p))
    return Violation{"groups", "{} multiplies groups of rows, and the problem has none", p.kernel};
  if (p.out != OutputType::bf16 || p.accumulate)
    return Violation{"groups_form", "{} writes BF16 and overwrites D", p.kernel};
  if (rows_of_a(p) > kLargestSize || p.groups * p.n > kLargestSize)
    return Violation{"problem_size",
                     "{} rows of A and {} of B: at most 2147483647 (TMA coordinates are 32-bit)",
                     rows_of_a(p), p.groups * p.n};
  return std::nullopt;
}

/// Of rows that are further apart than they are long. TMA takes multiples of 16 bytes, below 2^40.
std::optional<Violation> leading_dimension_violation(const Problem& p) {
  struct Operand {
    const char* name;
    std::int64_t pitch, columns, element_bytes;
  };
  const operation::Factors& factors = operation::of(p).factors;
  const std::int64_t a_bytes = operation::element_bytes(factors.a.type),
                     b_bytes = operation::element_bytes(factors.b.type);
  for (const Operand& o :
       {Operand{"a_pitch", p.a_stride(), p.k, a_bytes}, Operand{"b_pitch", p.b_stride(), p.k, b_bytes},
        Operand{"d_pitch", p.d_stride(), p.n, p.out_bytes()}})
    if (o.pitch < o.columns || o.pitch > kLargestSize || o.pitch * o.element_bytes % 16 != 0)
      return Violation{
          o.name,
          "{} is a multiple of {} (TMA takes rows that begin every 16 bytes) from {} to {}, not {}",
          o.name,
          16 / o.element_bytes,
          o.columns,
          kLargestSize,
          o.pitch};
  return std::nullopt;
}

}  // namespace

TileCount cluster_tiles(const GemmConfig& c, const Problem& p) {
  const std::int64_t rows = std::int64_t{c.block_m} * c.cluster_m;
  const std::int64_t n = ceil_div(p.n, std::int64_t{c.block_n} * c.cluster_n);
  if (!shares_out_rows(p)) {
    const std::int64_t m = ceil_div(p.m, rows);
    return {m * std::max<std::int64_t>(1, p.groups), n, m};
  }
  TileCount count{0, n, 0};
  for (const std::int64_t size : figures_of_groups(p).draws.front()) {
    const std::int64_t tiles = ceil_div(size, rows);
    count.m += tiles;
    count.m_of_product = std::max(count.m_of_product, tiles);
  }
  return count;
}

std::int64_t k_blocks(const GemmConfig& c, const Problem& p) {
  return ceil_div(p.k, c.block_k());
}

std::optional<Violation> must_tile(const GemmConfig& c, const Problem& p, const GemmLimits& limits) {
  if (auto violation = must_shape(c)) return violation;
  if (auto violation = must_share(c, p)) return violation;
  if (auto violation = must_store(c)) return violation;
  if (auto violation = must_take_turns(c, limits)) return violation;
  const int widest = limits.widest_columns(c);
  if (c.columns() > widest)
    return Violation{"registers",
                     "{} {} needs more accumulators than a thread has registers; with {} {}, k_groups {} and "
                     "split_k {} the widest is {}",
                     columns_name(c),
                     c.columns(),
                     rows_name(c),
                     c.rows(),
                     c.k_groups,
                     c.split_k,
                     widest};
  if (limits.own != nullptr)
    if (auto violation = limits.own(c)) return violation;
  return must_multicast(c);
}

std::optional<Violation> pruned_tile(const GemmConfig& c, const Problem& p) {
  const std::int64_t most_rows = rows_of_largest(p);
  const std::int64_t tiles_m = ceil_div(p.m, c.block_m), tiles_n = ceil_div(p.n, c.block_n);
  if (c.swap_ab && tiles_m > 2)
    return Violation{"swap_ab_tokens", "swap_ab 1 is for few tokens, one tile or two; M {} is {} tiles of {}",
                     p.m, tiles_m, c.block_m};
  const int rows_step = c.swap_ab ? 8 : 64;
  if (c.block_m - rows_step >= most_rows && c.block_m > rows_step)
    return Violation{"rows_used", "block_m {} leaves {} or more rows of every tile empty at M {}", c.block_m,
                     rows_step, most_rows};
  if (c.cluster_m == 2 && most_rows <= c.block_m)
    return Violation{"cluster_rows", "cluster_m 2 needs two M tiles; M {} is one tile of {}", most_rows,
                     c.block_m};
  if (c.cluster_n == 2 && tiles_n < 2)
    return Violation{"cluster_columns", "cluster_n 2 needs two N tiles; N {} is one tile of {}", p.n,
                     c.block_n};
  return std::nullopt;
}

std::optional<Violation> must_launch(const GemmConfig& c, const DeviceLimits& device,
                                     const GemmLimits& limits) {
  const int fewest = std::max(2, limits.stages_a_group * c.k_groups);
  if (c.stages < fewest || c.stages > kMostStages || c.stages % c.k_groups != 0)
    return Violation{"stages_value", "stages is a multiple of k_groups from {} to {}, not {}", fewest,
                     kMostStages, c.stages};
  if (c.smem_bytes() > device.smem_bytes)
    return Violation{"shared_memory", "{} stages need {} bytes of shared memory; a CTA has {}", c.stages,
                     c.smem_bytes(), device.smem_bytes};
  if (c.num_sms < c.cluster() || c.num_sms > device.sms || c.num_sms % c.cluster() != 0)
    return Violation{"num_sms_value", "num_sms is a multiple of the cluster size {} up to {}, not {}",
                     c.cluster(), device.sms, c.num_sms};
  if (c.raster < 1 || c.raster > 64 || (c.raster & (c.raster - 1)) != 0)
    return Violation{"raster_value", "raster is a power of two from 1 to 64, not {}", c.raster};
  if (c.evict_first > GemmConfig::kEvictBoth)
    return Violation{"evict_first_value", "evict_first is 0, 1 or 2, not {}", c.evict_first};
  return std::nullopt;
}

std::optional<Violation> pruned_launch(const GemmConfig& c, const Problem& p, const DeviceLimits& device) {
  const TileCount tiles = cluster_tiles(c, p);
  const std::int64_t ctas = tiles.total() * c.cluster();
  if (c.num_sms > ctas && !shares_out_rows(p))
    return Violation{"idle_sms", "num_sms {} is more than the {} tiles", c.num_sms, ctas};
  GemmConfig whole = c;
  whole.store_buffers = 0;
  if (c.store_buffers > 0 && whole.smem_bytes() <= device.smem_bytes)
    return Violation{
        "store_buffers_room",
        "D is stored faster whole, and beside it there is room for {} stages: store_buffers is 0", c.stages};
  if (c.ping_pong && ctas <= c.num_sms)
    return Violation{"ping_pong_tiles",
                     "a CTA has one tile, and the other warpgroup would have nothing to do: ping_pong is 0"};
  if (c.split_k > 1 && ctas > device.sms)
    return Violation{"split_k_waves",
                     "split_k {} makes {} CTAs, more than the {} SMs; it is for tiles that are too few",
                     c.split_k, ctas, device.sms};
  if (c.raster > 8 && c.raster / 2 >= tiles.m_of_product)
    return Violation{"raster_repeats", "raster {} gives the order of raster {}: there are only {} M tiles",
                     c.raster, c.raster / 2, tiles.m_of_product};
  return pruned_eviction(c, tiles);
}

std::optional<Violation> unsupported_problem(const Problem& p) {
  if (p.m < 1 || p.n < 1 || p.k < 1 || p.m > kLargestSize || p.n > kLargestSize || p.k > kLargestSize)
    return Violation{"problem_size", "M, N and K are 1 to 2147483647 (TMA coordinates are 32-bit)"};
  // Counts of operations and bytes are 64-bit; nothing that fits a GPU comes near.
  if (static_cast<__int128>(p.m) * p.n * p.k > std::numeric_limits<std::int64_t>::max() / 4)
    return Violation{"problem_size", "2 * M * N * K does not fit 63 bits"};
  const auto elements = static_cast<__int128>(p.m) * p.a_stride() +
                        static_cast<__int128>(p.n) * p.b_stride() + static_cast<__int128>(p.m) * p.d_stride();
  if (elements > std::numeric_limits<std::int64_t>::max() / 16)
    return Violation{"problem_size", "16 bytes an element, with the gaps between rows, do not fit 63 bits"};
  const operation::Operation& operation = operation::of(p);
  if (p.k % operation.k_multiple != 0)
    return Violation{operation.k_constraint,
                     "unsupported by {}: {}, and K {} is not a multiple of {}",
                     operation.kernel,
                     operation.k_reason,
                     p.k,
                     operation.k_multiple};
  if (p.n % 8 != 0)
    return Violation{"n_multiple_8",
                     "unsupported by {}: TMA stores rows of 16-byte units, and N {} is not a multiple of 8",
                     operation.kernel, p.n};
  if (auto violation = groups_violation(p)) return violation;
  return leading_dimension_violation(p);
}

}  // namespace gemmtune::family
