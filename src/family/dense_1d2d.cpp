#include "family/dense_1d2d.h"

#include "util/error.h"
#include "util/integers.h"

#include <algorithm>
#include <array>
#include <limits>
#include <numeric>

namespace gemmtune::family {

namespace {

std::string str(std::int64_t value) {
  return std::to_string(value);
}

constexpr int kMaxStages = 32;

/// TMA coordinates are 32-bit.
constexpr std::int64_t kLargest = std::numeric_limits<std::int32_t>::max();

/// Five warpgroups get 96 registers a thread; 4 * 112 and 32 for the producer is how they are shared out.
constexpr int kMostMathWarpgroups = 4;

/// CTAs of a portable cluster.
constexpr int kMostSplitK = 8;

constexpr std::array<std::string_view, 2> kStageWords = {"max", "tile"};
constexpr std::array<std::string_view, 2> kSmWords = {"all", "minimal"};
constexpr std::array<std::string_view, 1> kEvictWords = {"once"};
constexpr std::array<Parameter, 11> kParameters = {{
    {"block_m",
     "rows of D a CTA computes at a time: 64, 128, 192 (a warpgroup each 64) or 256 (two)",
     false,
     {}},
    {"block_n", "columns of D a CTA computes at a time; multiples of 8", false, {}},
    {"swap_ab",
     "1: wgmma takes weights as rows and tokens as columns: block_n is 64, 128, 192 or 256, block_m a "
     "multiple of 8",
     false,
     {}},
    {"cluster_m", "2: two CTAs with neighbouring M tiles share B by multicast", false, {}},
    {"cluster_n", "2: two CTAs with neighbouring N tiles share A by multicast", false, {}},
    {"k_groups",
     "groups of warpgroups that share out a tile's k-blocks and add their sums at its end",
     false,
     {}},
    {"split_k",
     "CTAs of a cluster that share out a tile's K and add their sums through its shared memory",
     false,
     {}},
    {"stages", "depth of the shared-memory ring; \"max\" is all that fits, \"tile\" the k-blocks of a tile",
     false, kStageWords},
    {"num_sms", "CTAs launched; \"all\", or \"minimal\": the fewest that keep the number of waves", true,
     kSmWords},
    {"raster", "height in M tiles of the bands that CTAs walk, for reuse in L2", true, {}},
    {"evict_first",
     "what L2 gives up before other lines: 0 nothing, 1 B, 2 A and B; \"once\": B where it is read once",
     true, kEvictWords},
}};

/// Tiles of D, in units of clusters.
struct TileCount {
  std::int64_t m = 0;
  std::int64_t n = 0;
  std::int64_t total() const { return m * n; }
};

TileCount cluster_tiles(const Dense1d2dConfig& c, const Problem& p) {
  return {ceil_div(p.m, std::int64_t{c.block_m} * c.cluster_m),
          ceil_div(p.n, std::int64_t{c.block_n} * c.cluster_n)};
}

/// The most columns whose accumulators (one set that sums, one that wgmma writes) fit the register budget
/// without a spill, found by compiling every width with NVRTC 13.0: see kernels/README.md, "Registers".
int widest_columns_straight(const Dense1d2dConfig& c) {
  const bool plain = c.out_bytes == 2 && !c.accumulate;
  if (c.block_m == 256 && c.k_groups == 1) return 128;
  if (c.block_m == 256) return c.split_k <= (plain ? 3 : 2) ? 56 : plain ? 48 : 40;
  if (c.math_warpgroups() == 3) return c.split_k > 1 ? 96 : c.loads_c() ? 120 : 144;
  if (c.math_warpgroups() == 4) return c.split_k <= 3 ? 88 : 80;
  return 192;
}

/// The same of swapped tiles, up to the width that was compiled; scales of the columns take registers too.
int widest_columns_swapped(const Dense1d2dConfig& c) {
  if (c.rows() == 256) return c.k_groups == 1 ? 96 : 48;
  if (c.math_warpgroups() == 3) return 120;
  if (c.math_warpgroups() == 4) return 80;
  return 176;
}

int widest_columns(const Dense1d2dConfig& c) {
  return c.swap_ab ? widest_columns_swapped(c) : widest_columns_straight(c);
}

/// Of the parameters before "stages" alone.
std::optional<Violation> tile_violation(const Dense1d2dConfig& c, const Problem& p) {
  const char *const rows = c.swap_ab ? "block_n" : "block_m", *const columns =
                                                                  c.swap_ab ? "block_m" : "block_n";
  if (c.swap_ab > 1) return Violation{"swap_ab_value", "swap_ab is 0 or 1, not " + str(c.swap_ab)};
  if (c.swap_ab && (c.out_bytes != 2 || c.accumulate))
    return Violation{"swap_ab_form", "with swap_ab 1 D is BF16 and overwritten"};
  if (c.rows() % 64 != 0 || c.rows() < 64 || c.rows() > 256)
    return Violation{"wgmma_rows", std::string(rows) + " is 64, 128, 192 or 256 with swap_ab " +
                                       str(c.swap_ab) + " (64 rows a wgmma), not " + str(c.rows())};
  const int narrowest = c.swap_ab ? 8 : 16;
  if (c.columns() < narrowest || c.columns() > 256 || c.columns() % 8 != 0)
    return Violation{"wgmma_columns", std::string(columns) + " is a multiple of 8 from " + str(narrowest) +
                                          " to 256 with swap_ab " + str(c.swap_ab) +
                                          " (the widths of wgmma), not " + str(c.columns())};
  if (c.swap_ab && ceil_div(p.m, c.block_m) > 2)
    return Violation{"swap_ab_tokens", "swap_ab 1 is for few tokens, one tile or two; M " + str(p.m) +
                                           " is " + str(ceil_div(p.m, c.block_m)) + " tiles of " +
                                           str(c.block_m)};
  if (c.k_groups < 1 || c.k_groups > kMostMathWarpgroups || c.math_warpgroups() > kMostMathWarpgroups)
    return Violation{"math_warpgroups", std::string(rows) + " " + str(c.rows()) + " with k_groups " +
                                            str(c.k_groups) + ": an SM's registers are enough for " +
                                            str(kMostMathWarpgroups) + " math warpgroups"};
  if (c.split_k < 1 || c.split_k > kMostSplitK)
    return Violation{"split_k_value", "split_k is 1 to " + str(kMostSplitK) +
                                          ", the CTAs of a portable cluster, not " + str(c.split_k)};
  if (c.split_k > 1 && (c.cluster_m > 1 || c.cluster_n > 1))
    return Violation{"split_k_alone", "CTAs that share out K have no loads in common: split_k " +
                                          str(c.split_k) + " needs cluster_m and cluster_n 1"};
  if (c.k_groups * c.split_k > p.k / c.block_k && c.k_groups * c.split_k > 1)
    return Violation{"k_blocks_used", "k_groups " + str(c.k_groups) + " x split_k " + str(c.split_k) +
                                          " is more than the " + str(p.k / c.block_k) + " k-blocks of K " +
                                          str(p.k)};
  if (c.columns() > widest_columns(c))
    return Violation{"registers", std::string(columns) + " " + str(c.columns()) +
                                      " needs more accumulators than a thread has registers; with " + rows +
                                      " " + str(c.rows()) + ", k_groups " + str(c.k_groups) +
                                      " and split_k " + str(c.split_k) + " the widest is " +
                                      str(widest_columns(c))};
  if (c.loads_c() && c.block_m == 256 && c.block_n == 120)
    return Violation{"registers",
                     "block_n 120 with block_m 256 needs more registers than a thread has where C is added "
                     "in BF16: each eight of its columns may lie under either scale of B"};
  // Tiles start at multiples of block_n, so the first one reaches gcd(block_n, 128) steps into a scale
  // column; the worst start is 128 - gcd.
  const int granularity = std::gcd(c.block_n, 128);
  if (!c.swap_ab && c.block_n > 128 + granularity)
    return Violation{
        "scale_columns",
        "tiles of " + str(c.block_n) +
            " columns can straddle three 128-wide scale columns of B; the kernel selects between two"};
  if (c.cluster_m < 1 || c.cluster_n < 1 || std::int64_t{c.cluster_m} * c.cluster_n > 2)
    return Violation{"cluster_of_two", "a cluster is one CTA or two: cluster_m x cluster_n is " +
                                           str(c.cluster_m) + "x" + str(c.cluster_n)};
  if ((c.cluster_m == 2 && c.block_n % 16 != 0) || (c.cluster_n == 2 && c.block_m % 16 != 0))
    return Violation{
        "multicast_half",
        "two CTAs that share a tile load half of it each, and the 128-byte swizzle repeats every 8 "
        "rows: with cluster_m 2 block_n, with cluster_n 2 block_m must be a multiple of 16, not " +
            str(c.cluster_m == 2 ? c.block_n : c.block_m)};
  const int rows_step = c.swap_ab ? 8 : 64;
  if (c.block_m - rows_step >= p.m && c.block_m > rows_step)
    return Violation{"rows_used", "block_m " + str(c.block_m) + " leaves " + str(rows_step) +
                                      " or more rows of every tile empty at M " + str(p.m)};
  if (c.cluster_m == 2 && ceil_div(p.m, c.block_m) < 2)
    return Violation{"cluster_rows",
                     "cluster_m 2 needs two M tiles; M " + str(p.m) + " is one tile of " + str(c.block_m)};
  if (c.cluster_n == 2 && ceil_div(p.n, c.block_n) < 2)
    return Violation{"cluster_columns",
                     "cluster_n 2 needs two N tiles; N " + str(p.n) + " is one tile of " + str(c.block_n)};
  return std::nullopt;
}

/// Lines that are evicted first serve the CTAs that read them at one time, no more.
std::optional<Violation> evict_violation(const Dense1d2dConfig& c, const TileCount& tiles) {
  if (c.evict_first > Dense1d2dConfig::kEvictBoth)
    return Violation{"evict_first_value", "evict_first is 0, 1 or 2, not " + str(c.evict_first)};
  if (c.evict_first == Dense1d2dConfig::kEvictBoth && tiles.m == 1)
    return Violation{"evict_a_again", "where M is one tile, A is what the CTAs share: evict_first is 0 or 1"};
  if (c.evict_first != Dense1d2dConfig::kEvictNone && tiles.m > c.raster)
    return Violation{"evict_b_again", "B is read again for each band of " + str(c.raster) +
                                          " M tiles, of which there are " + str(tiles.m) +
                                          ": evict_first is 0"};
  return std::nullopt;
}

std::optional<Violation> first_violation(const Dense1d2dConfig& c, const Problem& p,
                                         const DeviceLimits& limits) {
  if (auto violation = tile_violation(c, p)) return violation;
  if (c.stages < 2 || c.stages > kMaxStages || c.stages % c.k_groups != 0)
    return Violation{"stages_value", "stages is a multiple of k_groups from 2 to " + str(kMaxStages) +
                                         ", not " + str(c.stages)};
  if (c.smem_bytes() > limits.smem_bytes)
    return Violation{"shared_memory", str(c.stages) + " stages need " + str(c.smem_bytes()) +
                                          " bytes of shared memory; a CTA has " + str(limits.smem_bytes)};
  const int cluster = c.cluster();
  if (c.num_sms < cluster || c.num_sms > limits.sms || c.num_sms % cluster != 0)
    return Violation{"num_sms_value", "num_sms is a multiple of the cluster size " + str(cluster) +
                                          " up to " + str(limits.sms) + ", not " + str(c.num_sms)};
  const TileCount tiles = cluster_tiles(c, p);
  if (c.num_sms > tiles.total() * cluster)
    return Violation{"idle_sms", "num_sms " + str(c.num_sms) + " is more than the " +
                                     str(tiles.total() * cluster) + " tiles"};
  if (c.split_k > 1 && tiles.total() * cluster > limits.sms)
    return Violation{"split_k_waves", "split_k " + str(c.split_k) + " makes " + str(tiles.total() * cluster) +
                                          " CTAs, more than the " + str(limits.sms) +
                                          " SMs; it is for tiles that are too few"};
  if (c.raster < 1 || c.raster > 64 || (c.raster & (c.raster - 1)) != 0)
    return Violation{"raster_value", "raster is a power of two from 1 to 64, not " + str(c.raster)};
  if (c.raster > 8 && c.raster / 2 >= tiles.m)
    return Violation{"raster_repeats", "raster " + str(c.raster) + " gives the order of raster " +
                                           str(c.raster / 2) + ": there are only " + str(tiles.m) +
                                           " M tiles"};
  return evict_violation(c, tiles);
}

/// Of rows that are further apart than they are long. TMA takes multiples of 16 bytes, below 2^40.
std::optional<Violation> pitch_violation(const Problem& p) {
  struct Operand {
    const char* name;
    std::int64_t pitch, columns, element_bytes;
  };
  for (const Operand& o : {Operand{"a_pitch", p.a_stride(), p.k, 1}, Operand{"b_pitch", p.b_stride(), p.k, 1},
                           Operand{"d_pitch", p.d_stride(), p.n, p.out_bytes()}})
    if (o.pitch < o.columns || o.pitch > kLargest || o.pitch * o.element_bytes % 16 != 0)
      return Violation{o.name, std::string(o.name) + " is a multiple of " + str(16 / o.element_bytes) +
                                   " (TMA takes rows that begin every 16 bytes) from " + str(o.columns) +
                                   " to " + str(kLargest) + ", not " + str(o.pitch)};
  return std::nullopt;
}

class Dense1d2d : public Family {
 public:
  std::string_view kernel() const override { return "dense_1d2d"; }
  std::string_view description() const override {
    return "D[M,N] = A[M,K] * B[N,K]^T or D += ..., E4M3, A scaled 1x128, B scaled 128x128, BF16 or FP32 out "
           "(Hopper)";
  }
  std::span<const Parameter> parameters() const override { return kParameters; }

