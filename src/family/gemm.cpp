#include "family/gemm.h"

#include "core/groups.h"
#include "launch/launch_rules.h"
#include "util/integers.h"

#include <algorithm>
#include <array>
#include <string>

namespace gemmtune::family {

namespace {

constexpr std::array<std::string_view, 2> kStageWords = {"max", "tile"};
constexpr std::array<std::string_view, 2> kSmWords = {"all", "minimal"};
constexpr std::array<std::string_view, 2> kEvictWords = {"band", "once"};
constexpr std::array<Parameter, 13> kParameters = {{
    {"block_m",
     "rows of D a CTA computes at a time: 64, 128, 192 (a warpgroup each 64) or 256 (two)",
     false,
     {},
     "",
     {1}},
    {"block_n", "columns of D a CTA computes at a time; multiples of 8", false, {}, "", {2, "x"}},
    {"swap_ab",
     "1: wgmma takes weights as rows and tokens as columns: block_n is 64, 128, 192 or 256, block_m a "
     "multiple of 8",
     false,
     {},
     "0",
     {3, "swap", "", 0, false}},
    {"cluster_m",
     "2: two CTAs with neighbouring M tiles share B by multicast",
     false,
     {},
     "1",
     {9, "c", "", 1}},
    {"cluster_n",
     "2: two CTAs with neighbouring N tiles share A by multicast",
     false,
     {},
     "1",
     {10, "x", "", 1}},
    {"k_groups",
     "groups of warpgroups that share out a tile's k-blocks and add their sums at its end",
     false,
     {},
     "1",
     {4, "k", "", 1}},
    {"split_k",
     "CTAs of a cluster that share out a tile's K and add their sums through its shared memory",
     false,
     {},
     "1",
     {5, "split", "", 1}},
    {"store_buffers",
     "0: a warpgroup stages its D whole; else in parts of 32 columns that take turns at so many places, "
     "which "
     "leaves shared memory for more stages",
     false,
     {},
     "0",
     {7, "b", "", 0},
     true},
    {"ping_pong",
     "1: two math warpgroups take tiles in turn, and one stores its D while the other multiplies; of kernels "
     "without promotion",
     false,
     {},
     "0",
     {8, "pingpong", "", 0, false},
     true},
    {"stages",
     "depth of the shared-memory ring; \"max\" is all that fits, \"tile\" the k-blocks of a tile",
     false,
     kStageWords,
     "max",
     {6, "s"}},
    {"num_sms",
     "CTAs launched; \"all\", or \"minimal\": the fewest that keep the number of waves",
     true,
     kSmWords,
     "all",
     {11, "", "sm"}},
    {"raster", "height in M tiles of the bands that CTAs walk, for reuse in L2", true, {}, "8", {12, "r"}},
    {"evict_first",
     "what L2 gives up before other lines: 0 nothing, 1 B, 2 A and B; \"band\": B where M is one band of the "
     "raster and D is small, \"once\": B where M is one tile",
     true,
     kEvictWords,
     "band",
     {13, "e", "", 0}},
}};

constexpr auto kSorted = [] {
  std::array<Parameter, kParameters.size()> sorted = kParameters;
  std::ranges::sort(sorted, {}, &Parameter::name);
  return sorted;
}();

std::optional<Violation> wrong_names(const Config::Names& names) {
  std::size_t at = 0;
  for (const Parameter& parameter : kSorted) {
    if (at < names.size() && names[at] == parameter.name) {
      ++at;
      continue;
    }
    if (parameter.optional) continue;
    const bool is_later = std::ranges::find(names, parameter.name) != names.end();
    return is_later ? Violation{"parameters", "there is an unknown parameter, \"{}\"", names[at]}
                    : Violation{"parameters", "\"{}\" is missing", parameter.name};
  }
  if (at < names.size()) return Violation{"parameters", "there is an unknown parameter, \"{}\"", names[at]};
  return std::nullopt;
}

/// A configuration has each parameter once, those that are optional at most, and nothing else.
std::optional<Violation> wrong_parameters(const Config& config) {
  // A plan asks millions of times, of one list of names.
  thread_local const Config::Names* right = nullptr;
  const Config::Names& names = config.names();
  if (right != &names) {
    if (auto violation = wrong_names(names)) return violation;
    right = &names;
  }
  for (std::size_t i = 0; i < names.size(); ++i)
    if (const std::int64_t value = config.values()[i]; value < 0 || value > 1'000'000)
      return Violation{"parameters", "\"{}\" is out of range: {}", names[i], value};
  return std::nullopt;
}

/// Of `stages`: all that fit, or as many as a tile has k-blocks.
std::optional<std::int64_t> stages_of(std::string_view word, GemmConfig c, const Problem& p,
                                      const DeviceLimits& limits) {
  c.stages = 0;
  const std::int64_t fit = (limits.smem_bytes - c.smem_bytes()) / c.stage_bytes();
  const std::int64_t most = std::min<std::int64_t>(fit, kMostStages) / c.k_groups * c.k_groups;
  // Without room for the next tile's loads, those of the tiles that come first do not wait behind them.
  const std::int64_t of_tile = round_up(ceil_div(k_blocks(c, p), c.split_k), c.k_groups);
  const std::int64_t stages = word == "max" ? most : of_tile <= most ? of_tile : 0;
  return stages < 2 ? std::nullopt : std::optional(stages);
}

std::optional<std::int64_t> num_sms_of(std::string_view word, const GemmConfig& c, const Problem& p,
                                       const DeviceLimits& limits) {
  const std::int64_t tiles = cluster_tiles(c, p).total();
  const std::int64_t clusters = std::min<std::int64_t>(limits.sms / c.cluster(), tiles);
  // How many tiles groups have is known on the device alone.
  if (word == "all" && shares_out_rows(p)) return limits.sms / c.cluster() * c.cluster();
  if (word == "all") return clusters * c.cluster();
  if (word == "minimal") return launch::fewest_clusters(tiles, clusters) * c.cluster();
  return std::nullopt;
}

/// Of all launches of a sweep the best by "band" take 0.14 % longer than the best (36 layers,
/// results/h100-sxm/dsv3) and 0.3 % (159 layers, `unseen`), by "once" 0.83 and 1.25 %: geometric means; worst
/// 3, 6, 13 and 18 %.
std::int64_t evict_first_of(std::string_view word, const GemmConfig& c, const Problem& p) {
  const std::int64_t rows = cluster_tiles(c, p).m_of_product;
  const bool b_first =
      word == "once" ? rows == 1 : launch::evicts_b_first(rows, c.raster, rows_of_d(p) * p.n * p.out_bytes());
  return b_first ? GemmConfig::kEvictB : GemmConfig::kEvictNone;
}

}  // namespace

std::span<const Parameter> Gemm::parameters() const {
  return kParameters;
}

std::optional<Violation> Gemm::unsupported(const Problem& problem) const {
  return unsupported_problem(problem);
}

std::optional<std::int64_t> Gemm::resolve(std::string_view parameter, std::string_view word,
                                          const Config& resolved, const Problem& p,
                                          const DeviceLimits& limits) const {
  const GemmConfig c = GemmConfig::from(resolved, p);
  if (c.rows() < 64 || c.columns() < 1 || c.k_groups < 1 || c.split_k < 1 || c.cluster_m < 1 ||
      c.cluster_n < 1)
    return std::nullopt;
  if (std::int64_t{c.cluster_m} * c.cluster_n * c.split_k > limits.sms) return std::nullopt;
  if (parameter == "stages") return stages_of(word, c, p, limits);
  if (parameter == "num_sms") return num_sms_of(word, c, p, limits);
  if (parameter == "evict_first") return evict_first_of(word, c, p);
  return std::nullopt;
}

std::optional<Violation> Gemm::refused_tile(const Config& config, const Problem& p) const {
  const GemmConfig c = GemmConfig::from(config, p);
  if (auto violation = must_tile(c, p, limits_)) return violation;
  return pruned_tile(c, p);
}

std::optional<Violation> Gemm::illegal(const Config& config, const Problem& problem,
                                       const DeviceLimits& limits) const {
  if (auto violation = unsupported(problem)) return violation;
  if (auto violation = wrong_parameters(config)) return violation;
  const GemmConfig c = GemmConfig::from(config, problem);
  if (auto violation = must_tile(c, problem, limits_)) return violation;
  return must_launch(c, limits, limits_);
}

std::optional<Violation> Gemm::wasteful(const Config& config, const Problem& problem,
                                        const DeviceLimits& limits) const {
  const GemmConfig c = GemmConfig::from(config, problem);
  if (auto violation = pruned_tile(c, problem)) return violation;
  return pruned_launch(c, problem, limits);
}

Config Gemm::compiled(const Config& config, const Problem& problem) const {
  Config seen = config;
  if (problem.out == OutputType::fp32) seen["out_fp32"] = 1;
  if (problem.accumulate) seen["accumulate"] = 1;
  if (!problem.layout.empty()) seen["layout_offsets"] = problem.layout == "offsets" ? 1 : 0;
  for (const Parameter& parameter : kParameters)
    if (parameter.launch_only) seen.erase(std::string(parameter.name));
  return seen;
}

LaunchShape Gemm::launch_shape(const Config& config, const Problem& problem) const {
  const GemmConfig c = GemmConfig::from(config, problem);
  return {static_cast<unsigned>(c.num_sms), static_cast<unsigned>(c.cluster()),
          static_cast<unsigned>(c.threads()), c.smem_bytes()};
}

}  // namespace gemmtune::family