  std::optional<Violation> unsupported(const Problem& p) const override {
    if (p.m < 1 || p.n < 1 || p.k < 1 || p.m > kLargest || p.n > kLargest || p.k > kLargest)
      return Violation{"problem_size", "M, N and K are 1 to 2147483647 (TMA coordinates are 32-bit)"};
    // Counts of operations and bytes are 64-bit; nothing that fits a GPU comes near.
    if (static_cast<__int128>(p.m) * p.n * p.k > std::numeric_limits<std::int64_t>::max() / 4)
      return Violation{"problem_size", "2 * M * N * K does not fit 63 bits"};
    const auto elements = static_cast<__int128>(p.m) * p.a_stride() +
                          static_cast<__int128>(p.n) * p.b_stride() +
                          static_cast<__int128>(p.m) * p.d_stride();
    if (elements > std::numeric_limits<std::int64_t>::max() / 16)
      return Violation{"problem_size", "16 bytes an element, with the gaps between rows, do not fit 63 bits"};
    if (p.k % 128 != 0)
      return Violation{"k_multiple_128", "unsupported by block-128: a scale covers 128 of K, and K " +
                                             str(p.k) + " is not a multiple of it"};
    if (p.n % 8 != 0)
      return Violation{"n_multiple_8", "unsupported by block-128: TMA stores rows of 16-byte units, and N " +
                                           str(p.n) + " is not a multiple of 8"};
    return pitch_violation(p);
  }

  std::size_t tile_parameters() const override { return 7; }
  std::optional<Violation> illegal_tile(const Config& config, const Problem& p) const override {
    return tile_violation(Dense1d2dConfig::from(config, p), p);
  }

  std::optional<std::int64_t> resolve(std::string_view parameter, std::string_view word,
                                      const Config& resolved, const Problem& p,
                                      const DeviceLimits& limits) const override {
    Dense1d2dConfig c = Dense1d2dConfig::from(resolved, p);
    if (c.rows() < 64 || c.columns() < 1 || c.k_groups < 1 || c.split_k < 1 || c.cluster_m < 1 ||
        c.cluster_n < 1)
      return std::nullopt;
    if (std::int64_t{c.cluster_m} * c.cluster_n * c.split_k > limits.sms) return std::nullopt;
    if (parameter == "stages") {
      c.stages = 0;
      const std::int64_t fit = (limits.smem_bytes - c.smem_bytes()) / c.stage_bytes();
      const std::int64_t most = std::min<std::int64_t>(fit, kMaxStages) / c.k_groups * c.k_groups;
      // Without room for the next tile's loads, those of the tiles that come first do not wait behind them.
      const std::int64_t of_tile = round_up(ceil_div(p.k / c.block_k, c.split_k), c.k_groups);
      const std::int64_t stages = word == "max" ? most : of_tile <= most ? of_tile : 0;
      return stages < 2 ? std::nullopt : std::optional(stages);
    }
    if (parameter == "num_sms") {
      const int cluster = c.cluster();
      const std::int64_t tiles = cluster_tiles(c, p).total();
      const std::int64_t clusters = std::min<std::int64_t>(limits.sms / cluster, tiles);
      if (word == "all") return clusters * cluster;
      // Fewer CTAs at the same wave count read less through L2 at once and leave power for the clock.
      if (word == "minimal") return ceil_div(tiles, ceil_div(tiles, clusters)) * cluster;
    }
    // Keeping what is read once would only push A out, and dirty lines to memory.
    if (parameter == "evict_first")
      return cluster_tiles(c, p).m == 1 ? Dense1d2dConfig::kEvictB : Dense1d2dConfig::kEvictNone;
    return std::nullopt;
  }

  std::optional<Violation> illegal(const Config& config, const Problem& problem,
                                   const DeviceLimits& limits) const override {
    if (auto violation = unsupported(problem)) return violation;
    for (const Parameter& parameter : kParameters) {
      const auto found = config.find(std::string(parameter.name));
      if (found == config.end())
        return Violation{"parameters", "\"" + std::string(parameter.name) + "\" is missing"};
      if (found->second < 0 || found->second > 1'000'000)
        return Violation{"parameters",
                         "\"" + std::string(parameter.name) + "\" is out of range: " + str(found->second)};
    }
    if (config.size() != kParameters.size()) return Violation{"parameters", "there is an unknown parameter"};
    return first_violation(Dense1d2dConfig::from(config, problem), problem, limits);
  }

  Config compiled(const Config& config, const Problem& problem) const override {
    Config seen = config;
    if (problem.out == OutputType::fp32) seen["out_fp32"] = 1;
    if (problem.accumulate) seen["accumulate"] = 1;
    for (const Parameter& parameter : kParameters)
      if (parameter.launch_only) seen.erase(std::string(parameter.name));
    return seen;
  }

  LaunchShape launch_shape(const Config& config, const Problem& problem) const override {
    const auto c = Dense1d2dConfig::from(config, problem);
    return {static_cast<unsigned>(c.num_sms), static_cast<unsigned>(c.cluster()),
            static_cast<unsigned>(c.threads()), c.smem_bytes()};
  }

  std::int64_t flops(const Problem& p) const override { return 2 * p.m * p.n * p.k; }

  std::int64_t bytes(const Problem& p) const override {
    const std::int64_t k_blocks = ceil_div(p.k, 128);
    return p.m * p.k + 4 * round_up(p.m, 4) * k_blocks + p.n * p.k + 4 * ceil_div(p.n, 128) * k_blocks +
           output_traffic_bytes(p);
  }
};

}  // namespace

const Family& dense_1d2d() {
  static const Dense1d2d family;
  return family;
}

}  // namespace gemmtune::family
